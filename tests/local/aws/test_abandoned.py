"""What of a host belongs to local AWSes whose daemon is gone."""

import json
from pathlib import Path

from local.aws.abandoned import Abandoned, Trace, disks_in, tables_in, traces_of, without_daemon
from local.aws.processes import Process
from local.home import Home

ALIVE, LOST = Home(Path("/srv/alive")), Home(Path("/srv/lost"))


def process(*argv: str, cgroup: str = "0::/", pid: int = 1) -> Process:
    return Process(pid=pid, argv=argv, cgroup=cgroup)


DAEMON = process("python", "-m", "local.aws", "/srv/alive", "nspawn", "0.0")


def test_what_has_a_daemon_is_not_abandoned() -> None:
    traces = [Trace(home.name, "namespace", f"ip netns delete {home.name}") for home in (ALIVE, LOST)]
    assert without_daemon(traces, [DAEMON]) == [Abandoned(LOST.name, (traces[1],))]
    assert {one.name for one in without_daemon(traces, [])} == {ALIVE.name, LOST.name}


def test_who_only_speaks_of_a_daemon_is_none() -> None:
    trace = Trace(ALIVE.name, "veth", "")
    assert without_daemon([trace], [process("python", "-m", "local.aws"), process("grep", "local.aws")])


def test_machines_and_daemons_are_told_by_group_word_or_file() -> None:
    inside = f"0::/{LOST.name}/i-0a1-{LOST.name}/payload"
    ours = [
        process("/sbin/init", cgroup=inside, pid=2),
        process("sh", "-c", "x", f"i-0a1-{LOST.name}", "/image", pid=3),
        process("haproxy", "-f", "/srv/lost/balancer/haproxy.cfg", pid=4),
        process("dnsmasq", "--conf-file=/srv/lost/names/dnsmasq.conf", pid=5),
    ]
    others = [
        process("vim", "/srv/lost/balancer/haproxy.cfg"),
        process("haproxy", "-f", "/etc/haproxy.cfg"),
        process("grep", f"i-0a1-{LOST.name}"),
        process("sh", "backup", f"before-{LOST.name}"),
    ]
    dead = process(cgroup=inside)  # and nobody has reaped it yet
    found = list(traces_of([*ours, *others, dead]))
    assert {trace.name for trace in found} == {LOST.name}
    assert [trace.cure for trace in found] == [f"kill -9 {pid}" for pid in (2, 3, 4, 5)]
    assert [trace.home for trace in found] == [None, None, LOST.path, LOST.path]


def test_tables_and_disks_of_others_are_not_ours() -> None:
    tables = [{"metainfo": {}}, *({"table": {"family": "ip", "name": name}} for name in ("nat", LOST.name))]
    (table,) = tables_in(json.dumps({"nftables": tables}))
    assert table == Trace(LOST.name, "nft table", f"nft delete table ip {LOST.name}")
    files = [
        "/home/me/disk",
        "/srv/lost/machines/i-0a1/disk",
        "/srv/lost/machines/i-0a2/disk (deleted)",
        None,
    ]
    devices = [{"name": f"/dev/loop{place}", "back-file": file} for place, file in enumerate(files)]
    found = list(disks_in(json.dumps({"loopdevices": devices})))
    assert [trace.cure for trace in found] == ["losetup --detach /dev/loop1", "losetup --detach /dev/loop2"]
    assert {(trace.name, trace.home) for trace in found} == {(LOST.name, LOST.path)}
    assert list(disks_in("")) == []


def test_the_cure_is_ours_while_the_folder_knows_it_and_by_hand_after(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    traces = (
        Trace(home.name, "process", "kill -9 4", home.path),
        Trace(home.name, "process", "kill -9 5", home.path),
        Trace(home.name, "veth", f"ip link delete {home.name}h"),
    )
    lost = Abandoned(home.name, traces)
    assert lost.what == "2 x process, 1 x veth"
    assert lost.cure == f"kill -9 4; kill -9 5; ip link delete {home.name}h"
    home.path.mkdir()
    home.log_file.touch()
    assert lost.cure == f"python -m local down --home {home.path}"
