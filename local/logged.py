"""Starts programs whose output is long and only read when they fail."""

import os
import shlex
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

from local.errors import LocalError
from local.home import Home

_TAIL = 5


@dataclass(frozen=True)
class Log:
    """A file that takes the output of programs. It need not exist."""

    path: Path
    environment: dict[str, str] = field(default_factory=dict)
    """Added to this process's own for every program."""

    def run(self, *argv: str | Path, cwd: Path | None = None) -> None:
        """Run a program to its end.

        Raises LocalError with the command, ready to paste, the last lines it printed and where the rest is.
        """
        command = shlex.join(map(str, argv))
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.path.open("a", encoding="utf-8") as log:
            log.write(f"$ {command}\n")
            log.flush()
            start = log.tell()
            code = self._finish(argv, cwd, log.fileno())
        if code != 0:
            raise LocalError(
                f"{command}\n  ended with exit code {code}; its last words:\n{self._tail(start)}"
            )

    def _finish(self, argv: tuple[str | Path, ...], cwd: Path | None, output: int) -> int:
        environment = {**os.environ, **self.environment}
        try:
            done = subprocess.run(
                argv, cwd=cwd, env=environment, stdout=output, stderr=subprocess.STDOUT, check=False
            )
        except FileNotFoundError as missing:
            raise LocalError(f"{argv[0]} is not installed, or not on PATH") from missing
        return done.returncode

    def _tail(self, start: int) -> str:
        lines = self.path.read_bytes()[start:].decode(errors="replace").splitlines()
        last = "\n".join(f"    {line}" for line in lines[-_TAIL:])
        return f"{last}\n  all of them: {self.path}"


def setup_log(name: str) -> Log:
    """What the set-up step `name` of this checkout printed."""
    return Log(Home().path / "setup" / f"{name}.log")
