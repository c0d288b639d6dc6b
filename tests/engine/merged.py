"""A stack whose project is a git repository, as the workflows check it out."""

import subprocess
from dataclasses import dataclass
from typing import Any

from tests.command import run
from tests.repository import Repository
from tests.stack import ROOT, Stack

IGNORED = "__pycache__/\n.slugs/\nevents-*\noutput-*\ncomment.md\nsummary.md\n"


@dataclass(frozen=True, kw_only=True)
class Merged(Repository):
    """The stack, and what was merged into its project. What a command says on both streams is its stdout."""

    stack: Stack

    def runs(self, *command: str, **variables: Any) -> subprocess.CompletedProcess[str]:
        return run(command, self.folder, self.within(variables))


def merged(stack: Stack) -> Merged:
    """The project of `stack`, from now on a repository; nothing is committed yet."""
    (stack.project / "pipeline").symlink_to(ROOT / "pipeline")
    (stack.project / ".gitignore").write_text(IGNORED)
    (stack.project / "requirements.txt").touch()
    return Merged(folder=stack.project, environment=stack.environment(), stack=stack)
