"""Which processes of a host belong to a local AWS."""

from pathlib import Path

import pytest

from local.aws.leftovers import owned
from local.aws.processes import Process
from local.home import Home

HOME = Home(Path("/srv/aws"))
NEIGHBOUR = Home(Path("/srv/aws/nested"))
MACHINE = f"i-0123456789abcdef0-{HOME.name}"


def process(*argv: str, cgroup: str = "0::/user.slice") -> Process:
    return Process(pid=4711, argv=argv, cgroup=cgroup)


OURS = {
    "an orphaned machine": process("/sbin/init", cgroup=f"0::/{HOME.name}/{MACHINE}/payload/init.scope"),
    "the same in an old hierarchy": process("init", cgroup=f"9:cpu:/\n1:name=systemd:/{HOME.name}/{MACHINE}"),
    "in a scope of the host's systemd": process("init", cgroup=f"1:cpu:/machine.slice/{MACHINE}.scope\n0::/"),
    "one that makes mounts": process("sh", "-c", "set -eu", MACHINE, "/cache/image"),
    "one that enters the network": process("nsenter", "--net=x", "unshare", "--mount", "sh", MACHINE),
    "one that waits for a group": process("systemd-nspawn", f"--machine={MACHINE}"),
    "a balancer": process("haproxy", "-D", "-f", "/srv/aws/balancer/haproxy.cfg"),
    "names": process("/usr/sbin/dnsmasq", "--conf-file=/srv/aws/names/dnsmasq.conf"),
}

OTHERS = {
    "a machine of another home": process("init", cgroup=f"0::/{NEIGHBOUR.name}/i-1-{NEIGHBOUR.name}"),
    "a balancer of a home inside ours": process("haproxy", "-f", "/srv/aws/nested/balancer/haproxy.cfg"),
    "the host's own balancer": process("haproxy", "-f", "/etc/haproxy/haproxy.cfg"),
    "an editor of our configuration": process("vim", "/srv/aws/balancer/haproxy.cfg"),
    "a reader of a console": process("tail", "-f", "/srv/aws/machines/i-0123456789abcdef0/console"),
    "a search for a machine's name": process("grep", "-r", MACHINE, "/srv/aws"),
    "a reader of a machine's journal": process("journalctl", "-M", MACHINE),
    "a script about a home": process("sh", "backup", f"before-{HOME.name}"),
    "a visitor of our namespace": process("nsenter", f"--net=/run/netns/{HOME.name}", "bash"),
    "a kernel thread": process(),
}


@pytest.mark.parametrize("which", OURS)
def test_ours(which: str) -> None:
    assert owned(HOME, [OURS[which]]) == [OURS[which]]


@pytest.mark.parametrize("which", OTHERS)
def test_not_ours(which: str) -> None:
    assert owned(HOME, [OTHERS[which]]) == []
