"""Images that nobody used for a month are removed, and no others."""

import os
import time
from pathlib import Path

import pytest

from local.aws.old_images import held, keep_house

MONTH_AGO = time.time() - 31 * 86400


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    """Three images, of which none was used for a month, and what else lies there."""
    for name in ("a" * 16, "b" * 16, "c" * 16, "building"):
        (tmp_path / name / "usr").mkdir(parents=True)
    (tmp_path / ".lock").touch()
    for path in tmp_path.iterdir():
        os.utime(path, (MONTH_AGO, MONTH_AGO))
    return tmp_path


def test_the_unused_go_and_ours_and_what_is_no_image_stay(cache: Path) -> None:
    keep_house(cache / ("a" * 16))
    assert sorted(path.name for path in cache.iterdir()) == [".lock", "a" * 16, "building"]


def test_what_was_used_since_stays(cache: Path) -> None:
    keep_house(cache / ("b" * 16))
    os.utime(cache / ("b" * 16), (MONTH_AGO, MONTH_AGO + 2 * 86400))
    (cache / ("c" * 16)).mkdir()
    keep_house(cache / ("c" * 16))
    assert {"b" * 16, "c" * 16} <= {path.name for path in cache.iterdir()}


def test_what_somebody_stands_on_stays_as_long_as_he_does(cache: Path) -> None:
    ours, his = cache / ("a" * 16), cache / ("b" * 16)
    with held(his):
        keep_house(ours)
        assert his.exists()
    keep_house(ours)
    assert not his.exists()


def test_use_is_noted(cache: Path) -> None:
    ours = cache / ("a" * 16)
    keep_house(ours)
    assert ours.stat().st_mtime > MONTH_AGO + 86400
