"""Removing a local AWS from the host: what `down` does, and what a killed one still needs."""

import re
import shutil
from collections.abc import Iterable

from local.aws import balancer, cgroups, folders, names, processes
from local.aws.network import Network
from local.aws.processes import Process
from local.home import Home

_DAEMONS = {"haproxy", "dnsmasq"}
STARTERS = {"nsenter", "unshare", "sh", "systemd-nspawn"}
"""What a machine is started by, one after the other, with its name among the arguments."""


def clean(home: Home) -> None:
    """Leave nothing of the ground at `home`: process, mount, loop device, namespace, veth, nft table, file.

    Mounts and loop devices are the machines' own and go with their processes. Raises LocalError.
    """
    processes.kill(owned(home, processes.everywhere()))
    cgroups.remove(home)
    Network(home).remove()
    configurations = (balancer.config_file(home).parent, names.config_file(home).parent)
    for folder in (home.machines, home.tls, *configurations, folders.runtime(home)):
        shutil.rmtree(folder, ignore_errors=True)


def owned(home: Home, among: Iterable[Process]) -> list[Process]:
    """The processes of the ground at `home`, whoever started them and whether or not that one still lives.

    A pid file may lie, these cannot: machines run in control groups named after the home, what starts a
    machine has that name in its arguments, and each daemon reads a file that no other reads.
    """
    in_group = re.compile(rf"[/-]{home.name}(\.scope)?(/|$)", re.MULTILINE)
    is_machine = re.compile(rf"(--machine=)?i-[0-9a-f]+-{home.name}")
    configurations = (str(balancer.config_file(home)), f"--conf-file={names.config_file(home)}")
    return [
        process
        for process in among
        if in_group.search(process.cgroup)
        or (process.program in STARTERS and any(is_machine.fullmatch(word) for word in process.argv))
        or (process.program in _DAEMONS and any(word in configurations for word in process.argv))
    ]
