"""Lookups, against the default network of a moto server."""

import grpc
import pytest

from local.provider.functions import FUNCTIONS
from tests.local.provider.sdk import SDK_MODULES, sdk_outputs

ACCOUNT = "123456789012"
VPC, SUBNET, SUBNETS, OFFERINGS, TYPE, CALLER = (function.token for function in FUNCTIONS)


def known_to_the_sdk(token, answer):
    name = token.rpartition(":")[2]
    module = SDK_MODULES[token.split(":")[1].split("/")[0]]
    return set(answer) <= sdk_outputs(getattr(module, f"{name[0].upper()}{name[1:]}Result"))


def test_the_default_network_and_its_subnets(plugin, cloud):
    vpc = plugin.invoke(VPC, default=True)
    assert vpc["default"] is True
    assert vpc["cidrBlock"] == "172.31.0.0/16"
    assert known_to_the_sdk(VPC, vpc)
    subnets = plugin.invoke(SUBNETS, filters=[{"name": "vpc-id", "values": [vpc["id"]]}])
    there = {each["SubnetId"] for each in cloud.client("ec2").describe_subnets()["Subnets"]}
    assert set(subnets["ids"]) == there
    assert known_to_the_sdk(SUBNETS, subnets)
    subnet = plugin.invoke(SUBNET, id=subnets["ids"][0])
    assert subnet["vpcId"] == vpc["id"]
    assert known_to_the_sdk(SUBNET, subnet)


def test_tags_and_arguments_narrow_a_lookup(plugin, cloud):
    ec2 = cloud.client("ec2")
    subnet = ec2.describe_subnets()["Subnets"][0]
    ec2.create_tags(Resources=[subnet["SubnetId"]], Tags=[{"Key": "tier", "Value": "public"}])
    assert plugin.invoke(SUBNETS, tags={"tier": "public"})["ids"] == [subnet["SubnetId"]]
    found = plugin.invoke(SUBNET, availabilityZone=subnet["AvailabilityZone"], defaultForAz=True)
    assert found["id"] == subnet["SubnetId"]
    assert found["tags"] == {"tier": "public"}


def test_one_thing_is_neither_none_nor_several(plugin):
    with pytest.raises(grpc.RpcError, match="no matching EC2 VPC found"):
        plugin.invoke(VPC, cidrBlock="10.9.0.0/16")
    with pytest.raises(grpc.RpcError, match="multiple EC2 Subnets matched"):
        plugin.invoke(SUBNET)


def test_where_a_type_is_offered(plugin):
    wanted = [{"name": "instance-type", "values": ["t3.micro"]}]
    offers = plugin.invoke(OFFERINGS, locationType="availability-zone", filters=wanted)
    assert set(offers["instanceTypes"]) == {"t3.micro"}
    assert "us-east-1a" in offers["locations"]
    assert len(offers["locations"]) == len(offers["instanceTypes"]) == len(offers["locationTypes"])
    assert known_to_the_sdk(OFFERINGS, offers)


@pytest.mark.parametrize(("name", "vcpus", "hypervisor"), [("t3.micro", 2, "nitro"), ("t2.micro", 1, "xen")])
def test_what_a_type_is(plugin, name, vcpus, hypervisor):
    found = plugin.invoke(TYPE, instanceType=name)
    assert (found["defaultVcpus"], found["hypervisor"]) == (vcpus, hypervisor)
    assert known_to_the_sdk(TYPE, found)


def test_who_is_asking(plugin):
    caller = plugin.invoke(CALLER)
    assert caller["accountId"] == ACCOUNT
    assert known_to_the_sdk(CALLER, caller)


def test_every_other_function_is_refused_by_name(plugin):
    with pytest.raises(grpc.RpcError, match=f"does not serve aws:ec2/getAmi:getAmi; it serves: {VPC[:8]}"):
        plugin.invoke("aws:ec2/getAmi:getAmi")


def test_an_argument_that_is_not_served_is_refused_by_name(plugin):
    with pytest.raises(grpc.RpcError, match="does not serve region of aws:ec2/getVpc:getVpc"):
        plugin.invoke(VPC, region="eu-central-1")
