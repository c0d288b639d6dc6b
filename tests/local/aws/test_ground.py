"""Why real machines cannot run on a host, in words for a person."""

import os
import shutil
from pathlib import Path

import pytest

from local.aws import ground
from local.aws.ground import NspawnSite


@pytest.fixture(autouse=True)
def able(monkeypatch: pytest.MonkeyPatch) -> None:
    """A host that has everything."""
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(shutil, "which", lambda tool: f"/usr/bin/{tool}")
    monkeypatch.setattr(ground, "_LOOP_DEVICES", Path("/dev/null"))
    monkeypatch.setattr(ground, "_TRIAL", ("true",))
    for name in ("control groups", "filter between machines", "host settings"):
        monkeypatch.setitem(ground.NEEDS, name, lambda: None)


def test_a_host_that_has_everything_gives_no_reason() -> None:
    assert NspawnSite.available() is None


def test_without_root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert NspawnSite.available() == "real machines need root"


def test_without_a_tool(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda tool: None if tool in {"haproxy", "nft"} else tool)
    assert NspawnSite.available() == "not installed: haproxy, nft"


def test_without_loop_devices(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ground, "_LOOP_DEVICES", Path("/dev/no-such-device"))
    assert NspawnSite.available() == "there are no loop devices (/dev/no-such-device)"


def test_in_a_sealed_container(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ground, "_TRIAL", ("false",))
    assert "namespaces and mounts are not allowed" in str(NspawnSite.available())
