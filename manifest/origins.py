"""Where a value was written."""

from collections.abc import Mapping
from dataclasses import dataclass, field

KeyPath = tuple[str | int, ...]
"""A place inside a document: ("env", "RACK_ENV") or ("allow_from", 0)."""


@dataclass(frozen=True)
class Origin:
    """A value's layer (`app file`, `environments.prod`, ...), file and line, counted from 1.

    `path`: its place in that layer: another than where it counts, if it was inherited or written short.
    """

    layer: str
    file: str
    line: int
    path: KeyPath = field(default=(), compare=False)

    @property
    def of_a_process(self) -> bool:
        """Whether it was written for one process, and not for the app."""
        return self.path[:1] == ("processes",)

    @property
    def place(self) -> str:
        """`apps/hello.yaml:7`; the file alone where no line is known."""
        return f"{self.file}:{self.line}" if self.line else self.file

    def __str__(self) -> str:
        return f"{self.layer}, {self.place}"


@dataclass(frozen=True)
class Places:
    """Where the values of a process were written. `file`, its app's, stands for what nobody wrote."""

    file: str
    origins: Mapping[KeyPath, Origin] = field(default_factory=dict)

    def of(self, *path: str | int) -> Origin | None:
        """None for what nobody wrote."""
        return origin_of(self.origins, path)


def origin_of(origins: Mapping[KeyPath, Origin], path: KeyPath) -> Origin | None:
    """The origin of the value at `path`, or of the nearest value around it."""
    while path:
        if path in origins:
            return origins[path]
        path = path[:-1]
    return None


def dotted(path: KeyPath) -> str:
    """`allow_from[0]` for ("allow_from", 0): how people write the place."""
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
    return text.removeprefix(".")
