"""A page of docs/ as its reader takes it: per case words on the screen, and commands."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

PAGE: Final = Path(__file__).parents[2] / "docs" / "when-something-goes-wrong.md"
FIRST_HOUR: Final = PAGE.with_name("aws.md")

_BLOCK = re.compile(r"^```(\S*)(?: (\w+)=([\w-]+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_WORD = r"\b[A-Z]{2,}\b"
_TOKEN = re.compile(rf"(\.\.\.|\s+|{_WORD})")

Words = Mapping[str, str]
"""What each word in capitals stands for."""


@dataclass(frozen=True)
class Block:
    """What stands between two fences; `kind` and `case` are empty where no test reads it by name."""

    language: str
    kind: str
    case: str
    lines: list[str]


def every_block(text: str) -> list[Block]:
    """The blocks of a page in their order."""
    return [Block(*named, lines.splitlines()) for *named, lines in _BLOCK.findall(text)]


def sentences(text: str) -> str:
    """A page without its blocks."""
    return _BLOCK.sub("", text)


def blocks(kind: str, page: Path = PAGE) -> Mapping[str, list[str]]:
    """Case -> lines of its block of this kind: look, screen, cure, then or warning; do or see."""
    return {one.case: one.lines for one in every_block(page.read_text()) if one.kind == kind}


def commands(kind: str, case: str, words: Words, page: Path = PAGE) -> list[str]:
    """The commands of a case in their order, with what the capitals stand for."""
    lines = blocks(kind, page)[case]
    assert all(line.startswith("$ ") for line in lines), lines
    return [re.sub(_WORD, lambda word: words.get(word[0], word[0]), line[2:]) for line in lines]


def read(kind: str, case: str, seen: str, words: Words, page: Path = PAGE) -> Words:
    """`words`, and what other capitals stand for in what was seen. Every line of the page must be there."""
    known = dict(words)
    for line in blocks(kind, page)[case]:
        found = re.search(pattern(line, known), seen, re.MULTILINE)
        assert found, f"{case}: nowhere is {line!r}, {known}, in:\n{seen}"
        known |= found.groupdict()
    return known


def pattern(line: str, known: Words) -> str:
    """`...` is anything, spaces may be wider, a word in capitals is one word, and the same each time."""
    parts, named = [], set[str]()
    for part in _TOKEN.split(line.strip()):
        if part == "...":
            parts.append(".*")
        elif part.isspace():
            parts.append(r"[ \t]+")
        elif re.fullmatch(_WORD, part) and part not in known:
            parts.append(f"(?P={part})" if part in named else rf"(?P<{part}>\S+?)")
            named.add(part)
        else:
            parts.append(re.escape(known.get(part, part)))
    return rf"{''.join(parts)}(?=\s|$)"
