"""Other programs that are called, pulumi and git: one that is missing is told alike everywhere."""

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Final, NoReturn

_HAD_AT: Final[Mapping[str, str]] = {
    "git": "https://git-scm.com/downloads",
    "pulumi": "https://www.pulumi.com/docs/install/",
}


class MissingError(Exception):
    """There is no such command; where it is had."""

    def __init__(self, name: str) -> None:
        super().__init__(f"there is no {name} command; next: {_HAD_AT[name]}")


def ask(name: str, *arguments: str, folder: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Runs a command to its end and keeps what it prints, whatever its exit code. Raises MissingError."""
    try:
        return subprocess.run([name, *arguments], cwd=folder, capture_output=True, text=True, check=False)
    except FileNotFoundError as error:
        raise MissingError(name) from error


def become(name: str, *arguments: str) -> NoReturn:
    """Ends this process in the command's favour: its terminal, its exit code. Raises MissingError."""
    try:
        os.execvp(name, [name, *arguments])  # noqa: S606 - no shell is wanted
    except FileNotFoundError as error:
        raise MissingError(name) from error
