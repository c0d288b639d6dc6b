"""Every row through the real engine, against a moto server."""

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from local import toolchain

pytestmark = pytest.mark.engine

PROGRAM = Path(__file__).with_name("every_resource.py")
PLUGIN = Path(__file__).parents[3] / "local" / "provider" / "bin"
DECLARED = 10
"""Resources of the program."""


@dataclass(frozen=True)
class Project:
    folder: Path
    environment: dict[str, str]

    def pulumi(self, *arguments: str, fails: bool = False) -> str:
        done = subprocess.run(
            ["pulumi", *arguments, "--non-interactive", "--color", "never"],
            cwd=self.folder,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=600,
            check=False,
        )
        assert (done.returncode != 0) == fails, done.stdout
        return done.stdout

    def up(self, *arguments: str) -> str:
        return self.pulumi("up", "--yes", "--skip-preview", *arguments)

    def output(self, name: str) -> Any:
        return json.loads(self.pulumi("stack", "output", name, "--json"))


@pytest.fixture
def project(tmp_path, moto, image):
    (tmp_path / "Pulumi.yaml").write_text("name: every\nruntime: python\n")
    (tmp_path / "slug.tar.gz").write_bytes(b"slug")
    (tmp_path / "state").mkdir()
    shutil.copy(PROGRAM, tmp_path / "__main__.py")
    folders = [toolchain.bin_folder(), PLUGIN, Path(sys.executable).parent, os.environ["PATH"]]
    made = Project(
        tmp_path,
        {
            **os.environ,
            "PATH": os.pathsep.join(map(str, folders)),
            "AWS_ENDPOINT_URL": moto,
            "AWS_ACCESS_KEY_ID": "anyone",
            "AWS_SECRET_ACCESS_KEY": "anything",
            "AWS_REGION": "us-east-1",
            "PULUMI_BACKEND_URL": f"file://{tmp_path}/state",
            "PULUMI_CONFIG_PASSPHRASE": "",
            "PULUMI_HOME": f"{tmp_path}/home",
            "PULUMI_PYTHON_CMD": sys.executable,
            "PULUMI_SKIP_UPDATE_CHECK": "true",
            "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
            "PULUMI_ERROR_OUTPUT_STRING": "1",
        },
    )
    made.pulumi("stack", "init", "test")
    made.pulumi("config", "set", "image", image)
    return made


def running(cloud):
    states = [{"Name": "instance-state-name", "Values": ["pending", "running"]}]
    found = cloud.client("ec2").describe_instances(Filters=states)["Reservations"]
    return [each["InstanceId"] for reservation in found for each in reservation["Instances"]]


def leftovers(cloud):
    groups = cloud.client("ec2").describe_security_groups()["SecurityGroups"]
    iam = cloud.client("iam")
    return [
        *running(cloud),
        *(group["GroupId"] for group in groups if group["GroupName"] != "default"),
        *(role["RoleName"] for role in iam.list_roles()["Roles"]),
        *(profile["InstanceProfileName"] for profile in iam.list_instance_profiles()["InstanceProfiles"]),
        *(bucket["Name"] for bucket in cloud.client("s3").list_buckets()["Buckets"]),
    ]


def test_every_resource_is_made_kept_remade_and_removed(project, cloud):
    said = project.pulumi("preview")
    assert f"+ {DECLARED + 1} to create" in said
    assert leftovers(cloud) == []

    assert f"+ {DECLARED + 1} created" in project.up()
    machine = project.output("id")
    assert running(cloud) == [machine]
    assert project.output("account") == "123456789012"
    assert "us-east-1a" in project.output("zones")
    assert f"{DECLARED + 1} unchanged" in project.up()
    assert f"{DECLARED + 1} unchanged" in project.up("--refresh")

    cloud.client("ec2").terminate_instances(InstanceIds=[machine])
    assert "+ 1 created" in project.up("--refresh")
    assert running(cloud) == [project.output("id")]
    assert project.output("id") != machine

    project.pulumi("destroy", "--yes", "--skip-preview")
    assert leftovers(cloud) == []


def test_every_other_type_is_refused_by_name_at_preview(project):
    project.pulumi("config", "set", "unserved", "true")
    said = project.pulumi("preview", fails=True)
    assert "aws:ec2/eip:Eip resource 'address' has a problem" in said
    assert "the stand-in for pulumi-aws does not serve aws:ec2/eip:Eip; it serves: aws:ec2/instance" in said


def test_another_account_is_refused_at_preview_in_one_message(project):
    project.pulumi("config", "set", "--path", "aws:allowedAccountIds[0]", "111122223333")
    said = project.pulumi("preview", fails=True)
    assert "has a problem: AWS account ID not allowed: 123456789012" in said
    assert "Traceback" not in said


def test_a_machine_is_imported_by_its_id(project, cloud, image):
    there = cloud.client("ec2").run_instances(ImageId=image, InstanceType="t3.micro", MinCount=1, MaxCount=1)
    machine = there["Instances"][0]["InstanceId"]
    (project.folder / "__main__.py").write_text(
        "import pulumi, pulumi_aws as aws\n"
        f"aws.ec2.Instance('found', ami='{image}', instance_type='t3.micro',"
        f" opts=pulumi.ResourceOptions(import_='{machine}'))\n"
    )
    assert "= 1 imported" in project.up()
    assert "2 unchanged" in project.up()
    project.pulumi("destroy", "--yes", "--skip-preview")
    assert running(cloud) == []
