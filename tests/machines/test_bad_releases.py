"""Bad releases on machines that really boot: each app has a fault of its own; its old instance goes on."""

import gzip
import io
import tarfile
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest
import yaml

from local.aws.network import GATEWAY, Network
from tests.machine import Inside, get
from tests.stack import Done, Stack, eventually, own_stack

pytestmark = pytest.mark.machines

BUCKET = "slugs-of-others"
SIDE_BY_SIDE = ("--parallel", "64")  # a waiting gate holds a place
SECRETS = {"TOKEN": "hunter22", "KEY": "-----BEGIN KEY-----\nfirst part\nsecond part", "GLOB": "a*b?[c]d"}
PLANTED = "this may be seen"

GOOD = {
    "slug_url": f"s3://{BUCKET}/good.tar.gz",
    "cmd": "exec python3 -m http.server $PORT",
    "runtime": "python",
    "healthcheck": {"interval": "1s", "timeout": "2s", "start_timeout": "20s"},
    "allow_from": ["0.0.0.0/0"],
    "deploy": {"min_healthy_time": "1s", "healthy_deadline": "4m"},
}
WORKER = {
    "slug_url": f"s3://{BUCKET}/good.tar.gz",
    "processes": {"worker": {"cmd": "exec sleep infinity"}},
    "deploy": {"min_healthy_time": "10s"},
}
GET = "GET http://127.0.0.1:5000/ gave no whole answer"
DEAF = "exec python3 -c 'import socket, time; s = socket.create_server((str(), 5000)); time.sleep(1e6)'"
CHECK = "failed at step check, exit 1"
UNPACK = "failed at step unpack, exit 1"

FAULTS: dict[str, tuple[dict[str, Any], list[str]]] = {
    "sha256": (
        {"slug_sha256": "0" * 64},
        ["failed at step fetch, exit 1", "what was fetched has the sha256 ", f" and not {'0' * 64}"],
    ),
    "package": (
        {"packages": ["no-such-package"]},
        ["failed at step packages, exit 3", "E: Unable to locate package no-such-package"],
    ),
    "bomb": (
        {"slug_url": f"s3://{BUCKET}/bomb.tar.gz"},
        [UNPACK, "the slug unpacks to more than the ", " MiB that the disk has left"],
    ),
    "hostile": (
        {"slug_url": f"s3://{BUCKET}/hostile.tar.gz"},
        [UNPACK, "the slug's 'etc' is refused: it is a link to '/etc', out of the app's folder"],
    ),
    "closed": (
        {"cmd": "exec sleep infinity"},
        [CHECK, f"{GET} (curl: 7), more than 20 seconds after the start"],
    ),
    "deaf": (
        {"cmd": DEAF},
        [CHECK, f"{GET} (curl: 28), more than 20 seconds after the start"],
    ),
    "crash": (
        {"processes": {"worker": {"cmd": "echo at work; sleep 3; exit 5"}}},
        [CHECK, "at work", "the app exited with code 5", "the app exited 3 times while it was checked"],
    ),
    "env": (
        {"cmd": f"env; echo {PLANTED}; exit 1"},
        [CHECK, "TOKEN=[TOKEN]", "the app exited 3 times while it was checked"],
    ),
    "frozen": (
        {"cmd": "exec sleep infinity", "deploy": {"min_healthy_time": "1s", "healthy_deadline": "60s"}},
        ["hangs: not ready 60 s after its launch (healthy_deadline), last finished step: system"],
    ),
    "off": (
        {"cmd": "exec sleep infinity"},
        ["died after step service: it is ", "Client.InstanceInitiatedShutdown"],
    ),
}


def slug(*members: tarfile.TarInfo) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        for member in members:
            tar.addfile(member)
    return buffer.getvalue()


def link(name: str, target: str) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.type, member.linkname = tarfile.SYMTYPE, target
    return member


def bomb(gib: int) -> bytes:
    """A file of zeros, which are really there: gzip takes what stands in a row for one."""
    member = tarfile.TarInfo("bomb")
    member.size = gib << 30
    return gzip.compress(member.tobuf(tarfile.GNU_FORMAT)) + gzip.compress(bytes(1 << 20)) * (gib << 10)


SLUGS = {
    "good": slug(tarfile.TarInfo("index.html")),
    "hostile": slug(tarfile.TarInfo("index.html"), link("etc", "/etc"), tarfile.TarInfo("etc/cron.d/pwned")),
    "bomb": bomb(9),
}


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with own_stack(tmp_path_factory.mktemp("bad"), "nspawn") as stack:
        s3 = stack.client("s3")
        s3.create_bucket(Bucket=BUCKET)
        for name, content in SLUGS.items():
            s3.put_object(Bucket=BUCKET, Key=f"{name}.tar.gz", Body=content)
        yield stack


def write(stack: Stack, release: int, *, faulty: bool) -> None:
    """The file of every app, with its fault or without, and all else the same."""
    for name, (changed, _) in FAULTS.items():
        keys = WORKER if name == "crash" else GOOD
        env = {"RELEASE": release, **(SECRETS if name == "env" else {})}
        text = yaml.safe_dump({**keys, **(changed if faulty else {}), "env": env})
        (stack.project / "apps" / f"{name}.yaml").write_text(text)


def all_answer(stack: Stack) -> bool:
    addresses = [address for app in stack.outputs().values() for address in app["addresses"]]
    return len(addresses) == len(FAULTS) - 1 and {get(address)[0] for address in addresses} == {200}


class Meanwhile:
    """What befalls new machines while their gates wait."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self.old = stack.instances()
        self.over = threading.Event()

    def new(self, app: str, said: str) -> Inside:
        """The new machine of an app, once its console says so."""
        found: list[str] = []

        def there() -> bool:
            new = self.stack.instances().items() - self.old.items()
            found[:] = [instance for name, instance in new if name.startswith(f"{app}.")]
            return self.over.is_set() or (bool(found) and said in self.stack.console(found[0]))

        eventually(there, f"'{said}' on the console of {app}")
        assert not self.over.is_set(), f"'{said}' was never on the console of {app}"
        return Inside(found[0])

    def freeze(self) -> None:
        self.new("frozen", "step=system status=ok").run("pkill", "-STOP", "-f", "scripts/part-001")

    def power_off(self) -> None:
        self.new("off", "step=service status=ok").run("poweroff")


@pytest.fixture(scope="module")
def before(stack: Stack) -> dict[str, str]:
    """The instances of the good release."""
    write(stack, 1, faulty=False)
    stack.up(*SIDE_BY_SIDE)
    assert all_answer(stack)
    return stack.instances()


@pytest.fixture(scope="module")
def failed(stack: Stack, before: dict[str, str]) -> Done:
    """The update to a release in which every app is faulty."""
    meanwhile = Meanwhile(stack)
    write(stack, 2, faulty=True)
    with ThreadPoolExecutor() as pool:
        befalls = [pool.submit(meanwhile.freeze), pool.submit(meanwhile.power_off)]
        try:
            with names_dead(stack, 0, machines=len(FAULTS)):  # so that no gate fails before all have begun
                done = stack.failed_up(*SIDE_BY_SIDE)
        finally:
            meanwhile.over.set()
        for one in befalls:
            one.result()
    return done


def message(done: Done, app: str) -> str:
    """What the gate of an app says."""
    return done.text.rpartition(f"failed: app {app}: instance i-")[2].partition("  next: ")[0]


@pytest.mark.parametrize("app", FAULTS)
def test_the_step_and_the_cause_are_named(failed, app):
    for words in FAULTS[app][1]:
        assert words in message(failed, app), failed.text


def test_the_old_instances_go_on(stack, before, failed):
    assert before.items() <= stack.instances().items()
    assert all_answer(stack)


def new_instance(stack: Stack, before: dict[str, str], app: str) -> str:
    new = stack.instances().items() - before.items()
    (instance,) = [instance for name, instance in new if name.startswith(f"{app}.")]
    return instance


def test_no_value_of_the_environment_leaves_a_failed_machine(stack, before, failed):
    for shown in (stack.console(new_instance(stack, before, "env")), message(failed, "env")):
        assert PLANTED in shown, "nothing would be found here"
        for value in SECRETS.values():
            assert not [line for line in value.splitlines() if line in shown]


def test_a_hostile_slug_wrote_nothing(stack, before, failed):
    inside = Inside(new_instance(stack, before, "hostile"))
    named = ("-xdev", "-newer", "/etc/sv/app/env/RELEASE", "-name")
    assert inside.run("find", "/", *named, "pwned") == ""
    assert inside.run("find", "/", *named, "slug") == "/var/lib/compute-instances/slug\n"


def test_the_same_settings_pass_with_good_code_though_names_are_dead_at_first(stack, before, failed):
    write(stack, 2, faulty=False)
    with names_dead(stack, 20, machines=1) as first:
        stack.up(*SIDE_BY_SIDE)
    now = stack.instances()
    assert not before.items() & now.items()
    assert len(now) == len(FAULTS)
    assert all_answer(stack)
    for instance in first:
        log = Inside(instance).read("/var/log/compute-instances.log").decode()
        assert "Temporary failure resolving" in log


REFUSED = f"""
table inet refused {{
  chain input {{
    type filter hook input priority -10
    ip daddr {GATEWAY} meta l4proto {{ tcp, udp }} th dport 53 reject
  }}
}}
"""


@contextmanager
def names_dead(stack: Stack, seconds: float, *, machines: int) -> Iterator[set[str]]:
    """The name server refuses everybody, until so long after so many new machines, which it gives, began."""
    network = Network(stack.home)
    old = {*stack.instances().values()}
    new: set[str] = set()
    over = threading.Event()

    def begun() -> bool:
        new.update(one for one in {*stack.instances().values()} - old if "started" in stack.console(one))
        return over.is_set() or len(new) >= machines

    def cure() -> None:
        eventually(begun, f"the start of {machines} scripts")
        over.wait(seconds)
        network.inside("nft", "delete", "table", "inet", "refused")

    network.inside("nft", "-f", "-", stdin=REFUSED)
    with ThreadPoolExecutor() as pool:
        cured = pool.submit(cure)
        try:
            yield new
        finally:
            over.set()
        cured.result()
