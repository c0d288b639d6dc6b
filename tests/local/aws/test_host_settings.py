"""The host's settings are left as they were found."""

from pathlib import Path

import pytest

from local.aws import folders, host_settings
from local.aws.host_settings import NEEDED

FORWARD, INOTIFY = NEEDED


@pytest.fixture
def host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A host that forwards, with inotify instances enough."""
    (tmp_path / "netns").mkdir()
    monkeypatch.setattr(folders, "RUNTIME", tmp_path / "run")
    monkeypatch.setattr(host_settings, "_SYSCTLS", tmp_path / "sys")
    monkeypatch.setattr(host_settings, "_NAMESPACES", tmp_path / "netns")
    for one in NEEDED:
        one.path.parent.mkdir(parents=True)
        one.path.write_text(f"{one.least}\n")
    return tmp_path


@pytest.mark.usefixtures("host")
@pytest.mark.parametrize(("setting", "before"), [(FORWARD, 0), (INOTIFY, 128)])
def test_what_was_too_low_is_raised_and_set_back(
    setting: host_settings.Setting, before: int, capsys: pytest.CaptureFixture[str]
) -> None:
    setting.path.write_text(f"{before}\n")
    host_settings.raise_all()
    assert setting.now() == setting.least
    assert f"{setting.name} was {before} and is now {setting.least}" in capsys.readouterr().err
    host_settings.restore()
    assert setting.now() == before


@pytest.mark.usefixtures("host")
def test_what_was_enough_stays_as_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    INOTIFY.path.write_text("8192\n")
    host_settings.raise_all()
    host_settings.restore()
    assert (FORWARD.now(), INOTIFY.now()) == (1, 8192)
    assert capsys.readouterr().err == ""


def test_the_last_local_aws_sets_it_back(host: Path) -> None:
    FORWARD.path.write_text("0\n")
    host_settings.raise_all()
    (host / "netns" / "ci0123abcd").touch()
    host_settings.raise_all()
    host_settings.restore()
    assert FORWARD.now() == 1, "another one still needs it"
    (host / "netns" / "ci0123abcd").rename(host / "netns" / "somebody-elses")
    host_settings.restore()
    assert FORWARD.now() == 0


@pytest.mark.usefixtures("host")
def test_what_is_enough_or_can_be_raised_is_possible() -> None:
    assert host_settings.impossible() is None
    FORWARD.path.write_text("0\n")
    assert host_settings.impossible() is None


@pytest.mark.usefixtures("host")
def test_what_cannot_be_raised_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    INOTIFY.path.write_text("128\n")
    monkeypatch.setattr(host_settings.os, "access", lambda *_: False)
    told = "fs.inotify.max_user_instances is 128 and cannot be raised from here"
    assert host_settings.impossible() == told
