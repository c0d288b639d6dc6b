"""The API as people use it: boto3 and the aws command line, against a daemon with simulated machines."""

import base64
import gzip
import http.client
import time
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.exceptions import ClientError

from tests.local.roles import as_machine, ask_imds, give_role, imds

if TYPE_CHECKING:
    from tests.local.conftest import Aws

IMAGE = "ami-0c0ffee0000000012"
READY = "ready ms=40"


def test_an_instance_boots_reports_and_is_terminated(aws: "Aws") -> None:
    instance = aws.run()
    described = aws.becomes(instance, "running")
    assert described["PrivateIpAddress"].startswith("172.31.")
    assert described["PublicIpAddress"] in {str(host) for host in aws.home.loopback.hosts()}
    assert described["PublicIpAddress"] != aws.home.address
    aws.says(instance, READY)
    aws.ec2.terminate_instances(InstanceIds=[instance])
    ended = aws.becomes(instance, "terminated")
    assert ended["StateReason"]["Code"] == "Client.UserInitiatedShutdown"
    assert "PublicIpAddress" not in ended


def test_the_console_outlives_the_machine(aws: "Aws") -> None:
    instance = aws.run("simulate: fail step=fetch exit=22 log='curl: (22) 404'")
    console = aws.says(instance, "failed step=fetch exit=22")
    aws.ec2.terminate_instances(InstanceIds=[instance])
    aws.becomes(instance, "terminated")
    assert aws.console(instance) == console
    assert aws.ec2.get_console_output(InstanceId=instance)["Output"] == console


def test_the_aws_command_line_runs_reads_and_terminates(aws: "Aws", tmp_path: Any) -> None:
    script = tmp_path / "script"
    script.write_bytes(gzip.compress(b"#!/bin/sh\nreadonly version=3fa9c1d2\n", mtime=0))
    launched = aws.cli(
        "ec2", "run-instances", "--image-id", IMAGE, "--instance-type", "t3.micro", "--user-data",
        f"fileb://{script}", "--tag-specifications", "ResourceType=instance,Tags=[{Key=Name,Value=cli}]",
    )  # fmt: skip
    instance = launched["Instances"][0]["InstanceId"]
    aws.says(instance, READY)
    answer = aws.cli("ec2", "get-console-output", "--instance-id", instance, "--latest")
    assert READY in answer["Output"]
    aws.cli("ec2", "terminate-instances", "--instance-ids", instance)
    aws.becomes(instance, "terminated")


@pytest.mark.parametrize(
    ("launch", "code"),
    [
        ({"ImageId": "ami-0123456789abcdef0"}, "InvalidAMIID.NotFound"),
        ({"UserData": "x" * 16385}, "InvalidParameterValue"),
        ({"InstanceType": "t9.huge"}, "InvalidInstanceType.NotFound"),
        ({"InstanceType": "t4g.micro"}, "InvalidParameterValue"),
        ({"KeyName": "nobody"}, "InvalidKeyPair.NotFound"),
        ({"SubnetId": "subnet-0123456789abcdef0"}, "InvalidSubnetID.NotFound"),
        ({"SecurityGroupIds": ["sg-0123456789abcdef0"]}, "InvalidGroup.NotFound"),
        ({"IamInstanceProfile": {"Name": "nobody"}}, "InvalidParameterValue"),
    ],
)
def test_what_aws_refuses_is_refused_and_leaves_no_instance(
    aws: "Aws", launch: dict[str, Any], code: str
) -> None:
    before = len(aws.ec2.describe_instances()["Reservations"])
    assert refusal(lambda: aws.run(**launch)) == code
    assert len(aws.ec2.describe_instances()["Reservations"]) == before


def test_user_data_of_exactly_the_limit_is_taken(aws: "Aws") -> None:
    instance = aws.run(UserData="x" * 16384)
    answer = aws.ec2.describe_instance_attribute(InstanceId=instance, Attribute="userData")
    assert len(base64.b64decode(answer["UserData"]["Value"])) == 16384


@pytest.mark.parametrize("withdraw", ["deregister_image", "disable_image"])
def test_a_withdrawn_image_starts_nothing(aws: "Aws", withdraw: str) -> None:
    image = aws.image("a short life")
    getattr(aws.ec2, withdraw)(ImageId=image)
    assert refusal(lambda: aws.run(ImageId=image)).startswith("InvalidAMIID")


def test_a_type_runs_only_where_it_is_offered(aws: "Aws") -> None:
    offers = aws.ec2.describe_instance_type_offerings(
        LocationType="availability-zone", Filters=[{"Name": "instance-type", "Values": ["t3.micro"]}]
    )
    zones = {offer["Location"] for offer in offers["InstanceTypeOfferings"]}
    subnets = aws.ec2.describe_subnets()["Subnets"]
    elsewhere = next(one["SubnetId"] for one in subnets if one["AvailabilityZone"] not in zones)
    assert refusal(lambda: aws.run(SubnetId=elsewhere)) == "Unsupported"
    assert aws.describe(aws.run())["Placement"]["AvailabilityZone"] in zones


@pytest.mark.parametrize("kind", ["t2.micro", "m4.large"])
def test_xen_types_have_no_live_console_but_a_buffer_posted_now_and_then(aws: "Aws", kind: str) -> None:
    instance = aws.run(InstanceType=kind)
    assert refusal(lambda: aws.console(instance)) == "UnsupportedOperation"
    assert "Output" not in aws.ec2.get_console_output(InstanceId=instance)
    deadline = time.monotonic() + 60
    while "Output" not in (answer := aws.ec2.get_console_output(InstanceId=instance)):
        assert time.monotonic() < deadline
        time.sleep(0.2)
    assert READY in answer["Output"]


def test_a_network_interface_may_bring_the_groups_and_refuse_the_public_address(aws: "Aws") -> None:
    group = aws.ec2.create_security_group(GroupName="by-interface", Description="x")["GroupId"]
    interface = {"DeviceIndex": 0, "AssociatePublicIpAddress": False, "Groups": [group]}
    described = aws.becomes(aws.run(NetworkInterfaces=[interface]), "running")
    assert [one["GroupId"] for one in described["SecurityGroups"]] == [group]
    assert "PublicIpAddress" not in described


def test_the_root_volume_is_the_image_s_root_device(aws: "Aws") -> None:
    encrypted = {"DeviceName": "/dev/xvda", "Ebs": {"Encrypted": True}}
    for launch in ({}, {"BlockDeviceMappings": [encrypted]}):
        described = aws.becomes(aws.run(**launch), "running")
        assert described["RootDeviceName"] == "/dev/xvda"
        assert [one["DeviceName"] for one in described["BlockDeviceMappings"]] == ["/dev/xvda"]


def test_two_hundred_instances_take_no_time_worth_speaking_of(aws: "Aws") -> None:
    launched = aws.ec2.run_instances(ImageId=IMAGE, InstanceType="t3.micro", MinCount=200, MaxCount=200)
    fleet = [one["InstanceId"] for one in launched["Instances"]]
    aws.becomes(fleet[-1], "running")
    aws.ec2.terminate_instances(InstanceIds=fleet)
    aws.becomes(fleet[-1], "terminated")


class TestPermissions:
    def test_made_up_keys_are_refused(self, aws: "Aws") -> None:
        stranger = boto3.client(
            "ec2",
            endpoint_url=aws.connection.endpoint,
            region_name="us-east-1",
            aws_access_key_id="test",
            aws_secret_access_key="test",
        )
        assert refusal(stranger.describe_instances) == "AuthFailure"

    @pytest.mark.parametrize("path", ["/moto-api/reset", "/latest/meta-data/iam/security-credentials/x"])
    def test_pages_of_the_simulator_are_for_nobody(self, aws: "Aws", path: str) -> None:
        """They ask for no keys: a signature by any would open them, and a reset empties the account."""
        image = aws.image("still there")
        connection = http.client.HTTPConnection(*aws.home.api, timeout=30)
        connection.request("POST", path, headers={"Authorization": "AWS4-HMAC-SHA256 Credential=x"})
        assert connection.getresponse().status == 403
        connection.close()
        assert aws.ec2.describe_images(ImageIds=[image])["Images"]

    @pytest.mark.parametrize("path", ["/", "/private/of-a", "/moto-api/data.json"])
    def test_unsigned_requests_are_refused(self, aws: "Aws", path: str) -> None:
        connection = http.client.HTTPConnection(*aws.home.api, timeout=30)
        connection.request("GET", path)
        answer = connection.getresponse()
        assert (answer.status, b"AccessDenied" in answer.read()) == (403, True)
        connection.close()

    def test_a_machine_s_role_reads_its_own_object_and_no_other(self, aws: "Aws") -> None:
        s3 = aws.client("s3")
        s3.create_bucket(Bucket="slugs")
        for name in ("a", "b"):
            s3.put_object(Bucket="slugs", Key=f"{name}/slug", Body=name.encode())
        instance = aws.run(IamInstanceProfile={"Name": give_role(aws, "reader-a", "arn:aws:s3:::slugs/a/*")})
        machine = aws.becomes(instance, "running")["PrivateIpAddress"]
        role = as_machine(aws, machine)
        assert role("s3").get_object(Bucket="slugs", Key="a/slug")["Body"].read() == b"a"
        assert refusal(lambda: role("s3").get_object(Bucket="slugs", Key="b/slug")) == "AccessDenied"
        assert refusal(lambda: role("ec2").describe_instances()) == "UnauthorizedOperation"
        assert role("sts").get_caller_identity()["Arn"].endswith(f"assumed-role/reader-a/{instance}")

    def test_every_instance_of_a_launch_has_the_role(self, aws: "Aws") -> None:
        profile = give_role(aws, "reader-many", "*")
        launched = aws.ec2.run_instances(
            ImageId=IMAGE,
            InstanceType="t3.micro",
            MinCount=2,
            MaxCount=2,
            IamInstanceProfile={"Name": profile},
        )
        for instance in launched["Instances"]:
            assert imds(aws, instance["PrivateIpAddress"], "iam/security-credentials/") == "reader-many"


def test_the_metadata_of_an_instance_is_what_the_api_says_of_it(aws: "Aws") -> None:
    key = aws.ec2.create_key_pair(KeyName="mine", KeyType="ed25519")
    assert key["KeyMaterial"]
    described = aws.becomes(aws.run(KeyName="mine"), "running")
    machine = described["PrivateIpAddress"]
    for path, value in {
        "instance-id": described["InstanceId"],
        "local-ipv4": machine,
        "public-ipv4": described["PublicIpAddress"],
        "local-hostname": described["PrivateDnsName"],
        "placement/availability-zone": described["Placement"]["AvailabilityZone"],
        "instance-type": "t3.micro",
        "security-groups": "default",
        "public-keys/": "0=mine",
    }.items():
        assert imds(aws, machine, path) == value


def test_the_metadata_of_a_terminated_instance_is_gone(aws: "Aws") -> None:
    instance = aws.run()
    machine = aws.becomes(instance, "running")["PrivateIpAddress"]
    aws.ec2.terminate_instances(InstanceIds=[instance])
    aws.becomes(instance, "terminated")
    assert (
        ask_imds(aws, machine, "PUT", "/latest/api/token", {"X-aws-ec2-metadata-token-ttl-seconds": "9"})[0]
        == 404
    )


def refusal(call: Any) -> str:
    with pytest.raises(ClientError) as caught:
        call()
    return str(caught.value.response["Error"]["Code"])
