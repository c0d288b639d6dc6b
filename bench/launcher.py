"""Machines of the local AWS by plain boto3, and what the clock says of their boots."""

import json
import subprocess
import time
import urllib.request
from collections.abc import Callable, Mapping
from typing import Any, Final

from local.aws import processes
from local.connection import Connection

Steps = Mapping[str, float]
"""Seconds from the launch to the end of each step."""

_IMAGE: Final = "ami-0c0ffee0000000012"
_DEADLINE: Final = 300.0
_OK: Final = 200
_ASSUMED_BY_EC2: Final = {
    "Effect": "Allow",
    "Principal": {"Service": "ec2.amazonaws.com"},
    "Action": "sts:AssumeRole",
}
_MAY_READ: Final = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}

# What a script leaves behind says when a step was over, whoever wrote it.
_TRACES: Final[Mapping[str, str]] = {
    "script starts": "stat -c %.3Y /var/lib/cloud/instance/scripts/part-001",
    "packages": "stat -c %.3Y /var/lib/dpkg/status",
    "user": "stat -c %.3Y /etc/passwd",
    "unpacked": "stat -c %.3Z /srv/app/bin/web",
    "configured": "stat -c %.3Z /etc/sv/app/run",
    "switched on": "stat -c %.3Y /etc/service/app",
}


class Launcher:
    """Launches machines with a role that may read slugs, and ports 5000 and 8000 open."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._ec2 = connection.client("ec2")
        self._group = self._open_group()
        self._make_role()

    def keep(self, bucket: str, key: str, content: bytes) -> None:
        """Puts an object into a new bucket."""
        s3 = self._connection.client("s3")
        s3.create_bucket(Bucket=bucket)
        s3.put_object(Bucket=bucket, Key=key, Body=content)

    def serve(self, script: str, port: int) -> str:
        """A machine that stays, once it answers on `port`; its private address."""
        described = self._described(self._launch(script))
        _wait(lambda: _status(f"http://{described['PublicIpAddress']}:{port}/") == _OK)
        return str(described["PrivateIpAddress"])

    def boot(self, script: str) -> Steps:
        """One boot from launch to the first HTTP 200 on port 5000; then the machine goes."""
        launched = time.time()
        instance = self._launch(script)
        url = f"http://{self._described(instance)['PublicIpAddress']}:5000/"
        _wait(lambda: _status(url) == _OK)
        served = time.time() - launched
        steps = {step: float(_inside(instance, trace)) - launched for step, trace in _TRACES.items()}
        self._ec2.terminate_instances(InstanceIds=[instance])
        self._ec2.get_waiter("instance_terminated").wait(InstanceIds=[instance])
        return {**steps, "HTTP 200": served}

    def _launch(self, script: str) -> str:
        launched = self._ec2.run_instances(
            ImageId=_IMAGE,
            InstanceType="t3.micro",
            MinCount=1,
            MaxCount=1,
            UserData=script,
            SecurityGroupIds=[self._group],
            IamInstanceProfile={"Name": "bench"},
        )
        return str(launched["Instances"][0]["InstanceId"])

    def _described(self, instance: str) -> Any:  # noqa: ANN401 - botocore's own shape
        return self._ec2.describe_instances(InstanceIds=[instance])["Reservations"][0]["Instances"][0]

    def _open_group(self) -> str:
        group = str(self._ec2.create_security_group(GroupName="bench", Description="bench")["GroupId"])
        for port in (5000, 8000):
            self._ec2.authorize_security_group_ingress(
                GroupId=group, IpProtocol="tcp", FromPort=port, ToPort=port, CidrIp="0.0.0.0/0"
            )
        return group

    def _make_role(self) -> None:
        iam = self._connection.client("iam")
        iam.create_role(RoleName="bench", AssumeRolePolicyDocument=_policy(_ASSUMED_BY_EC2))
        iam.put_role_policy(RoleName="bench", PolicyName="read", PolicyDocument=_policy(_MAY_READ))
        iam.create_instance_profile(InstanceProfileName="bench")
        iam.add_role_to_instance_profile(InstanceProfileName="bench", RoleName="bench")


def _policy(statement: Mapping[str, object]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def _wait(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + _DEADLINE
    while not holds():
        if time.monotonic() > deadline:
            raise TimeoutError(f"nothing answered for {_DEADLINE:.0f} s")
        time.sleep(0.02)


def _status(url: str) -> int:
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:  # noqa: S310 - http by construction
            return int(answer.status)
    except OSError:
        return 0


def _inside(instance: str, command: str) -> str:
    """What a command prints in a machine."""
    entered = ["nsenter", "-t", str(processes.first_of_machine(instance)), "-m", "--", *command.split()]
    return subprocess.run(entered, check=True, capture_output=True, text=True).stdout
