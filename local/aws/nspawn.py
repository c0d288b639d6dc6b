"""One real machine: systemd-nspawn on an overlay of the machine image."""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from local.aws import cgroups, processes
from local.aws.launch import Launch
from local.aws.machine import MachineSpec
from local.aws.run import succeeds
from local.errors import LocalError

# A machine may drain for two minutes before it goes down.
_STOP_DEADLINE = 150.0
_START_DEADLINE = 60.0
# What systemd as a machine's first process takes for an order to power off or to boot again (systemd(1)).
_POWER_OFF = signal.SIGRTMIN + 4
_REBOOT = signal.SIGRTMIN + 5
_CONSOLE_KEPT = 1 << 20


@dataclass
class NspawnMachine:
    """A machine, as local.aws.machine.Machine promises."""

    launch: Launch
    _shell: subprocess.Popen[bytes] | None = field(default=None, init=False)
    """Made the mounts; waits for systemd-nspawn, whose only child is the machine's first process."""
    _dropped: int = field(default=0, init=False)
    """So many bytes at the head of the console file take no room any more."""

    @property
    def spec(self) -> MachineSpec:
        return self.launch.spec

    def start(self) -> None:
        self.launch.prepare()
        with self._log.open("wb") as log, self._console.open("ab") as console:
            self._shell = subprocess.Popen(
                self.launch.command(),
                cwd=self.launch.folder,
                stdin=subprocess.DEVNULL,
                stdout=console,
                stderr=log,
                # A key pressed at the terminal of the API is no signal for machines.
                start_new_session=True,
            )
        self._wait_for_first_process(self._shell)

    def running(self) -> bool:
        return self._shell is not None and self._shell.poll() is None

    def console(self) -> bytes:
        """Its last MiB; the API shows 64 KiB of it. What was said before that goes, sooner or later."""
        try:
            with self._console.open("rb") as console:
                return self._tail(console)
        except FileNotFoundError:  # not started yet, or removed meanwhile
            return b""

    def reboot(self) -> None:
        before = self._first_processes()
        obeyed = self._order(_REBOOT, lambda: self._first_processes() != before) if before else True
        if not obeyed:
            self.stop()
            self.start()

    def stop(self) -> None:
        self._order(_POWER_OFF, lambda: not self.running())
        cgroups.remove(self.launch.network.home, self.launch.name)

    def remove(self) -> None:
        self.stop()
        shutil.rmtree(self.launch.folder, ignore_errors=True)

    def _tail(self, console: IO[bytes]) -> bytes:
        start = max(0, console.seek(0, os.SEEK_END) - _CONSOLE_KEPT)
        if start - self._dropped > _CONSOLE_KEPT:
            self._drop(start)
        console.seek(start)
        return console.read()

    def _drop(self, start: int) -> None:
        """Make a hole of the file's head: who writes at its end need not know. Some file systems cannot."""
        succeeds("fallocate", "--punch-hole", "--offset", "0", "--length", str(start), self._console)
        self._dropped = start

    @property
    def _console(self) -> Path:
        return self.launch.folder / "console"

    @property
    def _log(self) -> Path:
        return self.launch.folder / "nspawn.log"

    def _wait_for_first_process(self, shell: subprocess.Popen[bytes]) -> None:
        deadline = time.monotonic() + _START_DEADLINE
        while not any(processes.name(first) == "systemd" for first in self._first_processes()):
            if shell.poll() is not None or time.monotonic() > deadline:
                raise LocalError(f"machine {self.spec.id} did not start: {self._log.read_text().strip()}")
            time.sleep(0.01)

    def _order(self, number: int, done: Callable[[], bool]) -> bool:
        """Give the machine an order until it is `done`; after the deadline kill it, and return False."""
        deadline = time.monotonic() + _STOP_DEADLINE
        while not done():
            late = time.monotonic() > deadline
            # Once a second: a machine that has only begun to boot does not hear it.
            firsts = self._first_processes()
            for first in firsts:
                processes.send(first, signal.SIGKILL if late else number)
            if late and not firsts:
                self._kill_shell()
            if _within_a_second(done):
                return not late
        return True

    def _kill_shell(self) -> None:
        """One that has hung before, or after, the machine's first process: only its group is left to kill."""
        if self._shell and self.running():
            os.killpg(self._shell.pid, signal.SIGKILL)

    def _first_processes(self) -> list[int]:
        """The machine's process 1, once there is one."""
        shell = [self._shell.pid] if self._shell and self.running() else []
        nspawn = [pid for each in shell for pid in processes.children(each)]
        return [first for pid in nspawn for first in processes.children(pid)]


def _within_a_second(done: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + 1.0
    while not (is_done := done()) and time.monotonic() < deadline:
        time.sleep(0.02)
    return is_done
