"""The ground under real machines, without the API: a small metadata server here plays its part."""

import os
import signal
import subprocess
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from local.aws import processes
from local.aws.ground import NspawnSite
from local.aws.machine import Allow, Forward, MachineSpec, NetworkView
from local.aws.network import BRIDGE, Network
from local.aws.nspawn import NspawnMachine
from local.errors import LocalError
from local.home import Home

pytestmark = [
    pytest.mark.machines,
    pytest.mark.skipif(
        NspawnSite.available() is not None, reason=f"no real machines: {NspawnSite.available()}"
    ),
]

DEADLINE = 120.0
EVERYBODY = "0.0.0.0/0"

# Serves on two ports, and asks others on our behalf: /?URL answers what the machine itself gets there.
PROBE = """#!/usr/bin/python3
import http.server, os, threading, urllib.parse, urllib.request

class Probe(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        url = urllib.parse.unquote(urllib.parse.urlsplit(self.path).query)
        try:
            headers = {"X-Machine-Address": "172.31.9.9"}
            answer = urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=3).read()
        except ValueError:
            answer = b"here"
        except OSError as refused:
            answer = f"refused: {refused}".encode()
        self.send_response(200)
        self.end_headers()
        self.wfile.write(answer)

if os.fork() == 0:
    os.setsid()
    for port in (5000, 5001):
        server = http.server.ThreadingHTTPServer(("", port), Probe)
        threading.Thread(target=server.serve_forever).start()
    open("/dev/console", "w").write("\\nprobe: ready\\n")
"""


@dataclass
class Internet:
    """What stands around the ground: the metadata service of `specs`, and an API that says who was asked."""

    specs: dict[str, MachineSpec] = field(default_factory=dict)

    def answer(self, machine: str | None, host: str, path: str) -> bytes | None:
        if machine not in self.specs:
            return f"{host}{path}".encode()
        spec = self.specs[machine]
        tree = {
            "meta-data/": b"instance-id\nlocal-hostname\nlocal-ipv4",
            "meta-data/instance-id": spec.id.encode(),
            "meta-data/local-hostname": spec.hostname.encode(),
            "meta-data/local-ipv4": spec.private_ip.encode(),
            "dynamic/instance-identity": b"document",
            "dynamic/instance-identity/document": b'{"region": "us-east-1"}',
            "user-data": spec.user_data,
        }
        return tree.get(path.removeprefix("/").partition("/")[2])


def handler(internet: Internet) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_PUT(self) -> None:
            self.reply(200, b"token")

        def do_GET(self) -> None:
            asking = self.headers["X-Machine-Address"] if self.server.server_port == METADATA_PORT else None
            body = internet.answer(asking, self.headers["Host"], self.path)
            self.reply(404 if body is None else 200, body or b"")

        def reply(self, code: int, body: bytes) -> None:
            self.send_response(code)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    return Handler


METADATA_PORT = 4580


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    return Home(tmp_path_factory.mktemp("ground") / "home")


@pytest.fixture(scope="module")
def internet(home: Home) -> Iterator[Internet]:
    internet = Internet()
    servers = [ThreadingHTTPServer(address, handler(internet)) for address in (home.api, home.metadata)]
    for server in servers:
        threading.Thread(target=server.serve_forever, daemon=True).start()
    yield internet
    for server in servers:
        server.shutdown()
        server.server_close()


@dataclass
class Ground:
    home: Home
    internet: Internet
    site: NspawnSite
    booted: list[NspawnMachine] = field(default_factory=list)
    """Kept, because a process that nobody holds is a warning, and a warning is a failure."""

    def boot(self, host: int, script: str, *, gib: int = 8) -> NspawnMachine:
        spec = MachineSpec(
            id=f"i-0123456789abcd{host:03x}",
            image_id="ami-0c0ffee0000000012",
            image_description="",
            user_data=script.encode(),
            hostname=f"ip-172-31-0-{host}",
            private_ip=f"172.31.0.{host}",
            volume_gib=gib,
        )
        self.internet.specs[spec.private_ip] = spec
        machine = self.site.machine(spec)
        self.booted.append(machine)
        machine.start()
        return machine

    def forward(self, host: int, port: int) -> Forward:
        return Forward(str(self.home.loopback.network_address + host), port, f"172.31.0.{host}")

    def publish(self, *ingress: Allow, egress: tuple[Allow, ...] | None = None) -> None:
        """Let in what is said, and let out everything unless it is said what."""
        forwards = {self.forward(host, port) for host in (10, 11, 12) for port in (5000, 5001)}
        out = PROBES_OUT if egress is None else egress
        self.site.publish(NetworkView(frozenset(forwards), frozenset(ingress), frozenset(out)))

    def ask(self, host: int, port: int = 5000, *, there: str = "") -> str:
        """What people get from a machine, or what it gets from `there`; empty if there is no answer."""
        forward = self.forward(host, port)
        try:
            with urllib.request.urlopen(f"http://{forward.listen}:{port}/?{there}", timeout=10) as answer:
                return str(answer.read().decode())
        except OSError:
            return ""


def allow(host: int, port: int, peer: str = EVERYBODY) -> Allow:
    return Allow(f"172.31.0.{host}", port, port, peer)


PROBES_OPEN = (allow(10, 5000), allow(11, 5000))
PROBES_OUT = tuple(Allow(f"172.31.0.{host}", 0, 65535, EVERYBODY, "all") for host in (10, 11))


@pytest.fixture(scope="module")
def opened(home: Home, internet: Internet) -> Iterator[Ground]:
    site = NspawnSite(home, api=home.api, metadata=home.metadata)
    site.open()
    try:
        yield (ground := Ground(home, internet, site))
    finally:
        site.close()
    eventually(lambda: not any(machine.running() for machine in ground.booted))


@pytest.fixture(scope="module")
def machines(opened: Ground) -> tuple[NspawnMachine, NspawnMachine]:
    first, second = opened.boot(10, PROBE), opened.boot(11, PROBE)
    for machine in (first, second):
        says(machine, "probe: ready")
    return first, second


@pytest.fixture
def ground(opened: Ground, machines: tuple[NspawnMachine, NspawnMachine]) -> Ground:
    """Two machines that people may ask on port 5000, and nothing else is open."""
    assert all(machine.running() for machine in machines)
    opened.publish(*PROBES_OPEN)
    return opened


def eventually(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + DEADLINE
    while not holds():
        assert time.monotonic() < deadline, "it never came true"
        time.sleep(0.05)


def says(machine: NspawnMachine, words: str) -> str:
    deadline = time.monotonic() + DEADLINE
    while words not in (console := machine.console().decode(errors="replace")):
        assert time.monotonic() < deadline, console
        time.sleep(0.05)
    return console


def traces(home: Home) -> list[str]:
    """Everything on this host that names the home."""
    listings = (["losetup", "--all"], ["ip", "-brief", "link"], ["nft", "list", "tables"], ["mount"])
    lines = [
        line
        for command in listings
        for line in subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    ]
    alive = [process for process in processes.everywhere() if process.argv]
    lines += [f"{process.cgroup} {' '.join(process.argv)}" for process in alive]
    lines += [str(group) for group in Path("/sys/fs/cgroup").glob("**/ci*")]
    lines += [
        str(path) for folder in ("/run/netns", "/run/compute-instances") for path in Path(folder).glob("*")
    ]
    lines += [str(path) for path in home.path.glob("**/*")]
    return [line for line in lines if home.name in line or str(home.path) in line]


def test_cloud_init_runs_the_user_data_that_the_metadata_service_serves(ground: Ground) -> None:
    copy = ground.ask(10, there="file:///var/lib/cloud/instance/user-data.txt")
    assert sha256(copy.encode()).digest() == sha256(PROBE.encode()).digest()


def test_a_machine_cannot_pass_for_another_at_the_metadata_service(ground: Ground) -> None:
    ground.internet.specs["172.31.9.9"] = replace(ground.internet.specs["172.31.0.10"], private_ip="stolen")
    mine = "http://169.254.169.254/latest/meta-data/local-ipv4"
    assert ground.ask(10, there=mine) == "172.31.0.10"
    assert ground.ask(11, there=mine) == "172.31.0.11"


def test_aws_names_lead_to_the_api_over_tls_that_the_machine_trusts(ground: Ground) -> None:
    answer = ground.ask(10, there="https://bucket.s3.us-east-1.amazonaws.com/a%2520key")
    assert answer == "bucket.s3.us-east-1.amazonaws.com/a%20key"


def test_machines_have_the_names_of_ec2(ground: Ground) -> None:
    ground.publish(*PROBES_OPEN, allow(11, 5001))
    assert ground.ask(10, there="http://ip-172-31-0-11.ec2.internal:5001/") == "here"


def test_people_get_in_where_a_rule_lets_them(ground: Ground) -> None:
    assert ground.ask(10, 5001) == ""
    ground.publish(*PROBES_OPEN, allow(10, 5001))
    assert ground.ask(10, 5001) == "here", "the closed port was served all the time"
    ground.publish(*PROBES_OPEN, allow(10, 5001, "203.0.113.0/24"))
    assert ground.ask(10, 5001) == "here", "people come from there"
    ground.publish(*PROBES_OPEN, allow(10, 5001, "198.51.100.0/24"))
    assert ground.ask(10, 5001) == "", "a rule for others"


def test_machines_get_in_where_a_rule_lets_them(ground: Ground) -> None:
    other = "http://172.31.0.10:5001/"
    assert ground.ask(11, there=other).startswith("refused")
    ground.publish(*PROBES_OPEN, allow(10, 5001, "172.31.0.11/32"))
    assert ground.ask(11, there=other) == "here"
    assert ground.ask(10, 5001) == "", "the rule is for that machine"


def test_machines_get_out_where_a_rule_lets_them(ground: Ground) -> None:
    """To another machine both sides must agree: with the way in open, the way out decides."""
    other = "http://172.31.0.10:5001/"
    for peer, answer in {
        "172.31.0.10/32": "here",
        "172.31.0.11/32": "refused: <urlopen error timed out>",
    }.items():
        ground.publish(*PROBES_OPEN, allow(10, 5001), egress=(allow(11, 5001, peer),))
        assert ground.ask(11, there=other) == answer
    ground.publish(*PROBES_OPEN, egress=(allow(11, 5001, EVERYBODY),))
    assert ground.ask(11, there=other).startswith("refused"), "a way out is no way in"


def test_aws_is_reached_as_the_internet_is(ground: Ground) -> None:
    there = "https://bucket.s3.us-east-1.amazonaws.com/key"
    for peer, port, answers in (
        (EVERYBODY, 443, True),
        (EVERYBODY, 80, False),
        ("172.31.0.0/16", 443, False),
        ("10.0.0.0/8", 443, False),
    ):
        ground.publish(*PROBES_OPEN, egress=(allow(10, port, peer),))
        answer = ground.ask(10, there=there)
        assert answer == "bucket.s3.us-east-1.amazonaws.com/key" if answers else "timed out" in answer


def test_without_egress_a_machine_boots_hears_its_metadata_and_answers_people(ground: Ground) -> None:
    ground.publish(*PROBES_OPEN, allow(12, 5000), egress=())
    machine = ground.boot(12, PROBE)
    says(machine, "probe: ready")
    assert ground.ask(12) == "here"
    assert ground.ask(12, there="http://169.254.169.254/latest/meta-data/local-ipv4") == "172.31.0.12"
    assert "timed out" in ground.ask(12, there="http://bucket.s3.us-east-1.amazonaws.com/"), "known by name"
    machine.remove()


def test_the_gateway_keeps_its_address_when_machines_come_and_go(ground: Ground) -> None:
    network = Network(ground.home)
    assert ground.ask(10) == "here"
    # The lowest address there can be, which a bridge would take for its own and lose again.
    network.inside("ip", "link", "add", "lowest", "address", "02:00:00:00:00:01", "type", "veth")
    network.inside("ip", "link", "set", "lowest", "master", BRIDGE, "up")
    assert ground.ask(10) == "here"
    network.inside("ip", "link", "del", "lowest")
    assert ground.ask(10) == "here"


def test_a_machine_that_is_not_there_is_told_without_hanging(ground: Ground) -> None:
    started = time.monotonic()
    assert ground.ask(12) == ""
    assert time.monotonic() - started < 9, "it was the caller who gave up"


def test_connections_survive_changes_of_the_balancer(ground: Ground) -> None:
    answers = []
    over = threading.Event()

    def keep_asking() -> None:
        while not over.is_set():
            answers.append(ground.ask(10))

    people = threading.Thread(target=keep_asking)
    people.start()
    view = NetworkView(frozenset({ground.forward(10, 5000)}), frozenset(PROBES_OPEN))
    for host in range(20, 30):
        ground.site.publish(replace(view, forwards=view.forwards | {ground.forward(host, 80)}))
    over.set()
    people.join()
    assert answers
    assert set(answers) == {"here"}


def test_an_address_that_is_taken_is_named_and_the_others_are_served_on(ground: Ground) -> None:
    forward = ground.forward(13, 5000)
    taken = ThreadingHTTPServer((forward.listen, forward.port), BaseHTTPRequestHandler)
    with taken, pytest.raises(LocalError, match=f"{forward.listen}:{forward.port}"):
        ground.site.publish(NetworkView(frozenset({forward}), frozenset(PROBES_OPEN)))
    assert ground.ask(10) == "here"


def test_a_machine_that_powers_itself_off_is_noticed_and_keeps_its_disk(ground: Ground) -> None:
    machine = ground.boot(12, "#!/bin/sh\necho kept > /kept; sync; poweroff\n")
    eventually(lambda: not machine.running())
    machine.start()
    says(machine, "login:")
    files = processes_root(machine)
    assert (files / "kept").read_text() == "kept\n"
    machine.remove()
    assert not machine.running()
    assert not [line for line in traces(ground.home) if machine.spec.id in line]


def processes_root(machine: NspawnMachine) -> Path:
    """The machine's own root folder, through its first process."""
    return Path(f"/proc/{machine._first_processes()[0]}/root")


def test_a_machine_that_boots_again_is_running_all_the_time(ground: Ground) -> None:
    machine = ground.boot(12, "#!/bin/sh\necho 'boot: first' > /dev/console; reboot\n")
    says(machine, "boot: first")
    eventually(lambda: not machine.running() or machine.console().count(b"running in system mode") > 1)
    assert machine.running()
    machine.remove()


# Its service is told to stop, and takes for ever.
STUBBORN = """#!/bin/sh
systemd-run --property=ExecStop='/bin/sleep infinity' --property=TimeoutStopSec=infinity sleep infinity
echo 'stubborn: now' > /dev/console
"""


def test_a_machine_that_will_not_go_down_is_ended(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    machine = ground.boot(12, STUBBORN)
    says(machine, "stubborn: now")
    monkeypatch.setattr("local.aws.nspawn._STOP_DEADLINE", 3.0)
    machine.remove()
    assert not [line for line in traces(ground.home) if machine.spec.id in line]


def test_a_machine_that_will_not_go_down_boots_again_all_the_same(
    ground: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine = ground.boot(12, STUBBORN)
    says(machine, "stubborn: now")
    monkeypatch.setattr("local.aws.nspawn._STOP_DEADLINE", 3.0)
    machine.reboot()
    eventually(lambda: machine.console().count(b"running in system mode") == 2)
    assert machine.running()
    machine.remove()


def test_a_machine_that_talks_without_end_fills_no_disk_and_its_last_words_stay(ground: Ground) -> None:
    flood = "yes 'so it goes on' | head --bytes 8M > /dev/console; echo 'flood: over' > /dev/console"
    machine = ground.boot(12, f"#!/bin/sh\n{flood}\n")
    said = says(machine, "flood: over")
    assert 1 << 20 <= len(said) < 2 << 20
    assert said[:4096].count("so it goes on") > 200
    file = (machine.launch.folder / "console").stat()
    assert file.st_size > 8 << 20
    assert file.st_blocks * 512 < 3 << 20
    machine.remove()


def test_a_full_disk_is_the_machine_s(ground: Ground) -> None:
    script = """#!/bin/sh
    fallocate --length 500M /half && half=fits
    fallocate --length 900M /whole || full=yes
    echo "disk: $half $full" > /dev/console
    """
    machine = ground.boot(12, script, gib=1)
    assert "disk: fits yes" in says(machine, "disk: ")
    machine.remove()


def test_a_machine_that_cannot_start_says_why(ground: Ground) -> None:
    machine = ground.boot(12, "#!/bin/sh\n")
    machine.stop()
    (machine.launch.folder / "disk").write_bytes(b"no file system")
    with pytest.raises(LocalError, match="i-0123456789abcd00c did not start: mount: "):
        machine.start()
    assert not machine.running()
    machine.remove()


def test_two_local_awses_stand_side_by_side(ground: Ground, tmp_path: Path) -> None:
    home = Home(tmp_path / "other")
    other = NspawnSite(home, api=home.api, metadata=home.metadata)
    other.open()
    assert traces(home)
    other.close()
    assert traces(home) == []
    assert ground.ask(10) == "here"


def test_what_a_killed_one_left_is_cleaned_and_its_successor_works(
    ground: Ground, machines: tuple[NspawnMachine, NspawnMachine]
) -> None:
    for machine in machines:
        kill_around(machine)
    assert ground.ask(10) == "here", "the planted orphan answers, though nobody knows it"
    ground.site.open()
    assert ground.ask(10) == ""
    assert not [line for line in traces(ground.home) if machines[0].spec.id in line]
    successor = ground.boot(10, PROBE)
    says(successor, "probe: ready")
    ground.publish(*PROBES_OPEN)
    assert ground.ask(10) == "here"


def kill_around(machine: NspawnMachine) -> None:
    """Kill all that watches over a machine and leave the machine itself."""
    assert machine._shell is not None
    nspawn = processes.children(machine._shell.pid)
    for pid in (machine._shell.pid, *nspawn):
        os.kill(pid, signal.SIGKILL)
    machine._shell.wait()


def test_closing_leaves_nothing(opened: Ground) -> None:
    kinds = ("/disk)", "h@if", "table ip", "haproxy", "dnsmasq", "systemd-nspawn", "/run/netns/", "/payload")
    found = traces(opened.home)
    assert [kind for kind in kinds if not any(kind in line for line in found)] == [], "the search is blind"
    opened.site.close()
    assert traces(opened.home) == []
