"""Whether this host has what the local AWS needs, a line for each thing. Nothing is changed.

A check returns what is well about its thing, or raises LocalError with what is not and what to do.
"""

import platform
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from local import supervise, toolchain
from local.aws import firewall, folders, image
from local.aws.abandoned import abandoned
from local.aws.ground import NEEDS
from local.connection import known
from local.errors import LocalError
from local.home import Home
from local.privilege import is_root
from local.setup import environment, packages

Check = Callable[[], str]

_SET_UP = "make setup"
_SIMULATED = "simulated machines need none of it: python -m local up --machines simulated"
_ROOM_GIB = 2
"""What an image takes while it is made, or a few machines with their packages."""


@dataclass(frozen=True)
class Finding:
    """One thing and how it is; `fault` is empty where it is well."""

    about: str
    well: str = ""
    fault: str = ""
    cure: str = ""

    def __str__(self) -> str:
        if not self.fault:
            return f"ok  {self.about}: {self.well}"
        cure = f"; {self.cure}" if self.cure else ""
        return " ".join(f"--  {self.about}: {self.fault}{cure}".split("\n"))


def examine(home: Home) -> Iterator[Finding]:
    """Everything, from the ground up."""
    for about, check in (_set_up() | _host() | _of(home)).items():
        yield _look(about, check)
    if is_root():
        yield from _leftovers()


def _look(about: str, check: Check) -> Finding:
    try:
        return Finding(about, check())
    except LocalError as error:
        return Finding(about, fault=error.message, cure=error.hint)


def _set_up() -> dict[str, Check]:
    return {
        "Python": platform.python_version,
        "Python environment": _environment,
        "Debian packages": _packages,
        "Pulumi command line": lambda: str(toolchain.bin_folder()),
    }


def _host() -> dict[str, Check]:
    needs: dict[str, Check] = {about: partial(_need, lack) for about, lack in NEEDS.items()}
    return needs | {"machine image": _image}


def _of(home: Home) -> dict[str, Check]:
    return {
        "room for images": partial(_room, folders.cache()),
        "room for machines": partial(_room, home.path),
        "firewall of this host": partial(_firewall, home),
        "local AWS": partial(_daemon, home),
    }


def _environment() -> str:
    if not environment.is_current():
        raise LocalError(".venv is not there, or not with what is pinned", hint=_SET_UP)
    return "as pinned"


def _packages() -> str:
    if missing := packages.missing():
        raise LocalError(f"not installed: {', '.join(missing)}", hint=_SET_UP)
    return "installed"


def _need(lack: Callable[[], str | None]) -> str:
    if reason := lack():
        raise LocalError(reason, hint=_SIMULATED)
    return "yes"


def _image() -> str:
    if not image.is_built():
        raise LocalError("not built yet", hint=_SET_UP)
    return str(image.path())


def _room(folder: Path) -> str:
    there = next(path for path in (folder, *folder.resolve().parents) if path.exists())
    free = shutil.disk_usage(there).free / (1 << 30)
    if free < _ROOM_GIB:
        raise LocalError(f"{free:.1f} GiB are free at {there}", hint=f"make it {_ROOM_GIB} GiB or more")
    return f"{free:.0f} GiB are free at {there}"


def _firewall(home: Home) -> str:
    if not is_root():
        raise LocalError("only root can see it")
    if refusals := firewall.refusals(home.host_end):
        raise LocalError(" ".join(refusals))
    return "lets machines out"


def _daemon(home: Home) -> str:
    if connection := supervise.serving(home):
        return f"answers on {connection.endpoint}, with {connection.machines} machines"
    if connection := known(home):
        raise LocalError(
            f"process {connection.pid} was killed, or does not answer",
            hint="`make up` starts another, `make down` removes what is left",
        )
    raise LocalError("not up", hint="make up")


def _leftovers() -> Iterator[Finding]:
    try:
        found = [Finding(f"left by {one.name}", fault=one.what, cure=one.cure) for one in abandoned()]
    except LocalError as error:
        found = [Finding("leftovers", fault=error.message, cure=error.hint)]
    yield from found or [Finding("leftovers", "none of killed local AWSes")]
