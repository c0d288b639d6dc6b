"""Machines and network follow the API's state, and one machine's fault is nobody else's."""

import base64
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import pytest
from moto.core.types import Base64EncodedString
from moto.ec2.models import instances

from local.aws.api.account import ACCOUNT, IMAGE_ID, REGION, create_image
from local.aws.api.backend import LocalBackend
from local.aws.api.instance import LocalInstance
from local.aws.keeper import Keeper
from local.aws.loop import MachineLoop, NetworkLoop
from local.aws.machine import Allow, Forward, Machine, MachineSpec, NetworkView


@dataclass
class FakeMachine:
    spec: MachineSpec
    did: list[str] = field(default_factory=list)
    on: bool = False

    def start(self) -> None:
        self._do("start")
        self.on = True

    def running(self) -> bool:
        return self.on

    def console(self) -> bytes:
        return b"\xff login:"

    def reboot(self) -> None:
        self._do("reboot")

    def stop(self) -> None:
        self._do("stop")
        self.on = False

    def remove(self) -> None:
        self._do("remove")

    def _do(self, verb: str) -> None:
        self.did.append(verb)
        if f"fail {verb}".encode() in self.spec.user_data:
            raise RuntimeError(f"no {verb} today")


@dataclass
class FakeSite:
    machines: dict[str, FakeMachine] = field(default_factory=dict)
    views: list[NetworkView] = field(default_factory=list)
    broken: bool = False

    def open(self) -> None: ...

    def machine(self, spec: MachineSpec) -> Machine:
        if spec.user_data == b"impossible":
            raise RuntimeError("no such machine")
        return self.machines.setdefault(spec.id, FakeMachine(spec))

    def publish(self, view: NetworkView) -> None:
        if self.broken:
            raise RuntimeError("no network today")
        self.views.append(view)

    def close(self) -> None: ...


class Cloud:
    """Backend and loops, turned by hand."""

    def __init__(self) -> None:
        self.backend = LocalBackend(REGION, ACCOUNT)
        create_image(self.backend)
        self.site = FakeSite()
        self.keeper = Keeper(self.site, self.backend.consoles)
        self.machines = MachineLoop(self.backend, self.keeper)
        self.network = NetworkLoop(self.backend, self.site)

    def run(self, user_data: bytes = b"", **launch: Any) -> LocalInstance:
        wanted = {"instance_type": "t3.micro", "is_instance_type_default": False, "region_name": REGION}
        posted = Base64EncodedString(base64.b64encode(user_data).decode())
        made = self.backend.run_instances(
            IMAGE_ID, 1, posted, [], associate_public_ip=None, tags={}, **wanted | launch
        )
        instance: LocalInstance = made.instances[0]
        return instance

    def until(self, holds: Callable[[], bool]) -> None:
        deadline = time.monotonic() + 60
        while not holds():
            assert time.monotonic() < deadline
            with suppress(ExceptionGroup):  # told to the log, as other faults of a turn
                self.machines.turn()
            time.sleep(0.001)

    def becomes(self, instance: LocalInstance, state: str) -> None:
        self.until(lambda: instance.state == state)

    def group(self, *rules: dict[str, Any], egress: tuple[dict[str, Any], ...] = ()) -> str:
        group = self.backend.create_security_group(f"g{time.monotonic_ns()}", "x")
        self.backend.revoke_security_group_egress(group.id, **EMPTY | EVERYTHING | ANYBODY)
        for rule in rules:
            self.backend.authorize_security_group_ingress(group.id, **EMPTY | rule)
        for rule in egress:
            self.backend.authorize_security_group_egress(group.id, **EMPTY | rule)
        return str(group.id)


@pytest.fixture
def cloud(monkeypatch: pytest.MonkeyPatch) -> Iterator[Cloud]:
    monkeypatch.setenv("MOTO_EC2_LOAD_DEFAULT_AMIS", "false")
    monkeypatch.setattr(instances, "Instance", LocalInstance)
    made = Cloud()
    yield made
    made.keeper.close()


def tcp(first: int, last: int, **source: Any) -> dict[str, Any]:
    return {"ip_protocol": "tcp", "from_port": str(first), "to_port": str(last), **source}


EMPTY: dict[str, Any] = {"ip_ranges": [], "source_groups": []}
EVERYTHING = {"ip_protocol": "-1", "from_port": None, "to_port": None}
ANYBODY = {"ip_ranges": [{"CidrIp": "0.0.0.0/0"}]}


def test_the_machine_is_told_all_it_needs(cloud: Cloud) -> None:
    root = {"DeviceName": "/dev/xvda", "Ebs": {"VolumeSize": 20}}
    instance = cloud.run(b"\x1f\x8bscript", block_device_mappings=[root])
    cloud.becomes(instance, "running")
    spec = cloud.site.machines[instance.id].spec
    assert spec.user_data == b"\x1f\x8bscript"
    assert spec.volume_gib == 20
    assert spec.private_ip == instance.private_ip
    assert spec.hostname == "ip-" + spec.private_ip.replace(".", "-")
    assert spec.image_description


def test_an_instance_runs_only_once_its_machine_does(cloud: Cloud) -> None:
    instance = cloud.run()
    assert instance.state == "pending"
    cloud.becomes(instance, "running")
    assert cloud.site.machines[instance.id].running()


def test_terminated_means_the_machine_is_gone(cloud: Cloud) -> None:
    instance = cloud.run()
    cloud.becomes(instance, "running")
    instance.terminate()
    assert (instance.state, instance.public_ip is None) == ("shutting-down", False)
    cloud.becomes(instance, "terminated")
    assert cloud.site.machines[instance.id].did == ["start", "stop", "remove"]
    assert instance.public_ip is None


def test_terminated_before_it_started_it_never_does(cloud: Cloud) -> None:
    instance = cloud.run()
    instance.terminate()
    cloud.becomes(instance, "terminated")
    assert cloud.site.machines == {}


@pytest.mark.parametrize("script", [b"", b"fail reboot"])
def test_a_reboot_is_one_and_the_instance_runs_all_the_while(cloud: Cloud, script: bytes) -> None:
    instance = cloud.run(script)
    instance.reboot()
    assert instance.state == "pending", "it is queued until the machine runs"
    cloud.becomes(instance, "running")
    machine = cloud.site.machines[instance.id]
    cloud.until(lambda: machine.did == ["start", "reboot"])
    for _ in range(20):
        cloud.machines.turn()
    assert (machine.did, instance.state) == (["start", "reboot"], "running")
    instance.reboot()
    instance.terminate()
    cloud.becomes(instance, "terminated")
    assert machine.did == ["start", "reboot", "stop", "remove"], "the later order counts"


@pytest.mark.parametrize("fault", [b"fail start", b"impossible"])
def test_a_machine_that_fails_to_start_ends_its_instance_and_no_other(cloud: Cloud, fault: bytes) -> None:
    ill, well = cloud.run(fault), cloud.run()
    cloud.becomes(ill, "terminated")
    cloud.becomes(well, "running")
    assert ill.state_reason.code == "Server.InternalError"
    assert "no s" in ill.state_reason.message


def test_a_step_that_fails_is_told_once_the_others_have_had_theirs(cloud: Cloud) -> None:
    ill, well = cloud.run(b"impossible"), cloud.run()
    with pytest.raises(ExceptionGroup, match="steps failed") as told:
        cloud.machines.turn()
    assert told.value.exceptions[0].__notes__ == [f"{ill.id}: START failed"]
    assert cloud.site.machines.keys() == {well.id}


@pytest.mark.parametrize("fault", [b"fail stop", b"fail remove"])
def test_a_machine_that_fails_to_end_holds_nobody_up(cloud: Cloud, fault: bytes) -> None:
    ill, well = cloud.run(fault), cloud.run()
    cloud.becomes(ill, "running")
    for instance in (ill, well):
        instance.terminate()
        cloud.becomes(instance, "terminated")


def test_an_hour_after_its_end_an_instance_is_forgotten(cloud: Cloud) -> None:
    instance, other = cloud.run(), cloud.run()
    instance.terminate()
    cloud.becomes(instance, "terminated")
    instance.ended -= 3590
    cloud.machines.turn()
    assert instance in cloud.backend.all_instances()
    instance.ended -= 20
    cloud.machines.turn()
    assert cloud.backend.all_instances() == [other]
    assert cloud.backend.consoles.read(instance.id, latest=True) is None


def test_the_network_is_what_the_groups_say_and_is_published_once(cloud: Cloud) -> None:
    caller = cloud.run(security_group_ids=[callers := cloud.group()])
    group = cloud.group(
        tcp(5000, 5000, **ANYBODY),
        tcp(9000, 9000, source_groups=[{"GroupId": callers}]),
        EVERYTHING | {"ip_ranges": [{"CidrIp": "10.0.0.0/8"}]},
        tcp(53, 53, ip_ranges=[{"CidrIpv6": "::/0"}]),
        tcp(-1, -1, **ANYBODY),
        tcp(-1, -1, **ANYBODY) | {"ip_protocol": "icmp"},
        tcp(53, 53, **ANYBODY) | {"ip_protocol": "udp"},
        egress=(tcp(443, 443, **ANYBODY), tcp(5432, 5432, source_groups=[{"GroupId": callers}])),
    )
    web = cloud.run(security_group_ids=[group])
    assert cloud.network.turn()
    cloud.becomes(web, "running")
    assert not cloud.network.turn(), "nothing changes by that"
    assert cloud.site.views == [
        NetworkView(
            forwards=frozenset({Forward(web.public_ip, 5000, web.private_ip)}),
            ingress=frozenset({
                Allow(web.private_ip, 5000, 5000, "0.0.0.0/0"),
                Allow(web.private_ip, 9000, 9000, f"{caller.private_ip}/32"),
                Allow(web.private_ip, 0, 65535, "10.0.0.0/8", "all"),
                Allow(web.private_ip, 53, 53, "0.0.0.0/0", "udp"),
            }),
            egress=frozenset({
                Allow(web.private_ip, 443, 443, "0.0.0.0/0"),
                Allow(web.private_ip, 5432, 5432, f"{caller.private_ip}/32"),
            }),
        )
    ]  # fmt: skip


def test_who_says_nothing_has_the_way_out_that_aws_gives_a_new_group(cloud: Cloud) -> None:
    fresh = cloud.backend.create_security_group("fresh", "x")
    for launch in ({}, {"security_group_ids": [fresh.id]}):
        instance = cloud.run(**launch)
        cloud.network.turn()
        out = Allow(instance.private_ip, 0, 65535, "0.0.0.0/0", "all")
        assert cloud.site.views[-1].egress >= {out}, launch


def test_a_machine_that_shuts_down_stays_on_the_network_until_it_is_gone(cloud: Cloud) -> None:
    web = cloud.run(security_group_ids=[cloud.group(tcp(5000, 5000, **ANYBODY))])
    cloud.becomes(web, "running")
    cloud.network.turn()
    web.terminate()
    assert not cloud.network.turn()
    cloud.becomes(web, "terminated")
    assert cloud.network.turn()
    assert cloud.site.views[-1] == NetworkView()


def test_a_network_that_could_not_be_published_is_tried_again(cloud: Cloud) -> None:
    web = cloud.run(security_group_ids=[cloud.group(tcp(5000, 5000, **ANYBODY))])
    cloud.becomes(web, "running")
    cloud.site.broken = True
    with pytest.raises(RuntimeError, match="no network today"):
        cloud.network.turn()
    cloud.site.broken = False
    assert cloud.network.turn()
