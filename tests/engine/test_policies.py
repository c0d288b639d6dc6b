"""The shipped policies, with IAM checked: what preview and deploy may do is enough, and no more than said."""

import json
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from manifest import Settings
from operate.policies import filled, policies
from tests.command import run
from tests.stack import ROOT, Stack, of_stack, own_stack

pytestmark = pytest.mark.engine

STATES = "team-states"
REACHES = ("preview", "deploy")
ROLES = {
    "preview-dev": ["preview"],
    "deploy-dev": ["preview", "deploy"],
    "test-aws": ["preview", "deploy"],
}


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
        return json.loads(filled(policies(ROOT)[which], settings, given))


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
        stack.client("kms").create_alias(AliasName="alias/pulumi-state", TargetKeyId=key)
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
    team.app("hello", source="../slugs/hello", count=2, env={"GREETING": "hi"}, tags={"owner": "core"})
    deployer.up()
    widen_a_rule(team)
    assert deployer.up("--refresh").changes() != []
    assert reach_of_rules(team) == {5000}
    assert orphans(deployer) == "no orphans\n"
    gone = deployer.pulumi("destroy", "--yes", "--skip-preview")
    assert gone.code == 0, gone.text
    assert team.instances() == {}


def orphans(somebody: Team) -> str:
    command = [sys.executable, "-m", "operate.orphans", "--stack", "local"]
    return run(command, somebody.project, somebody.environment()).stdout


def widen_a_rule(team: Team) -> None:
    (rule,) = rules(team)
    wide = {"IpProtocol": "tcp", "FromPort": 5000, "ToPort": 65535, "CidrIpv4": rule["CidrIpv4"]}
    one: Any = {"SecurityGroupRuleId": rule["SecurityGroupRuleId"], "SecurityGroupRule": wide}
    team.client("ec2").modify_security_group_rules(GroupId=rule["GroupId"], SecurityGroupRules=[one])
    assert reach_of_rules(team) == {65535}


def reach_of_rules(team: Team) -> set[int]:
    return {one["ToPort"] for one in rules(team)}


def rules(team: Team) -> list[Any]:
    """What may come in to the stack's own groups."""
    ec2 = team.client("ec2")
    groups = ec2.describe_security_groups(Filters=of_stack(team.settings()))["SecurityGroups"]
    ours = [{"Name": "group-id", "Values": [one["GroupId"] for one in groups]}]
    found = ec2.describe_security_group_rules(Filters=ours)["SecurityGroupRules"]
    return [one for one in found if not one["IsEgress"]]


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


def test_who_may_preview_reads_no_other_state(team: Team) -> None:
    """Of another stack of the project, which `make orphans` of a deployer meets, and of another project."""
    admin, folder = team.client("s3"), ".pulumi/stacks"
    ours = f"{folder}/compute-instances/local.json.zst"
    others = [f"{folder}/compute-instances/prod.json.zst", f"{folder}/other/local.json.zst"]
    for other in others:
        admin.copy_object(Bucket=STATES, Key=other, CopySource={"Bucket": STATES, "Key": ours})
    previewer, deployer = team.by("preview"), team.by(*REACHES)
    previewer.preview()
    s3 = boto3.client("s3", endpoint_url=team.connection.endpoint, **session_of(previewer))
    s3.get_object(Bucket=STATES, Key=ours)
    for other in others:
        with pytest.raises(ClientError, match="is not authorized to perform: s3:GetObject"):
            s3.get_object(Bucket=STATES, Key=other)
    assert orphans(deployer) == "no orphans\n"
    for other in others:
        admin.delete_object(Bucket=STATES, Key=other)


def session_of(somebody: Team) -> dict[str, Any]:
    return {name.lower(): value for name, value in somebody.variables.items()}


def test_the_commands_of_the_page_make_the_roles(team: Team) -> None:
    """All but gh, which would ask GitHub."""
    page = (ROOT / "docs" / "aws-policies.md").read_text().splitlines()
    commands = [line[2:] for line in page if line.startswith("$ ") and not line.startswith("$ gh ")]
    (team.project / "iam").symlink_to(ROOT / "iam")
    shipped = (ROOT / "Pulumi.dev.yaml").read_text()
    (team.project / "Pulumi.dev.yaml").write_text(shipped.replace("111122223333", team.connection.account))
    done = run(["bash", "-euc", "\n".join(commands)], team.project, team.environment())
    assert done.returncode == 0, done.stdout
    iam = team.client("iam")
    held = {role: iam.list_role_policies(RoleName=role)["PolicyNames"] for role in ROLES}
    assert held == ROLES
