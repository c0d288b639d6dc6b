"""Real machines need root."""

import os
import shutil
import sys

from local.errors import LocalError

# sudo would take these away; they say where caches, downloads and the person's own tools are.
_KEPT = "HOME,PATH,XDG_CACHE_HOME,http_proxy,https_proxy,no_proxy,HTTP_PROXY,HTTPS_PROXY,NO_PROXY"


def is_root() -> bool:
    return os.geteuid() == 0


def can_become_root() -> bool:
    return is_root() or shutil.which("sudo") is not None


def become_root() -> None:
    """Run this command again by sudo, in place of this process; does nothing as root. Raises LocalError."""
    if is_root():
        return
    sudo = shutil.which("sudo")
    if sudo is None:
        raise LocalError("real machines need root, and there is no sudo", hint="add `--machines simulated`")
    sys.stdout.flush()
    os.execv(sudo, [sudo, f"--preserve-env={_KEPT}", sys.executable, "-m", "local", *sys.argv[1:]])  # noqa: S606  # no shell is meant
