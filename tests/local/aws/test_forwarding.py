"""The host's forwarding switch is left as it was found."""

from pathlib import Path

import pytest

from local.aws import folders, forwarding


@pytest.fixture
def host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "netns").mkdir()
    monkeypatch.setattr(folders, "RUNTIME", tmp_path)
    monkeypatch.setattr(forwarding, "_SETTING", tmp_path / "setting")
    monkeypatch.setattr(forwarding, "_MARK", tmp_path / "mark")
    monkeypatch.setattr(forwarding, "_NAMESPACES", tmp_path / "netns")
    return tmp_path


def setting(host: Path) -> str:
    return (host / "setting").read_text().strip()


def test_what_was_off_is_on_and_off_again(host: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (host / "setting").write_text("0\n")
    forwarding.enable()
    assert setting(host) == "1"
    assert "ip_forward" in capsys.readouterr().err
    forwarding.restore()
    assert setting(host) == "0"


def test_what_was_on_stays_on(host: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (host / "setting").write_text("1\n")
    forwarding.enable()
    forwarding.restore()
    assert setting(host) == "1"
    assert capsys.readouterr().err == ""


def test_the_last_local_aws_switches_it_off(host: Path) -> None:
    (host / "setting").write_text("0\n")
    forwarding.enable()
    (host / "netns" / "ci0123abcd").touch()
    forwarding.enable()
    forwarding.restore()
    assert setting(host) == "1", "another one still needs it"
    (host / "netns" / "ci0123abcd").rename(host / "netns" / "somebody-elses")
    forwarding.restore()
    assert setting(host) == "0"
