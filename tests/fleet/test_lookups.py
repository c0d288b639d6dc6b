"""The questions as AWS gets them. moto answers."""

import boto3
import pytest
from botocore.client import BaseClient
from moto import mock_aws

from fleet.ec2 import FILTER_MAX, describe
from fleet.lookups import Ec2Answers, look_up
from fleet.offer import XEN
from fleet.session import Access
from manifest import load_apps, load_settings

REGION = "eu-central-1"


@pytest.fixture
def ec2(monkeypatch):
    """Of an account that moto fills with a default VPC and images."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "x")
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with mock_aws():
        yield boto3.client("ec2", region_name=REGION)


@pytest.fixture
def answers(ec2):
    return Ec2Answers(Access({"region": REGION}))


@pytest.fixture
def calls(monkeypatch):
    """The operations that are called."""
    called, call = [], BaseClient._make_api_call

    def counted(self, operation, arguments):
        called.append(operation)
        return call(self, operation, arguments)

    monkeypatch.setattr(BaseClient, "_make_api_call", counted)
    return called


def test_what_there_is_and_what_there_is_not(ec2, answers):
    image = ec2.describe_images()["Images"][0]["ImageId"]
    assert answers.images([image, "ami-0123456789abcdef0"])[image].state == "available"
    assert answers.images([image, "ami-0123456789abcdef0"]).keys() == {image}
    assert answers.types(["t3.micro", "t9.huge"]).keys() == {"t3.micro"}
    ec2.create_key_pair(KeyName="ops")
    assert answers.key_pairs() == {"ops"}
    assert answers.account() == "123456789012"


def test_types(answers):
    found = answers.types(["t3.micro", "t2.micro", "t4g.micro"])
    assert {name: one.vcpus for name, one in found.items()} == {"t3.micro": 2, "t2.micro": 1, "t4g.micro": 2}
    assert found["t2.micro"].hypervisor == XEN
    assert found["t4g.micro"].architectures == {"arm64"}
    assert found["t3.micro"].zones == {"eu-central-1a", "eu-central-1b", "eu-central-1c"}
    assert {"t3.micro", "m5.large"} <= answers.type_names()


def test_subnets_and_the_default_ones(ec2, answers):
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    ours = ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.1.0/24", AvailabilityZone="eu-central-1b")["Subnet"]
    ours = ours["SubnetId"]
    (one,) = answers.subnets([ours, "subnet-0123456789abcdef0"], defaults=False).values()
    assert (one.vpc, one.zone, one.default) == (vpc, "eu-central-1b", False)
    both = answers.subnets([ours], defaults=True)
    assert sorted(one.zone for one in both.values() if one.default) == [f"{REGION}{zone}" for zone in "abc"]
    assert answers.subnets([], defaults=False) == {}


def test_names_of_the_instances_that_are_there(ec2, answers):
    image = ec2.describe_images()["Images"][0]["ImageId"]

    def launch(name, stack):
        tags = [{"Key": "Name", "Value": name}, {"Key": "stack", "Value": stack}]
        labels = [{"ResourceType": "instance", "Tags": tags}]
        made = ec2.run_instances(ImageId=image, MinCount=1, MaxCount=1, TagSpecifications=labels)
        return made["Instances"][0]["InstanceId"]

    launch("one", "dev")
    launch("other", "prod")
    ec2.terminate_instances(InstanceIds=[launch("gone", "dev")])
    assert answers.instances({"stack": "dev"}) == {"one"}


def test_more_than_a_filter_takes_is_asked_for_in_several_calls(ec2, calls):
    (there, *_) = ec2.describe_subnets()["Subnets"]
    wanted = [f"subnet-{n:08x}" for n in range(FILTER_MAX)] + [there["SubnetId"]]
    calls.clear()
    (found,) = describe(ec2, "describe_subnets", "Subnets[]", {"subnet-id": wanted})
    assert found["SubnetId"] == wanted[-1]
    assert calls == ["DescribeSubnets"] * 2


@pytest.mark.usefixtures("ready_dev")
def test_a_fleet_costs_five_calls(answers, calls, project, write):
    for n in range(20):
        write(f"apps/app-{n}.yaml", {"slug_url": "https://a.example.com/a", "cmd": "x", "count": 50})
    offer = look_up(REGION, load_apps(project, load_settings(project, "dev")), answers)
    assert sorted(calls) == [
        "DescribeImages",
        "DescribeInstanceTypeOfferings",
        "DescribeInstanceTypes",
        "DescribeSubnets",
        "GetCallerIdentity",
    ]
    assert offer.unanswered == {}


def test_a_profile_that_does_not_exist_is_an_answer_that_does_not_come(project, ready_dev):
    apps = load_apps(project, load_settings(project, "dev"))
    offer = look_up(REGION, apps, Ec2Answers(Access({"region": REGION, "profile": "nobody"})))
    assert offer.images is None
    assert offer.unanswered["images"] == "The config profile (nobody) could not be found"
