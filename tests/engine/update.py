"""A pulumi that runs, watched by its events, so that a signal reaches it at a chosen moment."""

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.command import DEADLINE, begin, end, living
from tests.stack import BEGIN, END, Done, Stack, steps

LOOK = 0.005
"""Seconds between two looks at the events."""


@dataclass
class Update:
    """One pulumi in a session of its own, so that every process of it is known and no other is touched."""

    process: subprocess.Popen[str]
    output: Path
    log: Path
    _read: int = 0
    _events: list[dict[str, Any]] = field(default_factory=list)

    def events(self) -> list[dict[str, Any]]:
        """Those so far; the last line may still be half written."""
        if self.log.exists():
            with self.log.open("rb") as log:
                log.seek(self._read)
                whole, end, _ = log.read().rpartition(b"\n")
            self._read += len(whole) + len(end)
            self._events += [json.loads(line) for line in whole.splitlines()]
        return self._events

    def begun(self) -> list[str]:
        """`create hello.web.0.3fa9c1d2` and the like, as far as they have begun."""
        return [" ".join(step) for step in steps(self.events(), BEGIN)]

    def ended(self) -> list[str]:
        return [" ".join(step) for step in steps(self.events(), END)]

    def until(self, holds: Callable[[], object], what: str, pause: float = LOOK) -> None:
        """Waits for the moment. It must come before the update ends."""
        while not holds():
            assert self.process.poll() is None, f"{what} never came:\n{self.output.read_text()}"
            time.sleep(pause)

    def stop_until(self, holds: Callable[[], object], what: str) -> None:
        """Stands pulumi still at the moment; its provider goes on with what it was asked for.

        In steps, for what must happen may need a word from pulumi first.
        """
        self.signal(signal.SIGSTOP)
        deadline = time.monotonic() + 60
        while not holds():
            assert time.monotonic() < deadline, f"{what} never came:\n{self.output.read_text()}"
            self.signal(signal.SIGCONT)
            time.sleep(LOOK)
            self.signal(signal.SIGSTOP)
            time.sleep(LOOK)

    def hold_provider(self) -> None:
        """Stands the provider still: it answers nothing that it is asked."""
        for pid in living(self.process.pid):
            if b"local.provider" in Path(f"/proc/{pid}/cmdline").read_bytes():
                os.kill(pid, signal.SIGSTOP)

    def signal(self, number: signal.Signals) -> None:
        assert self.process.poll() is None, f"it is over:\n{self.output.read_text()}"
        self.process.send_signal(number)

    def kill(self) -> Done:
        """SIGKILL to pulumi, and after it to the plugins that outlive it: nothing of it may act later."""
        self.signal(signal.SIGKILL)
        return self.wait()

    def wait(self) -> Done:
        """Until it has ended, and every process that it started."""
        self.process.wait(DEADLINE)
        end(self.process)
        return Done(self.process.returncode, self.output.read_text(), self.events())


@contextmanager
def update(stack: Stack, *arguments: str) -> Iterator[Update]:
    """`pulumi ARGUMENTS` in the stack's project; ended with everything of it, whatever happens."""
    name = time.monotonic_ns()
    output, log = stack.project / f"output-{name}", stack.project / f"events-{name}"
    command = ["pulumi", *arguments, "--yes", "--skip-preview", "--non-interactive", "--color", "never"]
    with output.open("w") as told:
        process = begin([*command, "--event-log", str(log)], stack.project, stack.environment(), told)
    running = Update(process, output, log)
    try:
        yield running
    finally:
        end(process)
