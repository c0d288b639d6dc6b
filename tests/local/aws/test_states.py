"""Stop, start, reboot, terminate, and power off from inside: through the API, with simulated machines."""

from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from tests.stack import eventually

if TYPE_CHECKING:
    from tests.local.conftest import Aws

READY = "ready ms=40"


@pytest.mark.parametrize(
    ("behaviour", "end"),
    [({"InstanceInitiatedShutdownBehavior": "terminate"}, "terminated"), ({}, "stopped")],
)
def test_a_power_off_from_inside_obeys_the_launch(aws: "Aws", behaviour: dict[str, str], end: str) -> None:
    instance = aws.run("simulate: die step=packages", **behaviour)
    ended = aws.becomes(instance, end)
    assert ended["StateReason"]["Code"] == "Client.InstanceInitiatedShutdown"
    console = aws.console(instance)
    assert "step=system status=ok" in console
    assert "step=packages" not in console


def test_a_stopped_instance_starts_again_with_another_public_address(aws: "Aws") -> None:
    instance = aws.run()
    before = aws.becomes(instance, "running")
    aws.ec2.stop_instances(InstanceIds=[instance])
    assert "PublicIpAddress" not in aws.becomes(instance, "stopped")
    aws.ec2.start_instances(InstanceIds=[instance])
    after = aws.becomes(instance, "running")
    assert after["PrivateIpAddress"] == before["PrivateIpAddress"]
    assert after["PublicIpAddress"] != before["PublicIpAddress"]


def test_a_rebooted_instance_keeps_its_addresses_and_says_both_boots(aws: "Aws") -> None:
    instance = aws.run()
    before = aws.becomes(instance, "running")
    aws.says(instance, READY)
    aws.cli("ec2", "reboot-instances", "--instance-ids", instance)
    eventually(lambda: aws.console(instance).count("login: ") == 2)
    after = aws.describe(instance)
    assert {name for name in after if after[name] != before.get(name)} <= {"NetworkInterfaces"}
    assert aws.console(instance).count(READY) == 1


def test_a_stopped_instance_does_not_reboot_and_a_terminated_one_is_left_alone(aws: "Aws") -> None:
    instance = aws.run()
    aws.becomes(instance, "running")
    aws.ec2.stop_instances(InstanceIds=[instance])
    aws.becomes(instance, "stopped")
    assert refusal(lambda: aws.ec2.reboot_instances(InstanceIds=[instance])) == "IncorrectInstanceState"
    aws.ec2.terminate_instances(InstanceIds=[instance])
    aws.becomes(instance, "terminated")
    aws.ec2.reboot_instances(InstanceIds=[instance])
    assert aws.state(instance) == "terminated"


def test_a_machine_that_cannot_start_ends_its_instance_and_says_why(aws: "Aws") -> None:
    ended = aws.becomes(aws.run("simulate: explode"), "terminated")
    assert ended["StateReason"]["Code"] == "Server.InternalError"
    assert "no act 'explode'" in ended["StateReason"]["Message"]


def test_an_ended_instance_does_not_start(aws: "Aws") -> None:
    instance = aws.run()
    aws.ec2.terminate_instances(InstanceIds=[instance])
    aws.becomes(instance, "terminated")
    assert refusal(lambda: aws.ec2.start_instances(InstanceIds=[instance])) == "IncorrectInstanceState"
    aws.ec2.terminate_instances(InstanceIds=[instance])
    assert aws.state(instance) == "terminated"


def refusal(call: Any) -> str:
    with pytest.raises(ClientError) as caught:
        call()
    return str(caught.value.response["Error"]["Code"])
