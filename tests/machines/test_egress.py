"""A machine gets out only where a rule of its group says so: a forgotten rule must fail here as on AWS."""

import subprocess
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests.machine import Inside
from tests.stack import Stack, eventually, own_stack

pytestmark = pytest.mark.machines

IMAGE = "ami-0c0ffee0000000012"
SCRIPT = "#!/bin/bash\necho 'my script: here' > /dev/console\n"
S3 = "https://some-bucket.s3.us-east-1.amazonaws.com/"


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with own_stack(tmp_path_factory.mktemp("egress"), "nspawn") as stack:
        yield stack


@dataclass(frozen=True)
class Machine:
    stack: Stack
    group: str
    instance: str

    def allow(self, protocol: str, cidr: str, **ports: int) -> None:
        """Make this the one way out."""
        ec2 = self.stack.client("ec2")
        (group,) = ec2.describe_security_groups(GroupIds=[self.group])["SecurityGroups"]
        if old := group["IpPermissionsEgress"]:
            ec2.revoke_security_group_egress(GroupId=self.group, IpPermissions=old)
        rule = {"IpProtocol": protocol, "IpRanges": [{"CidrIp": cidr}], **ports}
        ec2.authorize_security_group_egress(GroupId=self.group, IpPermissions=[rule])

    def fetches(self, *command: str) -> bool:
        try:
            Inside(self.instance).run(*command)
        except subprocess.CalledProcessError:
            return False
        return True

    def reaches_s3(self) -> bool:
        return self.fetches("curl", "-sS", "-o", "/dev/null", "--connect-timeout", "2", S3)

    def updates_packages(self) -> bool:
        quick = (
            "-o",
            "Acquire::Retries=0",
            "-o",
            "Acquire::http::Timeout=2",
            "-o",
            "Acquire::https::Timeout=2",
        )
        return self.fetches("apt-get", "update", "-o", "APT::Update::Error-Mode=any", *quick)


@pytest.fixture(scope="module")
def machine(stack: Stack) -> Machine:
    """One whose group lost the rule that AWS gives a new group, as Pulumi takes it away."""
    ec2 = stack.client("ec2")
    group = ec2.create_security_group(GroupName="closed", Description="no way out")["GroupId"]
    (described,) = ec2.describe_security_groups(GroupIds=[group])["SecurityGroups"]
    ec2.revoke_security_group_egress(GroupId=group, IpPermissions=described["IpPermissionsEgress"])
    launch = {"ImageId": IMAGE, "InstanceType": "t3.micro", "UserData": SCRIPT, "SecurityGroupIds": [group]}
    launched = ec2.run_instances(MinCount=1, MaxCount=1, **launch)
    return Machine(stack, group, launched["Instances"][0]["InstanceId"])


def test_without_a_rule_it_has_its_user_data_and_names_and_reaches_nothing(stack, machine):
    eventually(lambda: "my script: here" in stack.console(machine.instance), "the script's line")
    assert "192.0.2.10" in Inside(machine.instance).run("getent", "ahostsv4", "some-bucket.s3.amazonaws.com")
    assert not machine.reaches_s3()
    assert not machine.updates_packages()


def test_a_rule_for_other_addresses_or_ports_changes_nothing(machine):
    machine.allow("tcp", "10.0.0.0/8", FromPort=443, ToPort=443)
    assert not machine.reaches_s3()
    machine.allow("tcp", "0.0.0.0/0", FromPort=5432, ToPort=5432)
    assert not machine.reaches_s3()


def test_with_the_rule_it_does(machine):
    machine.allow("tcp", "0.0.0.0/0", FromPort=443, ToPort=443)
    eventually(machine.reaches_s3, "S3")
    machine.allow("-1", "0.0.0.0/0")
    eventually(machine.updates_packages, "the package mirror")
