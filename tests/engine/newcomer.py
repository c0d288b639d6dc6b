"""Somebody who has this project without `local/`, the packages of requirements.txt, a shell, and an AWS."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from local import environment as of_local_stack
from local import supervise, toolchain
from local.connection import Connection
from local.home import CHECKOUT, Home
from local.logged import Log
from local.setup import environment
from tests.command import run
from tests.engine import page
from tests.stack import ROOT

OURS = ("local", "tests", "bench")
"""What a stack on AWS needs nothing of."""

OF_THIS_MACHINE = (
    ".git",
    ".venv*",
    ".local",
    ".test-aws",
    ".slugs",
    ".*_cache",
    "__pycache__",
    ".hypothesis",
)


@dataclass
class Newcomer:
    """Types what docs/aws.md says; a variable that one block exports is there in the next."""

    project: Path
    shell: dict[str, str]
    connection: Connection

    def types(self, case: str, **words: str) -> str:
        """The commands of a block of the page, each of which must succeed; what they print."""
        done = self.tries(case, **words)
        assert done.returncode == 0, done.stdout
        return done.stdout

    def tries(self, case: str, **words: str) -> subprocess.CompletedProcess[str]:
        lines = [_here(line) for line in page.commands("do", case, words, page.FIRST_HOUR)]
        return self.runs("\n".join([*lines, "env -0 >../shell"]))

    def runs(self, script: str) -> subprocess.CompletedProcess[str]:
        """In the project, as in a shell of its reader; ends at the first command that fails."""
        done = run(["bash", "-e", "-c", script], self.project, self.shell)
        exported = self.project.parent / "shell"
        if exported.exists():
            self.shell = dict(one.split("=", 1) for one in exported.read_text().split("\0") if one)
        return done

    def sees(self, case: str, screen: str) -> page.Words:
        """The words of a block of the page stand on the screen; what its capitals stand for."""
        return page.read("see", case, screen, {}, page.FIRST_HOUR)


def _here(line: str) -> str:
    """A local AWS has machines in one region only, and its buckets no host names of their own."""
    by_path = "?use_path_style=true&" if "s3://" in line else "?"
    return line.replace("eu-central-1", "us-east-1").replace("?region", f"{by_path}region")


@contextmanager
def newcomer(folder: Path) -> Iterator[Newcomer]:
    """In `folder`, taken down with everything at the end. Machines are simulated."""
    project = folder / "project"
    shutil.copytree(ROOT, project, symlinks=True, ignore=_without)
    home = Home(folder / "home")
    try:
        connection = supervise.start(home, "simulated")
        access = of_local_stack.variables(home, connection)
        yield Newcomer(project, _shell(folder, requirements_alone(folder), access), connection)
    finally:
        supervise.end(home)


def _without(folder: str, names: list[str]) -> set[str]:
    here = shutil.ignore_patterns(*OF_THIS_MACHINE)(folder, names)
    return here | ({*OURS} if Path(folder) == ROOT else set())


def requirements_alone(folder: Path) -> Path:
    """The `bin` of an environment of requirements.txt. Made as the checkout's own: once, for these pins."""
    pins = folder / "pins"
    pins.mkdir()
    for file in ("requirements.txt", "constraints.txt"):
        shutil.copy(ROOT / file, pins)
    (pins / "requirements-dev.txt").write_text("-r requirements.txt\n")
    environment.ensure(Log(folder / "environment.log"), pins)
    return environment.python(pins).parent.resolve()


def _shell(folder: Path, packages: Path, access: Mapping[str, str]) -> dict[str, str]:
    """Of all that is on this machine only what a newcomer has installed; of local/ the stand-in's command."""
    commands = folder / "commands"
    commands.mkdir()
    (commands / "aws").symlink_to(Path(sys.executable).with_name("aws"))
    stand_in = CHECKOUT / "local" / "provider" / "bin"
    path = [packages, toolchain.bin_folder(), commands, stand_in, "/usr/local/bin", "/usr/bin", "/bin"]
    return {
        "HOME": str(folder),
        "LANG": "C.UTF-8",
        "PATH": os.pathsep.join(map(str, path)),
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
        # What a person would answer.
        "PULUMI_SKIP_CONFIRMATIONS": "true",
        "PULUMI_OPTION_SKIP_PREVIEW": "true",
        "NO_COLOR": "1",
        "AWS_PAGER": "",
        **{key: value for key, value in access.items() if key.startswith("AWS_") and "REGION" not in key},
    }
