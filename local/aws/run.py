"""The one door through which the ground starts other programs."""

import shlex
import subprocess
from pathlib import Path

from local.errors import LocalError

_NOT_INSTALLED = "`make setup` installs all that is needed"


def run(*argv: str | Path, stdin: str = "") -> str:
    """Run a program to its end and return what it printed.

    Raises LocalError with the command, ready to paste, and with what the program complained of.
    """
    command = [str(word) for word in argv]
    try:
        done = subprocess.run(command, input=stdin, capture_output=True, text=True, check=False)
    except FileNotFoundError as missing:
        raise LocalError(f"{command[0]} is not installed", hint=_NOT_INSTALLED) from missing
    if done.returncode != 0:
        raise LocalError(_failure(command, done), hint=stdin and f"its input was:\n{stdin}")
    return done.stdout


def succeeds(*argv: str | Path) -> bool:
    """Whether a program ends with exit code 0. Raises LocalError only if it is not installed."""
    try:
        run(*argv)
    except LocalError as failure:
        if isinstance(failure.__cause__, FileNotFoundError):
            raise
        return False
    return True


def _failure(command: list[str], done: subprocess.CompletedProcess[str]) -> str:
    complaint = (done.stderr or done.stdout).strip() or "(it said nothing)"
    return f"{shlex.join(command)}\n  ended with exit code {done.returncode}: {complaint}"
