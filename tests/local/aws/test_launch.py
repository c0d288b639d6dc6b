"""The command that starts a machine, and the files it finds."""

from pathlib import Path

import pytest

from local.aws import cgroups
from local.aws.launch import Launch
from local.aws.machine import MachineSpec
from local.aws.network import Network
from local.home import Home

HOME = Home(Path("/srv/aws"))
SPEC = MachineSpec(
    id="i-0123456789abcdef0",
    image_id="ami-0c0ffee0000000012",
    image_description="",
    user_data=b"#!/bin/sh\n",
    hostname="ip-172-31-0-4",
    private_ip="172.31.0.4",
    volume_gib=8,
)
LAUNCH = Launch(Network(HOME), Path("/cache/image"), SPEC)


def command(monkeypatch: pytest.MonkeyPatch, *, systemd: bool) -> list[str]:
    monkeypatch.setattr(cgroups, "systemd_is_here", lambda: systemd)
    return LAUNCH.command()


def test_network_first_then_mounts_then_nspawn(monkeypatch: pytest.MonkeyPatch) -> None:
    words = command(monkeypatch, systemd=True)
    assert words[:5] == [
        "nsenter",
        f"--net=/run/netns/{HOME.name}",
        "unshare",
        "--mount",
        "--propagation=slave",
    ]
    assert words[5:7] == ["sh", "-c"]
    assert words[8:12] == [f"{SPEC.id}-{HOME.name}", "/cache/image", "", "systemd-nspawn"]


def test_systemd_of_the_host_is_asked_for_a_control_group(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "--keep-unit" not in command(monkeypatch, systemd=True)


def test_without_systemd_a_machine_gets_a_group_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    words = command(monkeypatch, systemd=False)
    groups = words[words.index("/cache/image") + 1].split()
    assert groups
    assert all(group.endswith(f"/{HOME.name}/{SPEC.id}-{HOME.name}") for group in groups)
    assert "--keep-unit" in words


def test_the_machine_is_told_its_name_and_is_on_the_bridge(monkeypatch: pytest.MonkeyPatch) -> None:
    words = command(monkeypatch, systemd=True)
    assert {"--hostname=ip-172-31-0-4", "--network-bridge=machines", "--boot"} <= set(words)


def test_cloud_init_finds_ec2_in_the_hypervisor_s_id(monkeypatch: pytest.MonkeyPatch) -> None:
    bind = f"--bind-ro={LAUNCH.folder}/hypervisor:/sys/hypervisor/uuid"
    assert bind in command(monkeypatch, systemd=True)
    assert LAUNCH.files()["hypervisor"] == "ec20123456789abcdef0\n"


def test_a_colon_in_the_home_s_path_does_not_end_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cgroups, "systemd_is_here", lambda: True)
    words = Launch(Network(Home(Path("/srv/a:b"))), Path("/cache/image"), SPEC).command()
    assert rf"--bind-ro=/srv/a\:b/machines/{SPEC.id}/hypervisor:/sys/hypervisor/uuid" in words


def test_addresses_lie_in_the_machine_and_user_data_does_not() -> None:
    files = LAUNCH.files()
    assert (
        "Address=172.31.0.4/16\nGateway=172.31.0.1\n" in files["files/etc/systemd/network/10-host0.network"]
    )
    assert files["files/etc/resolv.conf"].startswith("nameserver 172.31.0.1\n")
    assert not [name for name, content in files.items() if SPEC.user_data.decode() in content]
