"""What this checkout needs on this machine."""

import subprocess

from local import toolchain
from local.errors import LocalError
from local.home import CHECKOUT
from local.logged import setup_log
from local.setup import environment, packages
from local.setup.graph import Step


def steps() -> list[Step]:
    """All of them, in the order in which to name them."""
    before_python = () if packages.python_is_whole() else ("packages",)
    return [
        Step(name="packages", make=lambda: packages.ensure(setup_log("packages"))),
        Step(name="venv", make=lambda: environment.ensure(setup_log("venv")), needs=before_python),
        Step(name="cli", make=_cli, needs=before_python),
        Step(name="image", make=_image, needs=("packages", "venv")),
    ]


def _cli() -> None:
    toolchain.ensure(setup_log("cli"))


def _image() -> None:
    """In the environment, because certificates are made by a library. It tells its progress itself."""
    command = packages.as_root(environment.python(), "-m", "local.aws.image")
    done = subprocess.run(command, cwd=CHECKOUT, stdout=subprocess.DEVNULL, check=False)
    if done.returncode != 0:
        raise LocalError("the machine image could not be made: its own message stands above")
