"""Machine images that nobody uses any more go; whoever has machines standing on one, holds it."""

import fcntl
import os
import re
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_UNUSED_DAYS = 30
_NAME = re.compile(r"[0-9a-f]{16}")


@contextmanager
def held(place: Path) -> Iterator[Path]:
    """Keep the image from being removed. A process that is killed holds it no more."""
    with _opened(place) as folder:
        fcntl.flock(folder, fcntl.LOCK_SH)
        yield place


def keep_house(place: Path) -> None:
    """Note that the image `place` is used now, and remove its neighbours that were not for a month.

    For root, who holds the lock of the folder around them.
    """
    os.utime(place)
    for other in place.parent.iterdir():
        if other != place and _NAME.fullmatch(other.name) and _unused_days(other) > _UNUSED_DAYS:
            with suppress(BlockingIOError):
                _remove(other)


def _unused_days(place: Path) -> float:
    return (time.time() - place.stat().st_mtime) / 86400


def _remove(place: Path) -> None:
    """Under another name: a tree of this name is always whole. Raises BlockingIOError if it is held."""
    with _opened(place) as folder:
        fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
        going = place.with_name("going")
        shutil.rmtree(going, ignore_errors=True)
        place.rename(going)
        shutil.rmtree(going)


@contextmanager
def _opened(folder: Path) -> Iterator[int]:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield descriptor
    finally:
        os.close(descriptor)
