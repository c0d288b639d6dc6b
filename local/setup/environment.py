"""The Python environment of the checkout: `.venv`, a link to one in the cache that holds what is pinned.

Checkouts with the same pins share it, so a fresh clone has it at once.
"""

import sys
from hashlib import sha256
from pathlib import Path

from local.aws.folders import cache, locked
from local.errors import LocalError
from local.home import CHECKOUT
from local.logged import Log
from local.progress import step

_REQUIREMENTS = ("requirements.txt", "requirements-dev.txt", "constraints.txt")


def key(checkout: Path) -> str:
    """Changes with all that an environment is made from."""
    files = [(checkout / name).read_bytes() for name in _REQUIREMENTS]
    made_from = [sys.version.encode(), bytes(Path(sys.executable).resolve()), *files]
    return sha256(b"\0".join(made_from)).hexdigest()[:16]


def python(checkout: Path = CHECKOUT) -> Path:
    """The environment's Python."""
    return checkout / ".venv" / "bin" / "python"


def is_current(checkout: Path = CHECKOUT) -> bool:
    """Whether `.venv` is whole and holds what is pinned now."""
    place = cache() / "venv" / key(checkout)
    return _whole(place) and (checkout / ".venv").resolve() == place.resolve()


def ensure(log: Log, checkout: Path = CHECKOUT) -> None:
    """Make the environment unless it is there and right. Raises LocalError when pip fails."""
    place = cache() / "venv" / key(checkout)
    if not _whole(place):
        with step("Python environment"), locked(place.parent):
            if not _whole(place):
                _make(place, checkout, log)
    _turn(checkout / ".venv", place)


def _whole(place: Path) -> bool:
    # The second question: the Python that it was made from may have been removed.
    return _mark(place).exists() and (place / "bin" / "python").exists()


def _make(place: Path, checkout: Path, log: Log) -> None:
    """An environment cannot be renamed, so a mark says that it is whole."""
    _mark(place).unlink(missing_ok=True)
    # Resolved, because a shell that uses the environment finds its link first: it would be made from itself.
    log.run(Path(sys.executable).resolve(), "-m", "venv", "--clear", place)
    # Compiling every module of pulumi-aws would take as long as installing all the rest.
    install = ("-m", "pip", "install", "--quiet", "--no-compile", "--disable-pip-version-check")
    log.run(place / "bin" / "python", *install, "--requirement", checkout / "requirements-dev.txt")
    _mark(place).touch()


def _mark(place: Path) -> Path:
    return place.with_suffix(".whole")


def _turn(link: Path, place: Path) -> None:
    if link.is_symlink() and link.readlink() == place:
        return
    if link.is_dir() and not link.is_symlink():
        raise LocalError(f"{link} was not made by this set-up", hint=f"move it away: mv {link} {link}.old")
    new = link.with_name(".venv.new")
    new.unlink(missing_ok=True)
    new.symlink_to(place)
    new.replace(link)
