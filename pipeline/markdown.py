"""GitHub's Markdown from texts that anybody may have written: none becomes markup, a mention or a link.

https://github.github.com/gfm/
"""

import html
import re
from dataclasses import dataclass
from typing import Final

_MARKUP: Final = re.compile(r"([\\`*_{}\[\]<>&~|$])")
_LINKED: Final = re.compile(r"([@#])(?=\w)|(:)(?=//)|(\bwww)(?=\.)", re.IGNORECASE)
"""After which GitHub makes a mention, a reference or an address of what is written."""

_PLACE: Final = re.compile(r"(?P<file>[\w./-]+\.yaml(:\d+)?): (?P<rest>.*)")
_TICKS: Final = re.compile(r"`{3,}")


@dataclass(frozen=True, kw_only=True)
class Fold:
    """A text under a line that opens it; `kind` colours it: `diff`, `sh`, `text`."""

    title: str
    kind: str
    text: str

    def __str__(self) -> str:
        title = _unlinked(html.escape(self.title, quote=False))  # in a block of HTML a backslash is one
        return f"<details><summary>{title}</summary>\n\n{fenced(self.text, self.kind)}\n\n</details>"


def plain(text: str) -> str:
    """Shown as it is written."""
    return _unlinked(_MARKUP.sub(r"\\\1", text))


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


def _unlinked(text: str) -> str:
    return _LINKED.sub(r"\g<0><!-- -->", text)
