"""The stack `test-aws` on AWS itself, where a person's own stack says; at the end nothing of it is left."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from bootstrap import bucket_name
from fleet.session import Access
from local import toolchain
from manifest import ManifestError, load_settings, refuse_placeholders
from tests.stack import MAY_LOG, ROOT, AnyStack, copy_project, of_stack, own_stack

FOLDER = ROOT / ".test-aws"
"""Project and state outlive a killed run here, and the next run removes what they know."""

NOT_TAKEN = ("PULUMI_STACK", "PULUMI_ACCESS_TOKEN", "PULUMI_CONFIG_PASSPHRASE_FILE")
"""What of a person's shell would lead to another stack or state."""


def anywhere(config: pytest.Config, folder: Path) -> AbstractContextManager[AnyStack]:
    """A stack on a local AWS with real machines, or with --aws STACK on AWS."""
    if like := config.getoption("--aws"):
        return aws_stack(like, config.getoption("--aws-role"))
    return own_stack(folder, "nspawn")


@contextmanager
def aws_stack(
    like: str, role: str | None = None, root: Path = ROOT, folder: Path = FOLDER
) -> Iterator[AnyStack]:
    """A stack in the account, region and subnets that the stack `like` of the project in `root` names.

    Acts as `role`, if one is named. Raises AssertionError if something of it is left at the end; the folder
    then stays, for the next run to try again.
    """
    config = _config(root, like, role)
    stack = AwsStack(folder / "project")
    if stack.state.exists():
        stack.remove()
    shutil.rmtree(folder, ignore_errors=True)
    copy_project(stack.project)
    (stack.project / "Pulumi.test-aws.yaml").write_text(yaml.safe_dump({"config": config}))
    stack.state.mkdir()
    try:
        stack.select()
        yield stack
    finally:
        stack.remove()


def _config(root: Path, like: str, role: str | None) -> dict[str, Any]:
    """That of the stack's file, but for the counts of its own apps. As shipped it ends the whole run."""
    try:
        refuse_placeholders(load_settings(root, like))
    except ManifestError as error:
        pytest.exit(f"there is no account to test on (docs/aws.md):\n{error}", returncode=2)
    config = yaml.safe_load((root / f"Pulumi.{like}.yaml").read_text())["config"]
    kept = {key: value for key, value in config.items() if not key.endswith(":counts")}
    return kept | ({"aws:assumeRole": {"roleArn": role}} if role else {})


@dataclass(frozen=True)
class AwsStack(AnyStack):
    """With the access of the shell that runs the tests, and a state of its own beside the project."""

    name = "test-aws"

    @property
    def state(self) -> Path:
        return self.project.parent / "state"

    def environment(self) -> dict[str, str]:
        taken = {name: value for name, value in os.environ.items() if name not in NOT_TAKEN}
        return taken | MAY_LOG | {
            "PATH": os.pathsep.join([str(toolchain.bin_folder()), os.environ["PATH"]]),
            "PULUMI_BACKEND_URL": f"file://{self.state}?metadata=skip",
            "PULUMI_CONFIG_PASSPHRASE": "",
            "PULUMI_PYTHON_CMD": sys.executable,
            "PULUMI_PARALLEL": "64",
            "PULUMI_DIY_BACKEND_ZSTD": "true",
        }  # fmt: skip

    def client(self, service: str) -> Any:
        """As the person, who may look at everything; the role that deploys need not."""
        config = yaml.safe_load((self.project / "Pulumi.test-aws.yaml").read_text())["config"]
        provider = {key.removeprefix("aws:"): value for key, value in config.items()}
        return Access({**provider, "assumeRole": None, "assumeRoles": None}).client(service)

    def _ours(self) -> list[dict[str, Any]]:
        return of_stack(self.settings())

    def remove(self) -> None:
        """All of it, what a killed update left too. Raises AssertionError with what is still there."""
        self.pulumi("cancel", "--yes")
        orphans = [sys.executable, "-m", "operate.orphans", "--stack", self.name, "--yes"]
        subprocess.run(orphans, cwd=self.project, env=self.environment(), check=False)
        self.pulumi("refresh", "--clear-pending-creates", "--yes", "--skip-preview")
        told = self.pulumi("destroy", "--yes", "--skip-preview").text
        left = left_in_aws(self)
        assert not left, (
            f"{told}\nstill on AWS: {', '.join(left)}\nnext: the same again, or by hand; state: {self.state}"
        )
        shutil.rmtree(self.project.parent)


def left_in_aws(stack: AnyStack) -> list[str]:
    """What AWS has of the stack, by tag or name: `role compute-instances.test-aws.hello`."""
    settings, ours = stack.settings(), of_stack(stack.settings())
    ec2, iam = stack.client("ec2"), stack.client("iam")
    found = {
        "instance": stack.instances("pending", "running", "shutting-down", "stopping", "stopped"),
        "volume": [one["VolumeId"] for one in ec2.describe_volumes(Filters=ours)["Volumes"]],
        "security group": [
            one["GroupName"] for one in ec2.describe_security_groups(Filters=ours)["SecurityGroups"]
        ],
        "role": [one["RoleName"] for one in _all(iam, "list_roles", "Roles")],
        "instance profile": [
            one["InstanceProfileName"] for one in _all(iam, "list_instance_profiles", "InstanceProfiles")
        ],
        "bucket": [one["Name"] for one in stack.client("s3").list_buckets()["Buckets"]],
    }
    named = {"role", "instance profile", "bucket"}
    beginnings = (f"{settings.project}.{settings.stack}.", bucket_name(settings))
    return [
        f"{kind} {name}"
        for kind, names in found.items()
        for name in names
        if kind not in named or name.startswith(beginnings)
    ]


def _all(client: Any, call: str, key: str) -> list[dict[str, Any]]:
    return [one for page in client.get_paginator(call).paginate() for one in page[key]]
