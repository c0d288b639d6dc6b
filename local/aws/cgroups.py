"""A control group of its own for each machine, on hosts where no systemd hands them out.

Two machines that shared a group would both keep their services in `payload/system.slice`, and each would take
the other's for its own.
"""

import errno
import os
import time
from pathlib import Path

from local.errors import LocalError
from local.home import Home

_EMPTY_DEADLINE = 30.0
_ROOT = Path("/sys/fs/cgroup")
# Where systemd-nspawn puts a machine: the unified hierarchy, alone or beside the old ones, and systemd's own.
_HIERARCHIES = (_ROOT, _ROOT / "unified", _ROOT / "systemd")


def systemd_is_here() -> bool:
    """Whether systemd runs this host; systemd-nspawn then gets a group from it. Source: sd_booted(3)."""
    return Path("/run/systemd/system").is_dir()


def unusable() -> str | None:
    """Why machines cannot have groups of their own; None when they can."""
    trees = _hierarchies()
    if not trees:
        return f"no control groups are mounted under {_ROOT}"
    if locked := [str(tree) for tree in trees if not systemd_is_here() and not os.access(tree, os.W_OK)]:
        return f"no control group can be made in {', '.join(locked)}"
    return None


def of_machine(home: Home, name: str) -> list[Path]:
    """The group folders that the machine's processes are to be in, none if systemd takes care."""
    return [] if systemd_is_here() else [tree / home.name / name for tree in _hierarchies()]


def remove(home: Home, name: str = "") -> None:
    """Remove a machine's groups, or all of the home. Raises LocalError when a process still lives there."""
    for tree in _hierarchies():
        for group in sorted((tree / home.name / name).glob("**/"), reverse=True):
            _remove_empty(group)


def _remove_empty(group: Path) -> None:
    """The kernel counts a killed process in for some moments after its memory is gone."""
    deadline = time.monotonic() + _EMPTY_DEADLINE
    while True:
        try:
            return group.rmdir()
        except OSError as refused:
            if refused.errno != errno.EBUSY or time.monotonic() > deadline:
                raise LocalError(f"control group {group} cannot be removed: {refused.strerror}") from refused
        time.sleep(0.02)


def _hierarchies() -> list[Path]:
    return [tree for tree in _HIERARCHIES if (tree / "cgroup.procs").exists()]
