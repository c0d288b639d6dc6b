"""A stack whose project is a git repository, as the workflows check it out."""

import os
import subprocess
import sys
from dataclasses import dataclass

from tests.command import run
from tests.engine.operator import NOBODY
from tests.stack import ROOT, Stack

IGNORED = "__pycache__/\n.slugs/\nevents-*\noutput-*\npreview.*\n"


@dataclass(frozen=True)
class Merged:
    """The stack, and what was merged into its project."""

    stack: Stack

    def runs(self, *command: str) -> subprocess.CompletedProcess[str]:
        """A step, in the environment of the stack; what it says on both streams."""
        return run(command, self.stack.project, self.stack.environment() | NOBODY)

    def pipeline(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return self.runs(sys.executable, "-m", "pipeline", *arguments)

    def git(self, *arguments: str) -> str:
        done = subprocess.run(
            ["git", "-c", "init.defaultBranch=main", *arguments],
            cwd=self.stack.project,
            env=os.environ | NOBODY,
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout.strip()

    def head(self) -> str:
        return self.git("rev-parse", "HEAD")

    def commit(self, message: str) -> str:
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", f"--message={message}")
        return self.head()


def merged(stack: Stack) -> Merged:
    """The project of `stack`, from now on a repository; nothing is committed yet."""
    (stack.project / "pipeline").symlink_to(ROOT / "pipeline")
    (stack.project / ".gitignore").write_text(IGNORED)
    (stack.project / "requirements.txt").touch()
    made = Merged(stack)
    made.git("init", "--quiet")
    return made
