"""Where a value was written."""

from dataclasses import dataclass, field

Path = tuple[str | int, ...]
"""A place inside a document: ("env", "RACK_ENV") or ("allow_from", 0)."""


@dataclass(frozen=True)
class Origin:
    """A value's layer (`app file`, `environments.prod`, ...), file and line, counted from 1.

    `path`: its place in that layer: another than where it counts, if it was inherited or written short.
    """

    layer: str
    file: str
    line: int
    path: Path = field(default=(), compare=False)

    @property
    def of_a_process(self) -> bool:
        """Whether it was written for one process, and not for the app."""
        return self.path[:1] == ("processes",)

    def __str__(self) -> str:
        return f"{self.layer}, {self.file}:{self.line}"


def dotted(path: Path) -> str:
    """`allow_from[0]` for ("allow_from", 0): how people write the place."""
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
    return text.removeprefix(".")
