"""A command in a session of its own: so every process of it is known, and all of it can be ended."""

import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO

DEADLINE = 600.0
"""Seconds for one command; generous, because nothing here tests time."""


def begin(
    command: Sequence[str], folder: Path, environment: Mapping[str, str], output: int | IO[str]
) -> subprocess.Popen[str]:
    """The command at work; what it says on both streams goes to `output`."""
    return subprocess.Popen(
        command,
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def run(
    command: Sequence[str], folder: Path, environment: Mapping[str, str]
) -> subprocess.CompletedProcess[str]:
    """The command when it is over; one that takes longer than DEADLINE is ended with all that it started."""
    with begin(command, folder, environment, subprocess.PIPE) as process:
        try:
            told, _ = process.communicate(timeout=DEADLINE)
        except BaseException:
            end(process)
            raise
    return subprocess.CompletedProcess(command, process.returncode, told)


def end(process: subprocess.Popen[str]) -> None:
    """SIGKILL to every process of its session, some of which may outlive it. Returns when all are gone."""
    while pids := living(process.pid):
        for pid in pids:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.05)
    process.wait()


def living(leader: int) -> list[int]:
    """The living processes of the session that `leader` began."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            state, _, _, session = (folder / "stat").read_text().rpartition(")")[2].split()[:4]
            if int(session) == leader and state != "Z":
                found.append(int(folder.name))
    return found
