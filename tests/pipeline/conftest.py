"""A pull request: a git repository with a base commit and a change on top."""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.stack import ROOT

GOLDEN = Path(__file__).parent / "golden"
SOMEBODY = {
    f"GIT_{who}_{what}": text
    for who in ("AUTHOR", "COMMITTER")
    for what, text in {"NAME": "nobody", "EMAIL": "nobody", "DATE": "2026-01-01T00:00:00Z"}.items()
}
ROOMS = ("manifest", "bootstrap", "fleet", "pipeline")


def golden(name, text):
    """`UPDATE_GOLDEN=1 pytest tests/pipeline tests/engine/test_pull_requests.py` writes them anew."""
    path = GOLDEN / name
    if os.environ.get("UPDATE_GOLDEN"):
        path.write_text(text)
    assert text == path.read_text()


@dataclass(frozen=True)
class Checkout:
    """A repository that holds a project."""

    folder: Path

    def git(self, *arguments):
        command = ["git", "-c", "init.defaultBranch=main", *arguments]
        environment = os.environ | SOMEBODY
        done = subprocess.run(
            command, cwd=self.folder, env=environment, capture_output=True, text=True, check=True
        )
        return done.stdout.strip()

    def commit(self, message):
        self.git("init", "--quiet")
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", f"--message={message}")
        return self.git("rev-parse", "HEAD")

    def pipeline(self, *arguments, told="", **environment):
        """A verb of the room, as a step runs it."""
        command = [sys.executable, "-m", "pipeline", *arguments]
        return subprocess.run(
            command,
            cwd=self.folder,
            env=os.environ | environment,
            input=told,
            capture_output=True,
            text=True,
            check=False,
        )

    def write(self, name, text):
        (self.folder / name).parent.mkdir(parents=True, exist_ok=True)
        (self.folder / name).write_text(text)


@pytest.fixture
def checkout(tmp_path):
    """A project with the rooms of this one, and no app."""
    for room in ROOMS:
        (tmp_path / room).symlink_to(ROOT / room)
    made = Checkout(tmp_path)
    made.write("Pulumi.yaml", "name: shop\n")
    made.write("Pulumi.dev.yaml", DEV)
    made.write(".gitignore", "__pycache__/\n")
    return made


DEV = """\
config:
  aws:region: eu-central-1
  aws:allowedAccountIds: ["123456789012"]
  shop:imageId: ami-0abcdef0123456789
"""
