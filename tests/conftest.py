"""Fixtures of more than one tier."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.stack import Stack, own_stack

SLOWEST_FIRST = (
    *("engine/test_cures", "machines/test_bad_releases", "machines/test_hello"),
    *("engine/test_walk", "engine/test_waves", "engine/test_kills"),
    *("machines/test_runtimes", "engine", "machines", "local/provider", "local"),
)
"""How the files' paths begin, by the minutes that each file takes as a whole."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """For `make test-aws`."""
    parser.addoption("--aws", metavar="STACK", help="tests/machines/test_hello.py on AWS, where STACK is")
    parser.addoption("--aws-role", metavar="ARN", help="acting as this role")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """Three for two cores: most tests wait for machines half of their time."""
    return max(2, (os.cpu_count() or 1) * 3 // 2)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The files that take longest come first: side by side, what starts last decides when all is over."""
    items.sort(key=_place)


def _place(item: pytest.Item) -> int:
    where = item.path.relative_to(Path(__file__).parent).as_posix()
    return next((n for n, start in enumerate(SLOWEST_FIRST) if where.startswith(start)), len(SLOWEST_FIRST))


TOLD = "told"
"""A property that a test records for people: it stands at the end of the run."""


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for report in terminalreporter.getreports("passed"):
        for name, text in report.user_properties:
            if name == TOLD:
                terminalreporter.write_line(str(text))


@pytest.fixture
def simulated(tmp_path: Path) -> Iterator[Stack]:
    """A stack whose machines are simulated."""
    with own_stack(tmp_path, "simulated") as stack:
        yield stack
