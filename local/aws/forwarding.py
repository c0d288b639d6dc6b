"""The one host-wide setting that the ground needs: IPv4 forwarding.

It is switched on only where it is off, and the last local AWS to go switches it off again. That it was one of
us is remembered by a mark under /run, which like the setting itself does not outlive a reboot.
"""

import os
from pathlib import Path

from local.aws import folders
from local.progress import say

_SETTING = Path("/proc/sys/net/ipv4/ip_forward")
_MARK = folders.RUNTIME / "forwarding-was-off"
_NAMESPACES = Path("/run/netns")


def impossible() -> str | None:
    """Why it is off for good; None when it is on or can be switched on."""
    if _is_on() or os.access(_SETTING, os.W_OK):
        return None
    return "net.ipv4.ip_forward is 0 and cannot be set from here"


def enable() -> None:
    """Switch forwarding on if it is off, and say so."""
    with folders.locked(folders.RUNTIME):
        if _is_on():
            return
        _MARK.touch()
        _SETTING.write_text("1", encoding="ascii")
        say("net.ipv4.ip_forward was 0 and is now 1; the last local AWS to go sets it back")


def restore() -> None:
    """Switch forwarding off if we switched it on and no other local AWS stands."""
    with folders.locked(folders.RUNTIME):
        if _MARK.exists() and not any(_NAMESPACES.glob("ci" + "[0-9a-f]" * 8)):
            _SETTING.write_text("0", encoding="ascii")
            _MARK.unlink()


def _is_on() -> bool:
    return _SETTING.read_text(encoding="ascii").strip() == "1"
