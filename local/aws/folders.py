"""Folders outside a home: what all local AWSes of a user share, and what must not outlive a reboot."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from local.home import Home

_NAME = "compute-instances"
RUNTIME = Path("/run") / _NAME


def cache() -> Path:
    """What can be made again: the machine image. XDG Base Directory Specification."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / _NAME


def data() -> Path:
    """What the cache was made with: the authority whose root the machine image holds."""
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / _NAME


def runtime(home: Home) -> Path:
    """Sockets and pid files of one local AWS. Short, because the path of a socket has at most 107 bytes."""
    return RUNTIME / home.name


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold `folder` (made if missing); a second process that asks for it waits for the first."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
