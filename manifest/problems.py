"""What is wrong in people's files, told so that they can mend it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Final

from manifest.origins import KeyPath, Origin, dotted, origin_of

_LISTED_MAX: Final = 50
"""Words; more are no help."""

TOLD_MAX: Final = 1000
"""Characters of one problem; what is longer quotes a whole key or value."""


@dataclass(frozen=True, order=True)
class Problem:
    """One thing to mend, at one place. `line` counts from 1; 0 means the file as a whole."""

    file: str
    line: int
    text: str

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else self.file
        said = f"{place}: {self.text}"
        if len(said) > TOLD_MAX:
            said = f"{said[:TOLD_MAX]}... ({len(said)} characters)"
        return said if said.isprintable() else "".join(map(_printable, said))


def _printable(char: str) -> str:
    return char if char.isprintable() else repr(char)[1:-1]


class ManifestError(Exception):
    """All problems of all files at once, a line each, in the order of the files."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(sorted(set(problems)))
        super().__init__("\n".join(str(problem) for problem in self.problems))


def problem_at(origins: Mapping[KeyPath, Origin], path: KeyPath, text: str, file: str) -> Problem:
    """A problem with the value at `path`, under the name and at the line that it was written with.

    `file` is blamed for what nobody wrote.
    """
    origin = origin_of(origins, path)
    key = dotted(origin.path if origin and path in origins else path)
    place = (origin.file, origin.line) if origin else (file, 1)
    return Problem(*place, f"{key}: {text}" if key else text)


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """` (did you mean 'slug_url'?)` for the nearest known word, else the list of all, if it is short."""
    names = sorted(known)
    if near := get_close_matches(word, names, n=1):
        return f" (did you mean '{near[0]}'?)"
    return f" (known: {', '.join(names)})" if 0 < len(names) <= _LISTED_MAX else ""
