"""The local AWS as anybody's AWS: the aws command line and boto3, with a script of one's own."""

import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from local.environment import within
from tests.machine import get
from tests.stack import Stack, eventually, own_stack

pytestmark = pytest.mark.machines

IMAGE = "ami-0c0ffee0000000012"

SCRIPT = """#!/bin/bash
echo "my own script runs on $(hostname)" > /dev/console
mkdir /srv/www && cd /srv/www && echo mine > index.html
systemd-run --working-directory=/srv/www python3 -m http.server 8080
"""


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with own_stack(tmp_path_factory.mktemp("plain"), "nspawn") as stack:
        yield stack


def aws(stack: Stack, line: str) -> str:
    """What the aws command line prints."""
    command = ["aws", *shlex.split(line), "--output", "text"]
    environment = within(stack.home, stack.connection)
    return subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout.strip()


def test_the_aws_command_line_runs_reads_reaches_and_terminates(stack, tmp_path: Path):
    script = tmp_path / "script"
    script.write_text(SCRIPT)
    group = aws(stack, "ec2 create-security-group --group-name mine --description mine --query GroupId")
    opened = f"--group-id {group} --protocol tcp --port 8080 --cidr 0.0.0.0/0"
    aws(stack, f"ec2 authorize-security-group-ingress {opened}")
    machine = f"--image-id {IMAGE} --instance-type t3.micro --security-group-ids {group}"
    id_only = "--query Instances[0].InstanceId"
    instance = aws(stack, f"ec2 run-instances {machine} --user-data file://{script} {id_only}")
    aws(stack, f"ec2 wait instance-running --instance-ids {instance}")
    address_only = "--query Reservations[0].Instances[0].PublicIpAddress"
    address = aws(stack, f"ec2 describe-instances --instance-ids {instance} {address_only}")

    def console() -> str:
        return aws(stack, f"ec2 get-console-output --latest --instance-id {instance}")

    eventually(lambda: "my own script runs on ip-172-31-" in console(), "the script's line on the console")
    eventually(lambda: _body(address) == "mine\n", "the answer on 8080")
    aws(stack, f"ec2 terminate-instances --instance-ids {instance}")
    aws(stack, f"ec2 wait instance-terminated --instance-ids {instance}")
    assert _body(address) is None


def test_boto3_runs_reads_and_terminates(stack):
    ec2 = stack.client("ec2")
    launched = ec2.run_instances(
        ImageId=IMAGE, InstanceType="t3.micro", MinCount=1, MaxCount=1, UserData=SCRIPT
    )
    instance = launched["Instances"][0]["InstanceId"]
    ec2.get_waiter("instance_running").wait(InstanceIds=[instance])

    def console() -> str:
        return ec2.get_console_output(InstanceId=instance, Latest=True).get("Output", "")

    eventually(lambda: "my own script runs on" in console(), "the script's line on the console")
    described = ec2.describe_instances(InstanceIds=[instance])["Reservations"][0]["Instances"][0]
    assert _body(described["PublicIpAddress"]) is None  # nobody opened the port
    ec2.terminate_instances(InstanceIds=[instance])
    ec2.get_waiter("instance_terminated").wait(InstanceIds=[instance])


def _body(address: str) -> str | None:
    try:
        return get(f"http://{address}:8080/")[1]
    except OSError:
        return None
