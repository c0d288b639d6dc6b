"""Real machines need root."""

import os
import shutil
import sys
from pathlib import Path

from local.errors import LocalError

# sudo would take these away; they say where caches, downloads and the person's own tools are.
_KEPT = (
    "HOME,PATH,XDG_CACHE_HOME,XDG_DATA_HOME,http_proxy,https_proxy,no_proxy,HTTP_PROXY,HTTPS_PROXY,NO_PROXY"
)


def is_root() -> bool:
    return os.geteuid() == 0


def can_become_root() -> bool:
    return is_root() or shutil.which("sudo") is not None


def as_root(*argv: str | Path) -> tuple[str | Path, ...]:
    """The command, by sudo unless we are root."""
    return argv if is_root() else ("sudo", f"--preserve-env={_KEPT}", *argv)


def become_root() -> None:
    """Run this command again by sudo, in place of this process; does nothing as root. Raises LocalError."""
    if is_root():
        return
    sudo = shutil.which("sudo")
    if sudo is None:
        raise LocalError("real machines need root, and there is no sudo", hint="add `--machines simulated`")
    sys.stdout.flush()
    argv = [str(word) for word in as_root(sys.executable, "-m", "local", *sys.argv[1:])]
    os.execv(sudo, argv)  # noqa: S606  # no shell is meant
