"""`make up` of a fresh clone, as a newcomer has it: warm caches, unchanged, and with --cold empty caches."""

import os
import subprocess
import tempfile
import time
from pathlib import Path

from local.home import CHECKOUT


def report(*, cold: bool) -> None:
    """Prints seconds for each."""
    with tempfile.TemporaryDirectory() as folder:
        print("make up in a fresh clone, seconds:")
        if cold:
            _measure("cold (empty caches)", Path(folder) / "cold", _empty_caches(Path(folder)), again=False)
        _measure("warm (caches filled)", Path(folder) / "warm", {}, again=True)


def _measure(title: str, clone: Path, environment: dict[str, str], *, again: bool) -> None:
    subprocess.run(["git", "clone", "--quiet", CHECKOUT, clone], check=True)
    try:
        print(f"  {title:<22}{_make_up(clone, environment):7.1f}")
        if again:
            print(f"  {'unchanged':<22}{_make_up(clone, environment):7.1f}")
    finally:
        subprocess.run(["make", "--silent", "down"], cwd=clone, env=os.environ | environment, check=True)


def _make_up(clone: Path, environment: dict[str, str]) -> float:
    began = time.monotonic()
    command = ["make", "--silent", "up"]
    surroundings = os.environ | environment
    made = subprocess.run(command, cwd=clone, env=surroundings, capture_output=True, text=True, check=False)
    if made.returncode:
        raise SystemExit(f"make up failed:\n{made.stdout}{made.stderr}")
    return time.monotonic() - began


def _empty_caches(folder: Path) -> dict[str, str]:
    """Every cache that a set-up may fill, moved to where there is nothing yet."""
    caches = {"XDG_CACHE_HOME": "cache", "PIP_CACHE_DIR": "pip", "GOPATH": "go", "GOCACHE": "go-build"}
    return {name: str(folder / place) for name, place in caches.items()} | {"GOFLAGS": "-modcacherw"}
