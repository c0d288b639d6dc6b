"""The ground under real machines, without the API: a small metadata server here plays its part."""

import subprocess
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from local.aws import processes
from local.aws.ground import NspawnSite
from local.aws.machine import Allow, Forward, MachineSpec, NetworkView
from local.aws.nspawn import NspawnMachine
from local.home import Home

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


@contextmanager
def internet_at(home: Home) -> Iterator[Internet]:
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
