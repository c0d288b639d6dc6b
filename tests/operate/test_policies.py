"""The policies of iam/: as fresh as their table, as narrow as AWS lets them be, filled in for a stack."""

import json
import os
import re
import shutil
import subprocess
import sys
from fnmatch import fnmatchcase
from functools import cache
from typing import Any

import botocore.session
import pytest

from bootstrap import bucket_name
from fleet import names
from local.provider.rows import RESOURCES
from local.provider.table import PROVIDER
from manifest import Settings
from operate.policies import FOLDER, MADE, PLACEHOLDER, TRUSTS, filled, policies, read_table
from tests.stack import ROOT

MANAGED_MAX = 6144
"""Characters of a managed policy, without spaces: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html"""

SETTINGS = Settings(project="compute-instances", stack="dev", account="222233334444", region="eu-central-1")
STATES = "pulumi-state-222233334444-eu-central-1"
GIVEN = {
    "state-bucket": STATES,
    "kms-key": "arn:aws:kms:eu-central-1:222233334444:key/0a1b2c3d-0000-0000-0000-000000000000",
    "repository": "acme@1234/fleet@5678",
}
PERMISSIONS = MADE
ALL = (*MADE, *TRUSTS)


@cache
def policy(which: str) -> Any:
    return json.loads(filled(policies(ROOT)[which], SETTINGS, GIVEN))


def rows() -> list[tuple[str, Any]]:
    table = read_table(ROOT)
    return [(which, row) for which in PERMISSIONS for row in table[which]]


def resources(row: Any) -> list[str]:
    one = row.get("Resource") or row["resource"]
    return one if isinstance(one, list) else [one]


@pytest.mark.parametrize("which", ALL)
def test_the_file_is_as_its_table_says(which):
    assert (ROOT / FOLDER / f"{which}.json").read_text() == policies(ROOT)[which], "make policies"


@pytest.mark.parametrize("which", PERMISSIONS)
def test_it_fits_into_a_managed_policy(which):
    longest = Settings(project="compute", stack="x" * 22, account="222233334444", region="ap-southeast-2")
    text = filled(policies(ROOT)[which], longest, {**GIVEN, "state-bucket": "x" * 63})
    assert len(re.sub(r"\s", "", text)) <= MANAGED_MAX


def test_nothing_stands_for_every_action():
    assert not [one for which in PERMISSIONS for one in actions(which) if "*" in one]


def actions(which: str) -> list[str]:
    return [action for statement in policy(which)["Statement"] for action in statement["Action"]]


@pytest.mark.parametrize("service", ["ec2", "iam", "kms"])
def test_every_action_is_an_operation_of_its_service(service):
    """Of S3 only some bear the name of one."""
    known = botocore.session.get_session().get_service_model(service).operation_names
    asked = {
        one.partition(":")[2] for which in PERMISSIONS for one in actions(which) if one.startswith(service)
    }
    assert asked - {"PassRole"} - set(known) == set()
    assert asked


def test_preview_writes_nothing():
    reads = re.compile(r"[a-z0-9]+:(Describe|Get|List)\w+|kms:Decrypt")
    assert [one for one in actions("preview") if not reads.fullmatch(one)] == []
    assert [one for one in actions("deploy") if not reads.fullmatch(one)]  # the search finds what there is


def test_every_action_says_what_calls_it():
    for _, row in rows():
        assert row["why"]
        for source in row["actions"].values():
            assert re.fullmatch(r"(ec2|iam|s3)/\w+\.go", source) or (ROOT / source).is_file(), source
            assert not source.endswith("_data_source.go"), "the program looks up by fleet/lookups.py"


def test_what_was_never_tried_is_something_that_they_allow():
    untried = read_table(ROOT)["untried"]
    assert untried == sorted({*untried} & {*actions("preview"), *actions("deploy")})


def test_what_makes_each_resource_that_the_program_declares_has_permissions():
    callers = {source for _, row in rows() for source in row["actions"].values()}
    assert {row.code for row in RESOURCES.values()} <= callers
    assert read_table(ROOT)["provider"] == PROVIDER


class TestNames:
    """What the program gives names to is what the policies speak of."""

    def reaches(self, action, resource, *of):
        return any(
            action in statement["Action"] and fnmatchcase(resource, pattern)
            for which in of or PERMISSIONS
            for statement in policy(which)["Statement"]
            for pattern in resources(statement)
        )

    def test_roles_and_profiles_of_this_stack_and_of_no_other(self):
        for kind, action in [
            ("role", "iam:PutRolePolicy"),
            ("instance-profile", "iam:CreateInstanceProfile"),
        ]:
            mine = names.in_aws(SETTINGS, "hello")
            assert self.reaches(action, f"arn:aws:iam::222233334444:{kind}/{mine}")
            for other in ("compute-instances.dev2.hello", "compute-instances.prod.hello", "admin"):
                assert not self.reaches(action, f"arn:aws:iam::222233334444:{kind}/{other}")

    def test_the_bucket_of_slugs_and_no_other(self):
        assert self.reaches("s3:DeleteBucket", f"arn:aws:s3:::{bucket_name(SETTINGS)}")
        assert not self.reaches("s3:DeleteBucket", f"arn:aws:s3:::{STATES}")

    def test_the_state_is_read_by_previews_and_written_by_deployments_of_its_stack(self):
        stacks = f"arn:aws:s3:::{STATES}/.pulumi/stacks/compute-instances"
        assert self.reaches("s3:PutObject", f"{stacks}/dev.json")
        assert not self.reaches("s3:PutObject", f"{stacks}/prod.json")
        assert self.reaches("s3:GetObject", f"{stacks}/dev.json", "preview")
        assert not self.reaches("s3:GetObject", f"{stacks}/prod.json", "preview")

    def test_tags_are_those_that_the_program_gives(self):
        given = {f"aws:ResourceTag/{key}": value for key, value in names.tags(SETTINGS).items()}
        conditions = [
            one.get("Condition", {}).get("StringEquals", {}) for one in policy("deploy")["Statement"]
        ]
        assert given in conditions


class TestTrust:
    def conditions(self, which):
        (statement,) = policy(which)["Statement"]
        assert statement["Principal"]["Federated"].startswith("arn:aws:iam::222233334444:oidc-provider/")
        return statement["Condition"]

    @pytest.mark.parametrize(("which", "job"), [("preview", "pull_request"), ("deploy", "environment:dev")])
    def test_jobs_of_one_kind_of_one_repository_whatever_it_is_called_later(self, which, job):
        claim = "token.actions.githubusercontent.com"
        subject = f"repo:acme@1234/fleet@5678:{job}"
        assert self.conditions(f"trust-{which}") == {
            "StringEquals": {f"{claim}:aud": "sts.amazonaws.com", f"{claim}:sub": subject}
        }


class TestFilledIn:
    @pytest.mark.parametrize("which", ALL)
    def test_no_placeholder_is_left(self, which):
        assert PLACEHOLDER.search(policies(ROOT)[which])
        assert not PLACEHOLDER.search(json.dumps(policy(which)))

    def test_the_command_prints_it(self, project):
        done = command(project, "trust-deploy", "--stack", "dev", "--repository", GIVEN["repository"])
        assert done.returncode == 0, done.stderr
        assert "repo:acme@1234/fleet@5678:environment:dev" in done.stdout

    def test_for_a_stack_beside_one_that_has_a_file(self, project):
        done = command(project, "trust-deploy", "--stack", "dev", "--as", "test-aws", *REPOSITORY)
        assert "repo:acme@1234/fleet@5678:environment:test-aws" in done.stdout
        assert "222233334444" in done.stdout

    def test_an_environment_as_shipped_is_refused_though_its_image_is_one(self, project):
        shutil.copy(ROOT / "Pulumi.prod.yaml", project)
        done = command(project, "trust-deploy", "--stack", "prod", *REPOSITORY)
        assert (done.returncode, done.stdout) == (1, "")
        assert "Pulumi.prod.yaml:" in done.stderr
        assert "aws:allowedAccountIds: is AWS's documentation account; put yours:" in done.stderr
        assert "imageId" not in done.stderr

    @pytest.mark.parametrize(
        ("options", "said"),
        [
            ([], "--state-bucket is missing: the bucket of Pulumi's states, such as pulumi-state-"),
            ([], "--kms-key is missing: the key of the stack's secrets, by its ARN, such as arn:aws:kms:"),
            (
                ["--kms-key", "alias/pulumi-state"],
                "--kms-key: must be the key of the stack's secrets, by its ARN",
            ),
            (["--repository", "acme/fleet"], "--repository: must be OWNER@OWNER_ID/REPOSITORY@REPOSITORY_ID"),
        ],
    )
    def test_what_is_missing_or_wrong_is_wrong_usage(self, project, options, said):
        done = command(project, "deploy", "--stack", "dev", *options)
        assert (done.returncode, done.stdout) == (2, "")
        assert said in done.stderr


REPOSITORY = ("--repository", GIVEN["repository"])


@pytest.fixture
def project(tmp_path):
    """With an environment `dev` whose account is filled in, and nothing else."""
    (tmp_path / FOLDER).symlink_to(ROOT / FOLDER)
    shutil.copy(ROOT / "Pulumi.yaml", tmp_path)
    shipped = (ROOT / "Pulumi.dev.yaml").read_text()
    (tmp_path / "Pulumi.dev.yaml").write_text(shipped.replace("111122223333", "222233334444"))
    return tmp_path


def command(project, *arguments):
    return subprocess.run(
        [sys.executable, "-m", "operate.policies", *arguments],
        cwd=project,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
