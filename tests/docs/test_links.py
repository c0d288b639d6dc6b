"""Every link of README and docs/ that stays in the repository leads somewhere."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.docs.commands import PAGES
from tests.engine import page
from tests.stack import ROOT

_LINK = re.compile(r"\]\(((?!https?:)[^)\s]+)\)")
_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)


def links(text: str) -> Iterator[str]:
    return (found[1] for found in _LINK.finditer(page.sentences(text)))


def anchors(text: str) -> set[str]:
    """As GitHub makes them: small letters, `-` for spaces, without other signs."""
    headings = (found[1].lower() for found in _HEADING.finditer(page.sentences(text)))
    return {re.sub(r"[^\w\- ]", "", one).replace(" ", "-") for one in headings}


@pytest.mark.parametrize("origin", PAGES, ids=lambda one: str(one.relative_to(ROOT)))
def test_links_lead_somewhere(origin: Path) -> None:
    assert [link for link in links(origin.read_text()) if not _leads(origin, link)] == []


def _leads(origin: Path, link: str) -> bool:
    file, _, anchor = link.partition("#")
    target = (origin.parent / file).resolve() if file else origin
    return target.exists() and (not anchor or anchor in anchors(target.read_text()))


def test_the_pages_have_links_and_a_wrong_one_is_seen() -> None:
    assert len([link for one in PAGES for link in links(one.read_text())]) > 20
    assert _leads(ROOT / "README.md", "docs/aws.md#what-it-costs")
    assert not _leads(ROOT / "README.md", "docs/aws.md#what-it-cost")
    assert not _leads(ROOT / "README.md", "docs/no.md")
