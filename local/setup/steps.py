"""What this checkout needs on this machine."""

import subprocess

from local import toolchain
from local.errors import LocalError
from local.home import CHECKOUT
from local.logged import setup_log
from local.privilege import as_root, can_become_root
from local.progress import say
from local.setup import environment, packages
from local.setup.graph import Step, with_needs

_WHY_NO_MACHINES = "from local.aws.ground import NspawnSite; print(NspawnSite.available() or '')"


def steps() -> list[Step]:
    """In the order in which to name them. Who can never be root gets what simulated machines need."""
    before_python = () if packages.python_is_whole() else ("packages",)
    everything = [
        Step(name="packages", make=lambda: packages.ensure(setup_log("packages"))),
        Step(name="venv", make=lambda: environment.ensure(setup_log("venv")), needs=before_python),
        Step(name="cli", make=_cli, needs=before_python),
        Step(name="image", make=_image, needs=("packages", "venv")),
    ]
    return everything if can_become_root() else with_needs(everything, ["venv", "cli"])


def _cli() -> None:
    toolchain.ensure(setup_log("cli"))


def _image() -> None:
    """In the environment, because certificates are made by a library. It tells its progress itself."""
    if _python_as_root("-m", "local.aws.image").returncode == 0:
        return
    if reason := _python_as_root("-c", _WHY_NO_MACHINES).stdout.strip():
        say(f"machine image: not needed, because {reason}")
        return
    raise LocalError("the machine image could not be made: its own message stands above")


def _python_as_root(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = as_root(environment.python(), *arguments)
    return subprocess.run(command, cwd=CHECKOUT, stdout=subprocess.PIPE, text=True, check=False)
