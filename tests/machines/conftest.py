"""The tier of real machines, and what it says where there can be none."""

import os
from pathlib import Path

import pytest

from local.aws.ground import NspawnSite


@pytest.hookimpl(trylast=True)  # when the tests that are not asked for are gone
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Where no machine can boot this tier says so; in CI it fails, for skipped it proves nothing."""
    here = [item for item in items if Path(__file__).parent in item.path.parents]
    if not here or config.getoption("--aws") or not (reason := NspawnSite.available()):
        return
    if os.environ.get("CI"):
        raise pytest.UsageError(f"machines cannot boot here: {reason}")
    for item in here:
        item.add_marker(pytest.mark.skip(reason=f"machines cannot boot here: {reason}"))
