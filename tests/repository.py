"""A project in a git repository, and the workflows' steps as they run in its checkout."""

import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from tests.command import DEADLINE
from tests.stack import ROOT

SOMEBODY = {
    f"GIT_{who}_{what}": text
    for who in ("AUTHOR", "COMMITTER")
    for what, text in {"NAME": "nobody", "EMAIL": "nobody", "DATE": "2026-01-01T00:00:00Z"}.items()
}
WORKFLOWS = ROOT / ".github" / "workflows"


@dataclass(frozen=True)
class Repository:
    """`environment`: of what runs in it, where it is not ours."""

    folder: Path
    environment: Mapping[str, str] = field(default_factory=lambda: os.environ)

    def git(self, *arguments: str) -> str:
        done = self.runs("git", "-c", "init.defaultBranch=main", *arguments)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def head(self) -> str:
        return self.git("rev-parse", "HEAD")

    def commit(self, message: str) -> str:
        self.git("init", "--quiet")
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", f"--message={message}")
        return self.head()

    def write(self, name: str, text: str) -> None:
        (self.folder / name).parent.mkdir(parents=True, exist_ok=True)
        (self.folder / name).write_text(text)

    def pipeline(self, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """A verb of the room; what is `told` stands on its stdin."""
        return self.runs(sys.executable, "-m", "pipeline", *arguments, **variables)

    def step(self, workflow: str, name: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """The step of that name in `preview.yml`, say, as GitHub runs it; `variables`: its env."""
        return self.runs("bash", "-e", "-c", step(workflow, name)["run"], **variables)

    def runs(self, *command: str, told: str = "", **variables: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command,
            cwd=self.folder,
            env=self.within(variables),
            input=told,
            capture_output=True,
            text=True,
            check=False,
            timeout=DEADLINE,
        )

    def within(self, variables: Mapping[str, str]) -> dict[str, str]:
        """Where `python` is this one."""
        python = f"{Path(sys.executable).parent}{os.pathsep}{self.environment['PATH']}"
        return {**self.environment, **SOMEBODY, "PATH": python, **variables}


def step(workflow: str, name: str) -> Any:
    """As the file has it."""
    jobs = yaml.safe_load((WORKFLOWS / workflow).read_text())["jobs"].values()
    (found,) = [one for job in jobs for one in job.get("steps", ()) if one.get("name") == name]
    return found
