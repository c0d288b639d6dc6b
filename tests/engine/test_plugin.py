"""An installed plugin of the SDK's version takes the place of the stand-in: what `make plugin` relies on."""

import shutil
import stat
from importlib.metadata import version
from pathlib import Path

import pytest

from tests.stack import ROOT, Stack

pytestmark = pytest.mark.engine

FROM_PATH = "using pulumi-resource-aws from $PATH"
STAND_IN = ROOT / "local" / "provider" / "bin" / "pulumi-resource-aws"


def test_an_installed_plugin_is_the_one_that_runs(simulated: Stack, tmp_path: Path) -> None:
    simulated.app("hello")
    assert FROM_PATH in simulated.preview().text
    ran, plugin = tmp_path / "ran", tmp_path / "plugin" / "pulumi-resource-aws"
    plugin.parent.mkdir()
    plugin.write_text(f'#!/bin/sh\necho >{ran}\nexec {STAND_IN} "$@"\n')
    plugin.chmod(plugin.stat().st_mode | stat.S_IXUSR)
    named = ("plugin", "install", "resource", "aws", f"v{version('pulumi-aws')}")
    installed = simulated.pulumi(*named, "--file", str(plugin.parent))
    assert installed.code == 0, installed.text
    assert FROM_PATH not in simulated.up().text
    assert ran.exists()
    shutil.rmtree(simulated.home.pulumi / "plugins")
    assert FROM_PATH in simulated.preview().text
