"""The processes of this host, as /proc shows them (proc(5))."""

import os
import signal
import time
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from local.errors import LocalError

_KILL_DEADLINE = 30.0


@dataclass(frozen=True, kw_only=True)
class Process:
    """One process. Kernel threads and the dead that nobody has reaped have no `argv`."""

    pid: int
    argv: tuple[str, ...]
    cgroup: str
    """Its places in the control groups, a line each."""

    @property
    def program(self) -> str:
        return Path(self.argv[0]).name if self.argv else ""


def everywhere() -> list[Process]:
    """Every process of this host."""
    return [_read(int(entry.name)) for entry in Path("/proc").iterdir() if entry.name.isdigit()]


def children(pid: int) -> list[int]:
    """The processes that its first thread has started; none if it is gone."""
    return [int(word) for word in _text(pid, f"task/{pid}/children").split()]


def name(pid: int) -> str:
    """Name of the program, cut to 15 characters; empty if it is gone."""
    return _text(pid, "comm").strip()


def first_of_machine(instance: str) -> int:
    """The first process of a machine that runs, for whoever wants to enter it. Raises LocalError."""
    for one in everywhere():
        if one.program == "systemd-nspawn" and any(instance in word for word in one.argv):
            for first in children(one.pid):
                return first
    raise LocalError(f"no machine of instance {instance} runs here")


def send(pid: int, number: int) -> None:
    """Send a signal, also to a process that has gone meanwhile."""
    with suppress(ProcessLookupError):
        os.kill(pid, number)


def kill(processes: Collection[Process]) -> None:
    """Kill them and return when they are gone. Raises LocalError when one does not go.

    A machine's first process takes the whole machine with it. Killing only systemd-nspawn would orphan it.
    """
    for process in processes:
        send(process.pid, signal.SIGKILL)
    deadline = time.monotonic() + _KILL_DEADLINE
    while alive := [process for process in processes if _read(process.pid).argv]:
        if time.monotonic() > deadline:
            raise LocalError(f"process {alive[0].pid} ({' '.join(alive[0].argv)}) does not die")
        time.sleep(0.02)


def _read(pid: int) -> Process:
    argv = _text(pid, "cmdline").split("\0")
    return Process(pid=pid, argv=tuple(word for word in argv if word), cgroup=_text(pid, "cgroup"))


def _text(pid: int, file: str) -> str:
    try:
        return (Path("/proc") / str(pid) / file).read_text(encoding="utf-8", errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return ""
