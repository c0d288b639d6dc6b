"""The Instance row: against a moto server, and against an EC2 of our own that is slow, or fails."""

import base64
import gzip
import threading
from typing import Any

import grpc
import pytest
from botocore.exceptions import ClientError

from local.errors import LocalError
from local.provider import instance, operations
from local.provider.session import Aws
from local.provider.table import Call
from local.provider.waiting import Wait
from tests.local.provider.driver import GROUP, INSTANCE, PROFILE, ROLE, TRUST
from tests.local.provider.test_table import sdk_class, sdk_outputs

ACCOUNT = "123456789012"


@pytest.fixture
def machine(plugin, cloud, image):
    """An instance with all that the program gives one."""
    subnet = cloud.client("ec2").describe_subnets()["Subnets"][0]
    group = plugin.create(GROUP, vpcId=subnet["VpcId"])
    role = plugin.create(ROLE, assumeRolePolicy=TRUST)
    profile = plugin.create(PROFILE, role=role.id)
    return plugin.create(
        INSTANCE,
        ami=image,
        instanceType="t3.micro",
        subnetId=subnet["SubnetId"],
        vpcSecurityGroupIds=[group.id],
        associatePublicIpAddress=True,
        iamInstanceProfile=profile.id,
        userDataBase64=base64.b64encode(gzip.compress(b"#!/bin/sh\n", mtime=0)).decode(),
        userDataReplaceOnChange=True,
        metadataOptions={"httpTokens": "required", "httpPutResponseHopLimit": 1},
        rootBlockDevice={"volumeSize": 9, "volumeType": "gp3", "encrypted": True},
        instanceInitiatedShutdownBehavior="terminate",
        tags={"Name": "hello.web.0", "app": "hello"},
        volumeTags={"app": "hello"},
    )


def described(cloud, machine):
    found = cloud.client("ec2").describe_instances(InstanceIds=[machine.id])
    return found["Reservations"][0]["Instances"][0]


class TestOnMoto:
    def test_everything_asked_for_reaches_the_machine(self, machine, cloud):
        found, ec2 = described(cloud, machine), cloud.client("ec2")
        assert found["IamInstanceProfile"]["Arn"].endswith(machine.inputs["iamInstanceProfile"])
        assert found["MetadataOptions"]["HttpTokens"] == "required"
        assert {tag["Key"]: tag["Value"] for tag in found["Tags"]} == machine.inputs["tags"]
        data = ec2.describe_instance_attribute(InstanceId=machine.id, Attribute="userData")
        assert data["UserData"]["Value"] == machine.inputs["userDataBase64"]
        volumes = ec2.describe_volumes(Filters=[{"Name": "attachment.instance-id", "Values": [machine.id]}])[
            "Volumes"
        ]
        assert [(each["Size"], each["VolumeType"], each["Encrypted"]) for each in volumes] == [
            (9, "gp3", True)
        ]
        assert volumes[0]["Tags"] == [{"Key": "app", "Value": "hello"}]

    def test_its_outputs_are_what_ec2_says(self, machine, cloud):
        found, outputs = described(cloud, machine), machine.outputs
        assert outputs["publicIp"] == found["PublicIpAddress"]
        assert outputs["privateIp"] == found["PrivateIpAddress"]
        assert outputs["publicDns"] == found["PublicDnsName"]
        assert outputs["primaryNetworkInterfaceId"] == found["NetworkInterfaces"][0]["NetworkInterfaceId"]
        assert outputs["instanceState"] == "running"
        assert outputs["arn"] == f"arn:aws:ec2:us-east-1:{ACCOUNT}:instance/{machine.id}"
        assert outputs["rootBlockDevice"]["deviceName"] == "/dev/sda1"
        assert outputs["rootBlockDevice"]["deleteOnTermination"] is True
        assert outputs["metadataOptions"]["httpEndpoint"] == "enabled"
        for name in ("subnetId", "vpcSecurityGroupIds", "iamInstanceProfile", "userDataBase64"):
            assert outputs[name] == machine.inputs[name]
        assert set(outputs) <= sdk_outputs(sdk_class(INSTANCE))

    def test_a_refresh_finds_nothing_new(self, machine, plugin):
        found = plugin.refresh(machine)
        assert found.outputs == machine.outputs
        assert found.inputs == machine.inputs

    def test_an_import_brings_the_inputs(self, machine, plugin):
        found = plugin.read(INSTANCE, machine.id).inputs
        for name in ("ami", "instanceType", "subnetId", "vpcSecurityGroupIds", "tags", "userDataBase64"):
            assert found[name] == machine.inputs[name]

    @pytest.mark.parametrize("state", ["shutting-down", "terminated"])
    def test_one_that_ends_is_gone(self, machine, plugin, monkeypatch, state):
        real = instance._described
        monkeypatch.setattr(instance, "_described", lambda call: {**real(call), "State": {"Name": state}})
        assert plugin.refresh(machine) is None

    def test_one_that_stopped_is_not_gone(self, machine, plugin, cloud):
        cloud.client("ec2").stop_instances(InstanceIds=[machine.id])
        assert plugin.refresh(machine).outputs["instanceState"] == "stopped"

    def test_deleted_is_terminated(self, machine, plugin, cloud):
        plugin.delete(machine)
        assert described(cloud, machine)["State"]["Name"] == "terminated"
        assert plugin.refresh(machine) is None

    def test_one_that_nobody_knows_needs_no_deletion(self, machine, plugin):
        machine.id = "i-0123456789abcdef0"
        assert plugin.refresh(machine) is None
        plugin.delete(machine)

    def test_groups_change_in_place(self, plugin, cloud, image):
        one, other = plugin.create(GROUP, name="one"), plugin.create(GROUP, name="other")
        said = {"ami": image, "instanceType": "t3.micro"}
        machine = plugin.create(INSTANCE, vpcSecurityGroupIds=[one.id], **said)
        assert plugin.update(machine, vpcSecurityGroupIds=[other.id], **said)["vpcSecurityGroupIds"] == [
            other.id
        ]
        assert [group["GroupId"] for group in described(cloud, machine)["SecurityGroups"]] == [other.id]

    def test_tags_options_and_behaviour_change_in_place(self, machine, plugin, cloud):
        said = {
            name: value for name, value in machine.inputs.items() if name not in {"tagsAll", "__defaults"}
        }
        said |= {
            "tags": {"app": "hi"},
            "instanceInitiatedShutdownBehavior": "stop",
            "metadataOptions": {"httpTokens": "optional"},
        }
        outputs = plugin.update(machine, **said)
        assert outputs["tags"] == {"app": "hi"}
        assert outputs["metadataOptions"]["httpTokens"] == "optional"
        behaviour = cloud.client("ec2").describe_instance_attribute(
            InstanceId=machine.id, Attribute="instanceInitiatedShutdownBehavior"
        )
        assert behaviour["InstanceInitiatedShutdownBehavior"]["Value"] == "stop"

    def test_type_and_user_data_change_while_it_is_stopped(self, plugin, image):
        machine = plugin.create(INSTANCE, ami=image, instanceType="t3.micro", userData="one")
        outputs = plugin.update(machine, ami=image, instanceType="t3.small", userData="two")
        assert (outputs["instanceState"], outputs["instanceType"]) == ("running", "t3.small")
        assert plugin.refresh(machine).outputs["userData"] == "two"

    def test_aws_s_refusal_arrives_with_its_code(self, plugin, image):
        with pytest.raises(
            grpc.RpcError, match=r"\(InvalidSubnetID.NotFound\) when calling the RunInstances"
        ):
            plugin.create(INSTANCE, ami=image, instanceType="t3.micro", subnetId="subnet-nowhere")


def refusal(code: str, message: str = "no") -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": message}}, "RunInstances")


class FakeEc2:
    """An EC2 whose instances go through `states`, and whose first launches are refused by `refusals`."""

    def __init__(
        self, *states: Any, refusals: tuple[ClientError, ...] = (), reason: dict[str, str] | None = None
    ):
        self.states, self.refusals, self.reason = list(states), list(refusals), reason or {}
        self.launches = 0

    def run_instances(self, **_request: Any) -> Any:
        self.launches += 1
        if self.refusals:
            raise self.refusals.pop(0)
        return {"Instances": [{"InstanceId": "i-1"}]}

    def describe_instances(self, **_request: Any) -> Any:
        state = self.states.pop(0) if len(self.states) > 1 else self.states[0]
        if state is None:
            raise refusal("InvalidInstanceID.NotFound")
        found = {
            "InstanceId": "i-1",
            "ImageId": "ami-1",
            "InstanceType": "t3.micro",
            "State": {"Name": state},
        }
        return {"Reservations": [{"Instances": [found | {"StateReason": self.reason}]}]}


class Wordless(FakeEc2):
    """Its answers are not what EC2's are."""

    def describe_instances(self, **_request: Any) -> Any:
        return {"Reservations": [{"Instances": [{"InstanceId": "i-1"}]}]}


class Stopping(FakeEc2):
    """It changes stopped machines only, as EC2 does."""

    def __init__(self, *states: Any):
        super().__init__(*states)
        self.changes: list[Any] = []

    def stop_instances(self, **_request: Any) -> None:
        self.changes.append("stop")

    def start_instances(self, **_request: Any) -> None:
        self.changes.append("start")

    def modify_instance_attribute(self, **request: Any) -> None:
        if len(self.states) > 1:  # the state after "stopped" is the one to come
            raise refusal("IncorrectInstanceState")
        self.changes.append((request["Attribute"], request["Value"]))


@pytest.fixture(autouse=True)
def impatient(monkeypatch):
    monkeypatch.setattr("local.provider.waiting.FIRST_PAUSE", 0.001)


def call(ec2, inputs, **fields):
    aws = Aws(ec2=ec2, iam=None, s3=None, sts=None, region="us-east-1", account=ACCOUNT)
    everything = {"ami": "ami-1", "instanceType": "t3.micro", "tagsAll": {}} | inputs
    return Call(aws=aws, inputs=everything, **fields)


def creation(ec2, seconds=30.0, stop=None):
    wait = Wait(seconds=seconds, stop=stop or threading.Event())
    return operations.create(instance.INSTANCE, call(ec2, {}, wait=wait))


def change(ec2, before, after):
    wait = Wait(seconds=30.0, stop=threading.Event())
    old = call(ec2, before, wait=wait).inputs
    changed = tuple(after)
    made = call(ec2, after, wait=wait, before=old, differing=changed, id="i-1")
    return operations.update(instance.INSTANCE, made)


class TestLaunch:
    def test_it_waits_until_the_machine_runs(self):
        id_, outputs = creation(FakeEc2(None, "pending", "pending", "running"))
        assert (id_, outputs["instanceState"]) == ("i-1", "running")

    def test_a_profile_that_is_too_young_is_tried_again(self):
        young = refusal(
            "InvalidParameterValue", "Value (hello) is invalid. Invalid IAM Instance Profile name"
        )
        empty = refusal("InvalidParameterValue", "IAM Instance Profile hello has no associated IAM Roles")
        ec2 = FakeEc2("running", refusals=(young, empty))
        assert creation(ec2)[0] == "i-1"
        assert ec2.launches == 3

    def test_every_other_refusal_is_final(self):
        ec2 = FakeEc2("running", refusals=(refusal("InsufficientInstanceCapacity", "none left"),))
        with pytest.raises(ClientError, match="InsufficientInstanceCapacity"):
            creation(ec2)
        assert ec2.launches == 1

    def test_a_profile_that_never_comes_is_refused_in_aws_s_words(self, monkeypatch):
        monkeypatch.setattr(instance, "PROFILE_SECONDS", 0.01)
        young = refusal("InvalidParameterValue", "Invalid IAM Instance Profile name")
        with pytest.raises(ClientError, match="Invalid IAM Instance Profile name"):
            creation(FakeEc2("running", refusals=(young,) * 1000))

    def test_one_that_ends_at_once_says_why_and_is_not_kept(self):
        reason = {"Code": "Client.InternalError", "Message": "Client.InternalError: error on launch"}
        with pytest.raises(LocalError, match=r"i-1 is terminated and never ran: Client.InternalError: error"):
            creation(FakeEc2("pending", "terminated", reason=reason))

    def test_one_that_runs_and_powers_itself_off_has_started(self):
        reason = {"Code": "Client.InstanceInitiatedShutdown", "Message": "it powered off"}
        id_, outputs = creation(FakeEc2("pending", "terminated", reason=reason))
        assert (id_, outputs["instanceState"]) == ("i-1", "terminated")

    def test_one_that_does_not_start_in_time_is_kept(self):
        with pytest.raises(operations.UnfinishedError, match="i-1 is to run: not within 0 s") as unfinished:
            creation(FakeEc2("pending"), seconds=0.01)
        assert unfinished.value.id == "i-1"

    def test_one_that_waits_when_the_engine_cancels_is_kept(self):
        stop = threading.Event()
        stop.set()
        with pytest.raises(operations.UnfinishedError, match="the update was cancelled") as unfinished:
            creation(FakeEc2("pending"), stop=stop)
        assert unfinished.value.id == "i-1"
        assert unfinished.value.state["ami"] == "ami-1"

    def test_what_needs_a_stopped_machine_waits_for_it(self):
        ec2 = Stopping("running", "stopping", "stopping", "stopped", "running")
        outputs = change(ec2, {"userData": "one"}, {"userData": "two"})
        assert ec2.changes == ["stop", ("userData", "dHdv"), "start"]
        assert (outputs["instanceState"], outputs["userData"]) == ("running", "two")

    def test_a_fault_of_ours_keeps_it_too(self):
        with pytest.raises(operations.UnfinishedError, match=r"a fault of the stand-in(.|\n)*KeyError"):
            creation(Wordless("running"))
