"""The host-wide settings that the ground needs: IPv4 forwarding, and inotify instances for many machines.

A setting is raised only where it is too low, and the last local AWS to go sets it back. What it was is
remembered under /run, which like the setting itself does not outlive a reboot.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from local.aws import folders
from local.progress import say

_SYSCTLS = Path("/proc/sys")
_NAMESPACES = Path("/run/netns")


@dataclass(frozen=True)
class Setting:
    """One sysctl, and the least that will do."""

    name: str
    least: int

    @property
    def path(self) -> Path:
        return _SYSCTLS / self.name.replace(".", "/")

    @property
    def mark(self) -> Path:
        """Holds what it was, while it is raised."""
        return folders.RUNTIME / f"{self.name}.was"

    def now(self) -> int:
        return int(self.path.read_text(encoding="ascii"))


NEEDED: Final = (
    Setting("net.ipv4.ip_forward", 1),
    # The systemd of a machine takes about eight, and all machines share root's: by default the 17th hangs.
    Setting("fs.inotify.max_user_instances", 4096),
)


def impossible() -> str | None:
    """Why one is too low for good; None when all will do or can be raised."""
    fixed = (one for one in _too_low() if not os.access(one.path, os.W_OK))
    return next((f"{one.name} is {one.now()} and cannot be raised from here" for one in fixed), None)


def raise_all() -> None:
    """Raise what is too low, and say so."""
    with folders.locked(folders.RUNTIME):
        for one in _too_low():
            before = one.now()
            one.mark.write_text(str(before), encoding="ascii")
            one.path.write_text(str(one.least), encoding="ascii")
            say(f"{one.name} was {before} and is now {one.least}; the last local AWS to go sets it back")


def restore() -> None:
    """Set back what we raised if no other local AWS stands."""
    with folders.locked(folders.RUNTIME):
        if any(_NAMESPACES.glob("ci" + "[0-9a-f]" * 8)):
            return
        for one in NEEDED:
            if one.mark.exists():
                one.path.write_text(one.mark.read_text(encoding="ascii"), encoding="ascii")
                one.mark.unlink()


def _too_low() -> Iterator[Setting]:
    return (one for one in NEEDED if one.now() < one.least)
