"""GitHub's Markdown from texts that anybody may have written: none becomes markup, a mention or a link.

https://github.github.com/gfm/
"""

import re
from dataclasses import dataclass
from typing import Final

_MARKUP: Final = re.compile(r"([\\`*_{}\[\]<>&~|$])")
_REFERENCE: Final = re.compile(r"([@#])(?=\w)")
_PLACE: Final = re.compile(r"(?P<file>[\w./-]+\.yaml(:\d+)?): (?P<rest>.*)")
_TICKS: Final = re.compile(r"`{3,}")


@dataclass(frozen=True, kw_only=True)
class Fold:
    """A text under a line that opens it; `kind` colours it: `diff`, `sh`, `text`."""

    title: str
    kind: str
    text: str

    def __str__(self) -> str:
        return (
            f"<details><summary>{plain(self.title)}</summary>\n\n{fenced(self.text, self.kind)}\n\n</details>"
        )


def plain(text: str) -> str:
    """Shown as it is written."""
    return _REFERENCE.sub(r"\1<!-- -->", _MARKUP.sub(r"\\\1", text))


def problem(line: str) -> str:
    """The place where something is to be mended stands out."""
    if match := _PLACE.fullmatch(line.strip()):
        return f"`{match['file']}`: {plain(match['rest'])}"
    return plain(line.strip())


def fenced(text: str, kind: str) -> str:
    """A block that no line of the text can end."""
    longest = max((len(ticks) for ticks in _TICKS.findall(text)), default=2)
    fence = "`" * (longest + 1)
    return f"{fence}{kind}\n{text.rstrip()}\n{fence}"
