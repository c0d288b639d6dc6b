"""The Python environment of the checkout: `.venv`, with what requirements-dev.txt pins."""

import shutil
import sys
from hashlib import sha256
from pathlib import Path

from local.aws.folders import locked
from local.errors import LocalError
from local.home import CHECKOUT
from local.logged import Log
from local.progress import step

_REQUIREMENTS = ("requirements.txt", "requirements-dev.txt", "constraints.txt")


def key(checkout: Path) -> str:
    """Changes with all that an environment is made from. Its scripts hold the path they were installed in."""
    files = [(checkout / name).read_bytes() for name in _REQUIREMENTS]
    made_from = [repr(sys.version_info[:2]).encode(), bytes(checkout), *files]
    return sha256(b"\0".join(made_from)).hexdigest()[:16]


def python(checkout: Path = CHECKOUT) -> Path:
    """The environment's Python."""
    return checkout / ".venv" / "bin" / "python"


def ensure(log: Log, checkout: Path = CHECKOUT) -> None:
    """Make the environment unless it is there and right. Raises LocalError when pip fails."""
    if _ready(checkout):
        return
    with step("Python environment"), locked(_shelf(checkout)):
        if not _ready(checkout):
            _make(checkout, log)


def _ready(checkout: Path) -> bool:
    link = checkout / ".venv"
    # The second question: the Python that it was made from may have been removed.
    return link.is_symlink() and link.readlink().name == key(checkout) and python(checkout).exists()


def _make(checkout: Path, log: Log) -> None:
    """An environment cannot be renamed, so `.venv` is a link that is turned to it when it is whole."""
    place = _shelf(checkout) / key(checkout)
    _refuse_foreign(checkout / ".venv")
    _remove_old(checkout)
    # Resolved, because a shell that uses the environment finds its link first: it would be made from itself.
    log.run(Path(sys.executable).resolve(), "-m", "venv", "--clear", place)
    # Compiling every module of pulumi-aws would take as long as installing all the rest.
    install = ("-m", "pip", "install", "--quiet", "--no-compile", "--disable-pip-version-check")
    log.run(place / "bin" / "python", *install, "--requirement", checkout / "requirements-dev.txt")
    _turn(checkout / ".venv", place)


def _refuse_foreign(link: Path) -> None:
    if link.is_dir() and not link.is_symlink():
        raise LocalError(f"{link} was not made by this set-up", hint=f"move it away: mv {link} {link}.old")


def _remove_old(checkout: Path) -> None:
    """All but the present one, which a local AWS may be running from."""
    link = checkout / ".venv"
    present = link.readlink().name if link.is_symlink() else None
    for folder in _shelf(checkout).iterdir():
        if folder.is_dir() and folder.name != present:
            shutil.rmtree(folder)


def _turn(link: Path, place: Path) -> None:
    new = link.with_name(".venv.new")
    new.unlink(missing_ok=True)
    new.symlink_to(place.relative_to(link.parent))
    new.replace(link)


def _shelf(checkout: Path) -> Path:
    return checkout / ".venvs"
