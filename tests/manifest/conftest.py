"""A small project of one's own, and what the manifest says of it."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from manifest import App, ManifestError, Process, Settings, load_apps, load_settings

STACK = """\
config:
  aws:region: eu-central-1
  aws:allowedAccountIds: ["123456789012"]
  shop:imageId: ami-0abc1234
"""
APP = """\
slug_url: https://slugs.example.com/a.tar.gz
cmd: bin/web
"""


@dataclass(frozen=True)
class Project:
    root: Path

    def write(self, name: str, *lines: str) -> None:
        file = self.root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("".join(f"{line}\n" for line in lines))

    def app(self, *lines: str, name: str = "hello") -> None:
        """Writes a good app file and these lines after it, which begin at line 3."""
        self.write(f"apps/{name}.yaml", APP + "\n".join(lines))

    def stack(self, *lines: str, name: str = "dev") -> None:
        """Writes a good stack file and these lines after it, which begin at line 5."""
        self.write(f"Pulumi.{name}.yaml", STACK + "\n".join(lines))

    def settings(self, stack: str = "dev") -> Settings:
        return load_settings(self.root, stack)

    def apps(self, stack: str = "dev") -> tuple[App, ...]:
        return load_apps(self.root, self.settings(stack))

    def one(self, stack: str = "dev") -> App:
        (app,) = self.apps(stack)
        return app

    def process(self, stack: str = "dev") -> Process:
        (process,) = self.one(stack).processes
        return process

    def written(self, key: str, stack: str = "dev") -> str:
        """A value and where it was written: `3 (app file, apps/hello.yaml:3)`."""
        value, origin = self.one(stack).written[key]
        return f"{value} ({origin})"

    def problems(self, stack: str = "dev") -> list[str]:
        try:
            self.apps(stack)
        except ManifestError as error:
            return str(error).splitlines()
        return []

    def problem(self, stack: str = "dev") -> str:
        (problem,) = self.problems(stack)
        return problem


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A project `shop` with a stack `dev` and one app, hello, all of it good."""
    project = Project(tmp_path)
    project.write("Pulumi.yaml", "name: shop", "runtime: python")
    project.stack()
    project.app()
    return project
