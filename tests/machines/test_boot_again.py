"""A machine that reboots, or is stopped and started, is the same machine and serves as before."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.machine import Inside, get
from tests.stack import Stack, eventually, own_stack

pytestmark = pytest.mark.machines


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with own_stack(tmp_path_factory.mktemp("again"), "nspawn") as stack:
        stack.app("plain", source="../slugs/hello", runtime="none", cmd='exec python3 -m http.server "$PORT"')
        stack.up()
        yield stack


def described(stack: Stack) -> dict[str, Any]:
    (instance,) = stack.instances().values()
    answer = stack.client("ec2").describe_instances(InstanceIds=[instance])
    return answer["Reservations"][0]["Instances"][0]


def console(stack: Stack) -> str:
    instance = described(stack)["InstanceId"]
    return stack.console(instance)


def serves(address: str) -> bool:
    try:
        return get(f"http://{address}:5000/")[0] == 200
    except OSError:
        return False


def serves_again(stack: Stack) -> bool:
    return serves(described(stack).get("PublicIpAddress", "127.0.0.1"))


def test_a_reboot_is_in_place_and_the_app_comes_back(stack):
    before = described(stack)
    inside = Inside(before["InstanceId"])
    inside.run("sh", "-c", "echo kept > /kept; touch /run/of-this-boot")
    assert "of-this-boot" in inside.run("ls", "/run")
    stack.client("ec2").reboot_instances(InstanceIds=[before["InstanceId"]])
    eventually(lambda: console(stack).count(" login:") == 2, "the second boot on the same console")
    eventually(lambda: serves_again(stack), "the app's answer")
    after = described(stack)
    for name in ("State", "PrivateIpAddress", "PublicIpAddress", "LaunchTime"):
        assert after[name] == before[name]
    assert inside.read("/kept") == b"kept\n"
    assert "of-this-boot" not in inside.run("ls", "/run")


def test_stopped_and_started_it_serves_at_another_address(stack):
    before = described(stack)
    ids = [before["InstanceId"]]
    ec2 = stack.client("ec2")
    ec2.stop_instances(InstanceIds=ids)
    eventually(lambda: stack.instances("stopped") != {}, "its stop")
    assert not serves(before["PublicIpAddress"])
    ec2.start_instances(InstanceIds=ids)
    eventually(lambda: serves_again(stack), "the app's answer")
    assert described(stack)["PrivateIpAddress"] == before["PrivateIpAddress"]
    assert Inside(ids[0]).read("/kept") == b"kept\n"


def test_the_script_ran_once_all_the_while(stack):
    eventually(lambda: console(stack).count(" login:") == 3, "the third boot on the same console")
    assert console(stack).count(" ready ") == 1
    log = Inside(described(stack)["InstanceId"]).read("/var/log/compute-instances.log")
    assert log.count(b"== system\n") == 1
