"""Fixtures of more than one tier."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.stack import Stack, own_stack


@pytest.fixture
def simulated(tmp_path: Path) -> Iterator[Stack]:
    """A stack whose machines are simulated."""
    with own_stack(tmp_path, "simulated") as stack:
        yield stack
