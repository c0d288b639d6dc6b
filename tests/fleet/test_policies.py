"""The policies of iam/: as fresh as their table, as narrow as AWS lets them be, filled in for a stack."""

import json
import re
import subprocess
import sys
from fnmatch import fnmatchcase
from functools import cache
from typing import Any

import botocore.session
import pytest

from bootstrap import bucket_name
from fleet import names
from fleet.policies import FOLDER, PLACEHOLDER, filled, policies, read_table
from local.provider.rows import RESOURCES
from local.provider.table import PROVIDER
from manifest import ManifestError, Settings
from tests.stack import ROOT

MANAGED_MAX = 6144
"""Characters of a managed policy, without spaces: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html"""

SETTINGS = Settings(project="compute-instances", stack="dev", account="222233334444", region="eu-central-1")
GIVEN = {
    "state-bucket": "acme-pulumi",
    "kms-key": "arn:aws:kms:eu-central-1:222233334444:key/0a1b2c3d-0000-0000-0000-000000000000",
    "repository": "acme@1234/fleet@5678",
}
PERMISSIONS = ("preview", "deploy")
ALL = (*PERMISSIONS, "trust-preview", "trust-deploy")


@cache
def policy(which: str) -> Any:
    return json.loads(filled(policies(ROOT)[which](), SETTINGS, GIVEN))


def rows() -> list[tuple[str, Any]]:
    table = read_table(ROOT)
    return [(which, row) for which in PERMISSIONS for row in table[which]]


def resources(row: Any) -> list[str]:
    one = row.get("Resource") or row["resource"]
    return one if isinstance(one, list) else [one]


@pytest.mark.parametrize("which", ALL)
def test_the_file_is_as_its_table_says(which):
    assert (ROOT / FOLDER / f"{which}.json").read_text() == policies(ROOT)[which](), "make policies"


@pytest.mark.parametrize("which", PERMISSIONS)
def test_it_fits_into_a_managed_policy(which):
    longest = Settings(project="compute", stack="x" * 22, account="222233334444", region="ap-southeast-2")
    text = filled(policies(ROOT)[which](), longest, {**GIVEN, "state-bucket": "x" * 63})
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


def test_what_makes_each_resource_that_the_program_declares_has_permissions():
    callers = {source for _, row in rows() for source in row["actions"].values()}
    assert {row.code for row in RESOURCES.values()} <= callers
    assert read_table(ROOT)["provider"] == PROVIDER


class TestNames:
    """What the program gives names to is what the policies speak of."""

    def reaches(self, action, resource):
        return any(
            action in statement["Action"] and fnmatchcase(resource, pattern)
            for which in PERMISSIONS
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
        assert not self.reaches("s3:DeleteBucket", "arn:aws:s3:::acme-pulumi")
        assert not self.reaches(
            "s3:PutObject", "arn:aws:s3:::acme-pulumi/.pulumi/stacks/compute-instances/prod.json"
        )
        assert self.reaches(
            "s3:PutObject", "arn:aws:s3:::acme-pulumi/.pulumi/stacks/compute-instances/dev.json"
        )

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
        assert PLACEHOLDER.search(policies(ROOT)[which]())
        assert not PLACEHOLDER.search(json.dumps(policy(which)))

    def test_what_is_missing_or_wrong_is_said_at_once(self):
        with pytest.raises(ManifestError) as refused:
            filled(policies(ROOT)["preview"](), SETTINGS, {"kms-key": "alias/pulumi"})
        key, bucket = str(refused.value).splitlines()
        assert key.startswith(
            "--kms-key: must be the key of the stack's secrets, by its ARN, such as arn:aws:"
        )
        assert (
            bucket
            == "--state-bucket: is missing: it must be the bucket of Pulumi's states, such as acme-pulumi"
        )

    def test_a_repository_by_its_name_alone_is_refused(self):
        with pytest.raises(
            ManifestError, match="--repository: must be OWNER@OWNER_ID/REPOSITORY@REPOSITORY_ID"
        ):
            filled(policies(ROOT)["trust-deploy"](), SETTINGS, {"repository": "acme/fleet"})

    def test_the_command_prints_it(self):
        command = [sys.executable, "-m", "fleet.policies", "trust-deploy", "--stack", "dev"]
        command += ["--repository", GIVEN["repository"]]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
        assert "repo:acme@1234/fleet@5678:environment:dev" in done.stdout

    def test_the_command_says_what_is_missing(self):
        command = [sys.executable, "-m", "fleet.policies", "deploy", "--stack", "dev"]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        assert (done.returncode, done.stdout) == (1, "")
        assert "--state-bucket: is missing" in done.stderr
