"""The Instance row against a moto server, over the wire."""

import base64
import gzip

import grpc
import pytest

from local.provider import instance
from tests.local.provider.driver import GROUP, INSTANCE, PROFILE, ROLE, TRUST
from tests.local.provider.sdk import known_to_the_sdk

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


def volumes(cloud, machine):
    attached = [{"Name": "attachment.instance-id", "Values": [machine.id]}]
    return cloud.client("ec2").describe_volumes(Filters=attached)["Volumes"]


def test_everything_asked_for_reaches_the_machine(machine, cloud):
    found, ec2 = described(cloud, machine), cloud.client("ec2")
    (volume,) = volumes(cloud, machine)
    assert found["IamInstanceProfile"]["Arn"].endswith(machine.inputs["iamInstanceProfile"])
    assert found["MetadataOptions"]["HttpTokens"] == "required"
    assert {tag["Key"]: tag["Value"] for tag in found["Tags"]} == machine.inputs["tags"]
    data = ec2.describe_instance_attribute(InstanceId=machine.id, Attribute="userData")
    assert data["UserData"]["Value"] == machine.inputs["userDataBase64"]
    assert (volume["Size"], volume["VolumeType"], volume["Encrypted"]) == (9, "gp3", True)
    assert volume["Tags"] == [{"Key": "app", "Value": "hello"}]


def test_its_outputs_are_what_ec2_says(machine, cloud):
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
    assert known_to_the_sdk(machine)


def test_a_refresh_finds_nothing_new(machine, plugin):
    found = plugin.refresh(machine)
    assert found.outputs == machine.outputs
    assert found.inputs == machine.inputs


def test_an_import_brings_the_inputs(machine, plugin):
    found = plugin.read(INSTANCE, machine.id).inputs
    for name in ("ami", "instanceType", "subnetId", "vpcSecurityGroupIds", "tags", "userDataBase64"):
        assert found[name] == machine.inputs[name]


@pytest.mark.parametrize("state", ["shutting-down", "terminated"])
def test_one_that_ends_is_gone(machine, plugin, monkeypatch, state):
    real = instance._described
    monkeypatch.setattr(instance, "_described", lambda call: {**real(call), "State": {"Name": state}})
    assert plugin.refresh(machine) is None


def test_one_that_stopped_is_not_gone(machine, plugin, cloud):
    cloud.client("ec2").stop_instances(InstanceIds=[machine.id])
    assert plugin.refresh(machine).outputs["instanceState"] == "stopped"


def test_deleted_is_terminated(machine, plugin, cloud):
    plugin.delete(machine)
    assert described(cloud, machine)["State"]["Name"] == "terminated"
    assert plugin.refresh(machine) is None


def test_one_that_nobody_knows_needs_no_deletion(machine, plugin):
    machine.id = "i-0123456789abcdef0"
    assert plugin.refresh(machine) is None
    plugin.delete(machine)


def test_groups_change_in_place(plugin, cloud, image):
    one, other = plugin.create(GROUP, name="one"), plugin.create(GROUP, name="other")
    said = {"ami": image, "instanceType": "t3.micro"}
    machine = plugin.create(INSTANCE, vpcSecurityGroupIds=[one.id], **said)
    assert plugin.update(machine, vpcSecurityGroupIds=[other.id], **said)["vpcSecurityGroupIds"] == [other.id]
    assert [group["GroupId"] for group in described(cloud, machine)["SecurityGroups"]] == [other.id]


def test_tags_options_and_behaviour_change_in_place(machine, plugin, cloud):
    said = {name: value for name, value in machine.inputs.items() if name not in {"tagsAll", "__defaults"}}
    said |= {
        "tags": {"app": "hi"},
        "volumeTags": {"team": "core"},
        "instanceInitiatedShutdownBehavior": "stop",
        "metadataOptions": {"httpTokens": "optional"},
    }
    outputs = plugin.update(machine, **said)
    assert outputs["tags"] == {"app": "hi"}
    (volume,) = volumes(cloud, machine)
    assert volume["Tags"] == [{"Key": "team", "Value": "core"}]
    assert outputs["metadataOptions"]["httpTokens"] == "optional"
    behaviour = cloud.client("ec2").describe_instance_attribute(
        InstanceId=machine.id, Attribute="instanceInitiatedShutdownBehavior"
    )
    assert behaviour["InstanceInitiatedShutdownBehavior"]["Value"] == "stop"


def test_type_and_user_data_change_while_it_is_stopped(plugin, image):
    machine = plugin.create(INSTANCE, ami=image, instanceType="t3.micro", userData="one")
    outputs = plugin.update(machine, ami=image, instanceType="t3.small", userData="two")
    assert (outputs["instanceState"], outputs["instanceType"]) == ("running", "t3.small")
    assert plugin.refresh(machine).outputs["userData"] == "two"


def test_aws_s_refusal_arrives_with_its_code(plugin, image):
    with pytest.raises(grpc.RpcError, match=r"\(InvalidSubnetID.NotFound\) when calling the RunInstances"):
        plugin.create(INSTANCE, ami=image, instanceType="t3.micro", subnetId="subnet-nowhere")
