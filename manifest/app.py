"""The values that an app file becomes."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from manifest.model import Deploy, Healthcheck, RootVolume, Runtime
from manifest.origins import Origin, Places
from manifest.problems import Problem, problem_at


class Said(NamedTuple):
    """A value as text, with where it was written."""

    value: str
    origin: Origin


@dataclass(frozen=True, kw_only=True)
class Process:
    """One command of an app, on instances of its own.

    `healthcheck` has a path, or a command, or neither: then the process is healthy while it stays up.
    """

    app: str
    places: Places = field(repr=False, compare=False)
    name: str
    cmd: str
    runtime: Runtime
    packages: tuple[str, ...]
    count: int
    port: int | None
    image_id: str
    instance_type: str
    key_name: str | None
    subnets: tuple[str, ...]
    env: Mapping[str, str]
    healthcheck: Healthcheck
    allow_from: tuple[str, ...]
    public_ip: bool
    root_volume: RootVolume
    tags: Mapping[str, str]
    deploy: Deploy

    @property
    def label(self) -> str:
        """`hello.web`: the app and the process, as every name begins."""
        return f"{self.app}.{self.name}"

    def problem(self, text: str, *path: str | int) -> Problem:
        """A problem with the value at `path`, told where it was written, or else in the app's file."""
        return problem_at(self.places.origins, path, text, self.places.file)


@dataclass(frozen=True, kw_only=True)
class App:
    """One release of one app. `source` is a folder, or else `slug_url` is set.

    `written`: each value that a layer wrote, by its dotted key.
    """

    name: str
    source: Path | None
    slug_url: str | None
    slug_sha256: str | None
    processes: tuple[Process, ...]
    written: Mapping[str, Said]
