"""The shipped policies, with IAM checked: what preview and deploy may do is enough, and no more than said."""

import json
import shutil
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from fleet.policies import filled, policies
from manifest import Settings
from tests.command import run
from tests.stack import ROOT, Stack, own_stack

pytestmark = pytest.mark.engine

STATES = "team-states"
REACHES = ("preview", "deploy")


@dataclass(frozen=True)
class Team(Stack):
    """People of one stack, whose state is in S3 and whose secrets are under a KMS key, as on AWS.

    `variables`: those of whoever types now; the administrator's, unless another is asked for by `by`.
    """

    key: str = ""
    variables: Mapping[str, str] = field(default_factory=dict)

    def environment(self) -> dict[str, str]:
        backend = f"s3://{STATES}?region=us-east-1&use_path_style=true"
        return {**super().environment(), "PULUMI_BACKEND_URL": backend, **self.variables}

    def by(self, *shipped: str, without: str | None = None) -> "Team":
        """Somebody who may do what these policies say, but for one action."""
        iam = self.client("iam")
        name = f"{'-'.join(shipped)}-{time.monotonic_ns()}"
        iam.create_user(UserName=name)
        for which in shipped:
            document = json.dumps(_less(self._policy(which), without))
            iam.put_user_policy(UserName=name, PolicyName=which, PolicyDocument=document)
        key = iam.create_access_key(UserName=name)["AccessKey"]
        theirs = {"AWS_ACCESS_KEY_ID": key["AccessKeyId"], "AWS_SECRET_ACCESS_KEY": key["SecretAccessKey"]}
        return Team(self.project, self.home, self.connection, self.key, theirs)

    def _policy(self, which: str) -> Any:
        settings = Settings(
            project="compute-instances",
            stack="local",
            account=self.connection.account,
            region=self.connection.region,
        )
        given = {"state-bucket": STATES, "kms-key": self.key}
        return json.loads(filled(policies(ROOT)[which](), settings, given))


def _less(policy: Any, action: str | None) -> Any:
    """The policy without an action, which must have been in it or in another that goes with it."""
    for statement in policy["Statement"]:
        statement["Action"] = [one for one in statement["Action"] if one != action]
    return {**policy, "Statement": [one for one in policy["Statement"] if one["Action"]]}


@pytest.fixture(scope="module")
def team(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Team]:
    with own_stack(tmp_path_factory.mktemp("team"), "simulated") as stack:
        stack.client("s3").create_bucket(Bucket=STATES)
        key = stack.client("kms").create_key()["KeyMetadata"]["Arn"]
        file = stack.project / "Pulumi.local.yaml"
        lines = [line for line in file.read_text().splitlines(keepends=True) if "encryptionsalt" not in line]
        file.write_text("".join(lines))
        team = Team(stack.project, stack.home, stack.connection, key)
        made = team.pulumi("stack", "init", "local", f"--secrets-provider=awskms:///{key}?region=us-east-1")
        assert made.code == 0, made.text
        team.app("hello", source="../slugs/hello")
        yield team


def everything(team: Team) -> list[Any]:
    """What the account has."""
    return [
        team.there("pending", "running", "stopping", "stopped", "shutting-down", "terminated"),
        team.client("ec2").describe_security_groups()["SecurityGroups"],
        team.client("s3").list_buckets()["Buckets"],
        team.client("iam").list_roles()["Roles"],
        team.client("s3").list_objects_v2(Bucket=STATES)["Contents"],
    ]


def test_who_may_preview_sees_everything_and_makes_nothing(team: Team) -> None:
    before, previewer = everything(team), team.by("preview")
    assert "app hello: new: web 1 x t3.micro" in previewer.preview().text
    refused = previewer.pulumi("up", "--yes", "--skip-preview")
    assert refused.code != 0
    assert "is not authorized to perform: s3:PutObject" in refused.text  # the lock of the state
    assert everything(team) == before


def test_who_may_deploy_rolls_out_changes_and_takes_down(team: Team) -> None:
    previewer, deployer = team.by("preview"), team.by(*REACHES)
    deployer.up()
    team.app("hello", source="../slugs/hello", count=2, env={"GREETING": "hi"}, tags={"team": "core"})
    changed = previewer.preview("--refresh").text
    assert "app hello: web: 1 of version" in changed
    deployer.up("--refresh")
    assert len(team.instances("running")) == 2
    team.app("hello", source="../slugs/hello", count=2, env={"GREETING": "hi"}, tags={"team": "other"})
    deployer.up()
    looked = run(
        [sys.executable, "-m", "fleet.orphans", "--stack", "local"], team.project, deployer.environment()
    )
    assert looked.stdout == "no orphans\n"
    gone = deployer.pulumi("destroy", "--yes", "--skip-preview")
    assert gone.code == 0, gone.text
    assert team.instances() == {}


UP, DESTROY = ("up", "--yes", "--skip-preview"), ("destroy", "--yes", "--skip-preview")


def test_without_one_action_it_stops_and_says_which(team: Team) -> None:
    """The control: each of these is needed, so IAM is asked."""
    team.app("hello", source="../slugs/hello", env={"GREETING": "controlled"})
    for action in ("kms:Decrypt", "s3:PutObject", "iam:PassRole", "ec2:GetConsoleOutput"):
        assert_refused(team, action, UP)
    team.by(*REACHES).up()
    there = team.instances()
    assert_refused(team, "ec2:TerminateInstances", DESTROY)
    assert team.instances() == there


def assert_refused(team: Team, action: str, command: Sequence[str]) -> None:
    done = team.by(*REACHES, without=action).pulumi(*command)
    assert done.code != 0, done.text
    assert f"is not authorized to perform: {action}" in done.text


def test_the_commands_of_the_page_make_the_roles(team: Team) -> None:
    """All but gh, which would ask GitHub."""
    page = (ROOT / "docs" / "aws-policies.md").read_text().splitlines()
    commands = [line[2:] for line in page if line.startswith("$ ") and not line.startswith("$ gh ")]
    (team.project / "iam").symlink_to(ROOT / "iam")
    shutil.copy(ROOT / "Pulumi.dev.yaml", team.project)
    done = run(["bash", "-euc", "\n".join(commands)], team.project, team.environment())
    assert done.returncode == 0, done.stdout
    iam = team.client("iam")
    held = {
        role: iam.list_role_policies(RoleName=role)["PolicyNames"] for role in ("preview-dev", "deploy-dev")
    }
    assert held == {"preview-dev": ["preview"], "deploy-dev": ["preview", "deploy"]}
