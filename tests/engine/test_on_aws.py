"""What `make test-aws` does around its tests: whatever happens, nothing is left. AWS is a local one here."""

import os
import shutil
import subprocess
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from local.environment import UNSET, within
from tests.aws import AwsStack, aws_stack, left_in_aws
from tests.engine.operator import resources
from tests.stack import ROOT, Stack, of_stack

pytestmark = pytest.mark.engine


class BrokenError(Exception):
    """A test that fails."""


@pytest.fixture
def on_aws(
    simulated: Stack, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Callable[[], AbstractContextManager[AwsStack]]:
    """As from the shell of somebody with access, who has filled in `dev`."""
    for name in UNSET:
        monkeypatch.delenv(name, raising=False)
    for name, value in within(simulated.home, simulated.connection).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("PULUMI_STACK", "dev")
    os.link(simulated.project / "Pulumi.local.yaml", simulated.project / "Pulumi.dev.yaml")
    return lambda: aws_stack("dev", root=simulated.project, folder=tmp_path / "test-aws")


def everything(simulated):
    """What the account has by now."""
    buckets = [one["Name"] for one in simulated.client("s3").list_buckets()["Buckets"]]
    roles = [one["RoleName"] for one in simulated.client("iam").list_roles()["Roles"]]
    return [*simulated.instances().values(), *buckets, *roles]


def with_hello(stack):
    stack.app("hello", source="../slugs/hello")
    stack.up()
    assert len(left_in_aws(stack)) == len(("instance", "volume", "group", "role", "profile", "bucket"))


def fails(on_aws, what):
    """Does that in a test which then fails."""
    with on_aws() as stack:
        what(stack)
        raise BrokenError


def with_an_orphan(stack):
    with_hello(stack)
    (urn,) = [one["urn"] for one in resources(stack) if one["type"] == "aws:ec2/instance:Instance"]
    forgotten = stack.pulumi("state", "delete", urn, "--target-dependents", "--yes")
    assert forgotten.code == 0, forgotten.text


def test_what_a_killed_run_left_the_next_one_removes_first(simulated, on_aws, monkeypatch):
    with monkeypatch.context() as killed:
        killed.setattr(AwsStack, "remove", lambda _: None)
        with pytest.raises(BrokenError):
            fails(on_aws, with_an_orphan)
    assert len(everything(simulated)) == 3
    with on_aws() as stack:
        assert left_in_aws(stack) == []
        assert everything(simulated) == []


def with_a_stranger(stack):
    """An instance beside hello that bears the stack's tags, and is of another state."""
    with_hello(stack)
    tags = {one["Name"].removeprefix("tag:"): one["Values"][0] for one in of_stack(stack.settings())}
    labels = [{"Key": key, "Value": value} for key, value in {**tags, "Name": "planted"}.items()]
    stack.client("ec2").run_instances(
        ImageId=stack.settings().image_id,
        InstanceType="t3.micro",
        MinCount=1,
        MaxCount=1,
        TagSpecifications=[{"ResourceType": "instance", "Tags": labels}],
    )


def test_a_test_that_fails_leaves_only_what_is_named_and_the_state_for_another_try(
    simulated, on_aws, tmp_path
):
    with pytest.raises(AssertionError, match="still on AWS: instance planted"):
        fails(on_aws, with_a_stranger)
    (left,) = everything(simulated)
    assert (tmp_path / "test-aws" / "state").exists()
    simulated.client("ec2").terminate_instances(InstanceIds=[left])
    with on_aws():
        pass
    assert not (tmp_path / "test-aws").exists()


def as_shipped(folder):
    for file in ("Pulumi.yaml", "Pulumi.prod.yaml"):
        shutil.copy(ROOT / file, folder)
    return aws_stack("prod", root=folder, folder=folder / "test-aws")


def test_an_environment_as_shipped_is_refused(tmp_path):
    with (
        pytest.raises(pytest.exit.Exception, match="aws:allowedAccountIds: is AWS's documentation account"),
        as_shipped(tmp_path),
    ):
        pass
    assert not (tmp_path / "test-aws").exists()


def test_without_confirm_make_says_what_it_costs_and_does_nothing():
    shell = {**os.environ, "CONFIRM": "", "STACK": ""}
    done = subprocess.run(
        ["make", "test-aws"], cwd=ROOT, capture_output=True, text=True, check=False, env=shell
    )
    assert done.returncode == 2
    assert "US dollars" in done.stderr
    assert "nothing was done; do it: make test-aws STACK=dev CONFIRM=1" in done.stderr
