"""What local AWSes have left on this host whose daemon is gone, wherever their folders are or were."""

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from local.aws import folders, processes
from local.aws.leftovers import STARTERS
from local.aws.processes import Process
from local.aws.run import run
from local.home import Home

_NAME = re.compile(r"ci[0-9a-f]{8}")
_NAMESPACES = Path("/run/netns")
_INTERFACES = Path("/sys/class/net")

# How a process shows whose it is: its control group, a word, or the file it reads (see leftovers.owned).
_GROUP = re.compile(r"[/-](ci[0-9a-f]{8})(?:\.scope)?(?:/|$)", re.MULTILINE)
_WORD = re.compile(r"(?:--machine=)?i-[0-9a-f]+-(ci[0-9a-f]{8})")
_FILE = re.compile(r"(?:--conf-file=)?(/.*)/(?:balancer/haproxy\.cfg|names/dnsmasq\.conf)")
# The kernel says so of a file that has been removed.
_DISK = re.compile(r"(/.*)/machines/i-[0-9a-f]+/disk(?: \(deleted\))?")


@dataclass(frozen=True)
class Trace:
    """One thing of a local AWS, and how to be rid of it by hand."""

    name: str
    """The AWS's: Home.name."""
    what: str
    cure: str
    home: Path | None = None
    """Its folder, where that can be told."""


@dataclass(frozen=True)
class Abandoned:
    """A local AWS whose daemon is gone."""

    name: str
    traces: tuple[Trace, ...]

    @property
    def what(self) -> str:
        kinds = [trace.what for trace in self.traces]
        return ", ".join(f"{kinds.count(kind)} x {kind}" for kind in dict.fromkeys(kinds))

    @property
    def cure(self) -> str:
        """The command that removes all of it: ours where its folder still knows it, else by hand."""
        homes = {trace.home for trace in self.traces if trace.home}
        if known := [home for home in homes if Home(home).log_file.exists()]:
            return f"python -m local down --home {known[0]}"
        return "; ".join(trace.cure for trace in self.traces)


def abandoned() -> list[Abandoned]:
    """What stands on this host of local AWSes without a daemon. Needs root; raises LocalError."""
    everyone = processes.everywhere()
    disks = run("losetup", "--list", "--json", "--output", "NAME,BACK-FILE")
    tables = run("nft", "--json", "list", "tables")
    return without_daemon([*traces_of(everyone), *_files(), *tables_in(tables), *disks_in(disks)], everyone)


def without_daemon(traces: Iterable[Trace], everyone: Iterable[Process]) -> list[Abandoned]:
    """The traces by their local AWS, but for those whose daemon is among these processes."""
    alive = {Home(Path(home)).name for home in _served(everyone)}
    lost = sorted((trace for trace in traces if trace.name not in alive), key=lambda trace: trace.name)
    return [Abandoned(name, tuple(group)) for name, group in groupby(lost, key=lambda trace: trace.name)]


def traces_of(everyone: Iterable[Process]) -> Iterator[Trace]:
    """The machines, balancers and name servers among these processes; the dead go by themselves."""
    for process in (one for one in everyone if one.argv):
        cure = f"kill -9 {process.pid}"
        words = [_WORD.fullmatch(word) for word in process.argv if process.program in STARTERS]
        files = [_FILE.fullmatch(word) for word in process.argv]
        for found in (_GROUP.search(process.cgroup), *words):
            if found:
                yield Trace(found[1], "process", cure)
                break
        for found in files if process.program in {"haproxy", "dnsmasq"} else ():
            if found:
                home = Path(found[1])
                yield Trace(Home(home).name, "process", cure, home)


def tables_in(listed: str) -> Iterator[Trace]:
    """The tables of the host's firewall, from `nft --json list tables`."""
    for table in (entry["table"] for entry in json.loads(listed)["nftables"] if "table" in entry):
        if _NAME.fullmatch(table["name"]):
            yield Trace(table["name"], "nft table", f"nft delete table {table['family']} {table['name']}")


def disks_in(listed: str) -> Iterator[Trace]:
    """The loop devices of machines' disks, from `losetup --list --json`, which is empty if there are none."""
    for device in json.loads(listed or "{}").get("loopdevices", []):
        if found := _DISK.fullmatch(device["back-file"] or ""):
            home = Path(found[1])
            yield Trace(Home(home).name, "loop device", f"losetup --detach {device['name']}", home)


def _served(everyone: Iterable[Process]) -> Iterator[str]:
    for process in everyone:
        if "local.aws" in process.argv[:-1]:
            yield process.argv[process.argv.index("local.aws") + 1]


def _files() -> Iterator[Trace]:
    for path in _named(_NAMESPACES):
        yield Trace(path.name, "namespace", f"ip netns delete {path.name}")
    for path in _named(_INTERFACES, "h"):
        yield Trace(path.name.removesuffix("h"), "veth", f"ip link delete {path.name}")
    for path in _named(folders.RUNTIME):
        yield Trace(path.name, "socket folder", f"rm -r {path}")


def _named(folder: Path, end: str = "") -> Iterator[Path]:
    return (path for path in folder.glob(f"ci*{end}") if _NAME.fullmatch(path.name.removesuffix(end)))
