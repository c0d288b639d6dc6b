"""Debian packages that the local AWS is made of."""

import os
import subprocess
from importlib.util import find_spec
from pathlib import Path

from local.aws.folders import cache, locked
from local.errors import LocalError
from local.logged import Log
from local.privilege import as_root
from local.progress import step

_TOOLS = (
    "ca-certificates",
    "dnsmasq-base",
    "e2fsprogs",
    "haproxy",
    "iproute2",
    "mmdebstrap",
    "nftables",
    "procps",
    "systemd-container",
)
# Debian's python3 cannot make environments without it; others bring the module along.
_VENV = "python3-venv"

# haproxy is a tool here, started by the local AWS with its own configuration; its package would start
# another one, now and at each boot.
_SERVICES = {"haproxy": Path("/etc/systemd/system/haproxy.service")}

# In a container without systemd the packages ask for the runlevel instead: in 1 nothing is started.
_QUIET = ("DEBIAN_FRONTEND=noninteractive", "RUNLEVEL=1")
_WAIT_FOR_OTHERS = ("-o", "DPkg::Lock::Timeout=600")


def missing() -> tuple[str, ...]:
    """Names of the packages to install. Raises LocalError on a system that is not Debian's kind."""
    wanted = _TOOLS if python_is_whole() else (*_TOOLS, _VENV)
    installed = _installed(wanted)
    return tuple(name for name in wanted if name not in installed)


def python_is_whole() -> bool:
    """Whether this Python can make environments without a package of Debian's."""
    return find_spec("ensurepip") is not None


def ensure(log: Log) -> None:
    """Install what is missing, as root, and leave its services off. Raises LocalError when apt fails."""
    packages = missing()
    if not packages:
        return
    with step(f"system packages ({len(packages)})"), locked(cache() / "apt"):
        for name in packages:
            _keep_off(name, log)
        _update(log)
        log.run(*_apt(), "install", "--yes", "--no-install-recommends", *packages)


def parse_installed(status: str) -> set[str]:
    """Names from `dpkg-query --show` in the format of `_installed`, without what was removed or half done."""
    rows = (line.split(" ") for line in status.splitlines())
    return {name for name, state in rows if state == "installed"}


def _installed(names: tuple[str, ...]) -> set[str]:
    query = ("dpkg-query", "--show", "--showformat=${Package} ${db:Status-Status}\n", *names)
    try:
        # Its exit code is 1 when one of the names is unknown; the others are printed all the same.
        done = subprocess.run(query, capture_output=True, text=True, check=False)
    except FileNotFoundError as no_debian:
        raise LocalError(
            "the local AWS is made of Debian packages, and this system has no dpkg",
            hint="the tests that need none of them: python3 -m local.setup --only venv,cli",
        ) from no_debian
    return parse_installed(done.stdout)


def _apt() -> tuple[str | Path, ...]:
    return as_root("env", *_QUIET, "apt-get", *_WAIT_FOR_OTHERS)


def _update(log: Log) -> None:
    try:
        log.run(*_apt(), "update")
    except LocalError:
        # A source of the machine's owner that is gone must not stop us; install tells if ours is.
        return


def _keep_off(package: str, log: Log) -> None:
    service = _SERVICES.get(package)
    if service is not None and not os.path.lexists(service):
        log.run(*as_root("mkdir", "-p", service.parent))
        log.run(*as_root("ln", "-s", "/dev/null", service))
