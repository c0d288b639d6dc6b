"""Orphans: what is one, and what must never be taken for one. moto answers as AWS, a script as pulumi."""

import json
import os
import sys
from datetime import UTC, datetime, timedelta

import boto3
import pytest
from moto import mock_aws

from operate import orphans
from operate.orphans import Found, orphans_of
from operate.state import parse_state, provider_of

MOTO = "123456789012"
INSTANCE = "aws:ec2/instance:Instance"
GROUP = "aws:ec2/securityGroup:SecurityGroup"
LAUNCHED = datetime(2026, 3, 1, 3, 0, tzinfo=UTC)


def resource(kind, name, id_=None):
    urn = f"urn:pulumi:dev::compute-instances::compute-instances:fleet:App${kind}::{name}"
    return {"type": kind, "urn": urn} | ({"id": id_} if id_ else {})


def exported(*resources, pending=()):
    begun = [{"resource": one, "type": "creating"} for one in pending]
    return {"version": 3, "deployment": {"resources": list(resources), "pending_operations": begun}}


def found(id_, name="hello.web.0.aaaaaaaa", group="sg-ours", after=0):
    launched = LAUNCHED + timedelta(seconds=after)
    return Found(id=id_, name=name, state="running", launched=launched, groups=frozenset({group}))


def at(second):
    return f"2026-03-01T03:00:{second:02}Z"


MADE_LATER = "made after an update was killed"
OURS = resource(GROUP, "hello.web.security-group", "sg-ours")


def test_what_the_state_knows_is_none_also_when_it_waits_for_its_deletion():
    replaced = {**resource(INSTANCE, "hello.web.0.aaaaaaaa", "i-old"), "delete": True}
    state = parse_state(exported(OURS, replaced, resource(INSTANCE, "hello.web.0.aaaaaaaa", "i-new")))
    assert orphans_of(state, [found("i-old"), found("i-new")]) == []
    assert [str(one.found.id) for one in orphans_of(state, [found("i-other")])] == ["i-other"]


def test_whatever_was_begun_and_not_recorded_means_that_an_update_was_cut_off():
    assert parse_state(exported(OURS, pending=[resource(GROUP, "hello.web.security-group")])).cut_off
    assert not parse_state(exported(OURS)).cut_off


def test_each_line_says_why_and_the_oldest_comes_first():
    begun = resource(INSTANCE, "hello.web.1.aaaaaaaa")
    state = parse_state(
        exported(OURS, resource(INSTANCE, "hello.web.0.aaaaaaaa", "i-known"), pending=[begun])
    )
    lines = orphans_of(
        state,
        [
            found("i-3", "hello.web.9.bbbbbbbb", after=2),
            found("i-1", "hello.web.1.aaaaaaaa"),
            found("i-2", after=1),
        ],
    )
    assert [str(line).split("  ") for line in lines] == [
        [
            "i-1",
            "hello.web.1.aaaaaaaa",
            "running",
            at(0),
            "its launch was under way when an update was killed",
        ],
        [
            "i-2",
            "hello.web.0.aaaaaaaa",
            "running",
            at(1),
            f"the state knows i-known by this name, {MADE_LATER}",
        ],
        ["i-3", "hello.web.9.bbbbbbbb", "running", at(2), "the state knows nothing of this name any more"],
    ]


@pytest.mark.parametrize("state", [{"version": 3}, {"deployment": None}, exported()])
def test_an_empty_state_owns_nothing(state):
    (one,) = orphans_of(parse_state(state), [found("i-serves")])
    assert not one.ours
    assert "does not know its security group (sg-ours)" in one.why


PULUMI = """#!/bin/sh
cd "$(dirname "$0")"
echo "$@" >> asked
cat "$1 $2.out"
cat "$1 $2.err" >&2
exit "$(cat "$1 $2.code")"
"""


class Site:
    """A project, AWS, and a pulumi that gives these answers."""

    def __init__(self, folder):
        self.folder = folder
        self.ec2 = boto3.client("ec2", region_name="eu-central-1")
        self.group = self.ec2.create_security_group(GroupName="hello", Description="hello")["GroupId"]
        self.answers = {
            "config --json": [0, {"aws:region": {"value": "eu-central-1"}}, ""],
            "stack ls": [0, [{"name": "dev"}, {"name": "prod"}], ""],
            "stack rename": [1, "", "error: a stack named dev already exists"],
        }
        self.state(resource(GROUP, "hello.web.security-group", self.group))

    def state(self, *resources):
        self.answers["stack export"] = [0, exported(*resources), ""]

    def launch(self, stack="dev", group=None):
        labels = {"project": "compute-instances", "stack": stack}
        tags = [{"Key": f"compute-instances:{key}", "Value": value} for key, value in labels.items()]
        launched = self.ec2.run_instances(
            ImageId="ami-12c6146b",
            MinCount=1,
            MaxCount=1,
            SecurityGroupIds=[group or self.group],
            TagSpecifications=[{"ResourceType": "instance", "Tags": tags}],
        )
        return launched["Instances"][0]["InstanceId"]

    def states(self):
        pages = self.ec2.describe_instances()["Reservations"]
        return {one["InstanceId"]: one["State"]["Name"] for page in pages for one in page["Instances"]}

    def write(self):
        for question, (code, out, error) in self.answers.items():
            (self.folder / f"{question}.code").write_text(str(code))
            (self.folder / f"{question}.out").write_text(out if isinstance(out, str) else json.dumps(out))
            (self.folder / f"{question}.err").write_text(error)

    def run(self, *arguments):
        self.write()
        sys.argv = ["orphans", *arguments]
        return orphans.main()


@pytest.fixture
def site(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.defpath}")
    monkeypatch.setattr(sys, "argv", sys.argv)
    for name in ("AWS_PROFILE", "AWS_ENDPOINT_URL"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "Pulumi.yaml").write_text("name: compute-instances\nruntime: python\n")
    config = f"config:\n  aws:region: eu-central-1\n  aws:allowedAccountIds: ['{MOTO}']\n"
    (tmp_path / "Pulumi.dev.yaml").write_text(config)
    (tmp_path / "pulumi").write_text(PULUMI)
    (tmp_path / "pulumi").chmod(0o755)
    with mock_aws():
        yield Site(tmp_path)


def test_none(site, capsys):
    site.launch(stack="prod")
    assert site.run("--stack", "dev") == 0
    assert capsys.readouterr() == ("", "no orphans\n")


def test_some_are_listed_and_only_yes_removes_them(site, capsys):
    known, orphan, other = site.launch(), site.launch(), site.launch(stack="prod")
    site.state(resource(GROUP, "g", site.group), resource(INSTANCE, "hello.web.0.aaaaaaaa", known))
    assert site.run("--stack", "dev") == orphans.SOME
    told = capsys.readouterr()
    assert told.out.split()[0] == orphan
    assert "--yes" in told.err
    assert set(site.states().values()) == {"running"}
    assert site.run("--stack", "organization/compute-instances/dev", "--yes") == 0
    assert site.states() == {known: "running", orphan: "terminated", other: "running"}
    assert site.run("--stack", "dev") == 0


def test_another_state_of_the_same_name_costs_nothing(site, capsys):
    serves = site.launch()
    site.state()
    assert site.run("--stack", "dev", "--yes") == orphans.SOME
    assert site.states() == {serves: "running"}
    told = capsys.readouterr()
    assert "another state's?" in told.out
    assert f"aws ec2 terminate-instances --instance-ids {serves}" in told.err


LOCKED = "error: the stack is currently locked by 1 lock(s).\n  file://a: created by ann@ci (pid 7)"


@pytest.mark.parametrize(
    ("question", "answer", "said"),
    [
        ("stack rename", [1, "", LOCKED], "created by ann@ci (pid 7)"),
        ("stack rename", [0, "Renamed dev to dev", ""], "may be in the middle of an update"),
        ("stack ls", [0, [{"name": "ann/dev", "updateInProgress": True}], ""], "an update is in progress"),
        ("stack export", [255, "", "error: passphrase must be set"], "passphrase must be set"),
        ("config --json", [1, "", "error: no stack named 'dev' found"], "no stack named 'dev' found"),
    ],
)
def test_where_nothing_is_certain_nothing_is_said_or_removed(site, capsys, question, answer, said):
    orphan = site.launch()
    site.answers[question] = answer
    assert site.run("--stack", "dev", "--yes") == orphans.UNCERTAIN
    told = capsys.readouterr()
    assert told.out == ""
    assert said in told.err
    assert site.states() == {orphan: "running"}


def test_pulumi_cloud_tells_that_no_update_runs_and_its_stack_is_not_touched(site):
    site.answers["stack ls"] = [0, [{"name": "ann/dev", "updateInProgress": False}], ""]
    assert site.run("--stack", "ann/compute-instances/dev") == 0
    asked = (site.folder / "asked").read_text()
    assert "stack ls" in asked
    assert "rename" not in asked


ELSEWHERE = [{"name": "dev", "updateInProgress": False}, {"name": "acme/dev", "updateInProgress": True}]


@pytest.mark.parametrize(
    ("stack", "said"),
    [
        ("dev", "no orphans"),
        ("acme/dev", "an update is in progress"),
        ("acme/compute-instances/dev", "an update is in progress"),
        ("other/dev", "which stack is other/dev? pulumi stack ls tells of dev, acme/dev"),
    ],
)
def test_of_two_stacks_of_one_name_it_is_the_one_that_was_named(site, capsys, stack, said):
    site.answers["stack ls"] = [0, ELSEWHERE, ""]
    site.run("--stack", stack, "--yes")
    assert said in capsys.readouterr().err
    assert "rename" not in (site.folder / "asked").read_text()


def test_the_lock_is_looked_at_between_the_instances_and_the_state(site):
    site.run("--stack", "dev")
    asked = [line.split(" -")[0] for line in (site.folder / "asked").read_text().splitlines()]
    assert asked == ["config", "stack ls", "stack rename dev", "stack export"]


def test_credentials_of_another_account_see_nothing(site, capsys, tmp_path):
    orphan = site.launch()
    file = tmp_path / "Pulumi.dev.yaml"
    file.write_text(file.read_text().replace(MOTO, "222233334444"))
    assert site.run("--stack", "dev", "--yes") == orphans.UNCERTAIN
    assert "these credentials are of account 123456789012" in capsys.readouterr().err
    assert site.states() == {orphan: "running"}


def test_the_environment_as_shipped_says_what_to_fill_in(site, capsys, tmp_path):
    file = tmp_path / "Pulumi.dev.yaml"
    file.write_text(file.read_text().replace(MOTO, "111122223333"))
    assert site.run("--stack", "dev") == orphans.UNCERTAIN
    assert "put yours: pulumi config set --stack dev" in capsys.readouterr().err


def test_the_provider_is_what_the_stack_configures_of_it(site):
    endpoints = [{"ec2": "http://127.0.0.1:2"}]
    site.answers["config --json"][1] = {
        "aws:region": {"value": "eu-central-1"},
        "aws:secretKey": {"value": "s3cret", "secret": True},
        "aws:endpoints": {"value": json.dumps(endpoints), "objectValue": endpoints},
        "aws:skipMetadataApiCheck": {"value": "true"},
        "compute-instances:imageId": {"value": "ami-12c6146b"},
    }
    site.write()
    expected = {"region": "eu-central-1", "secretKey": "s3cret", "endpoints": endpoints}
    assert provider_of("dev") == expected


def test_without_pulumi_it_says_where_to_get_it(site, capsys, monkeypatch):
    monkeypatch.setenv("PATH", "/nonexistent")
    assert site.run("--stack", "dev") == orphans.UNCERTAIN
    assert "there is no pulumi command" in capsys.readouterr().err


def test_without_a_stack_it_is_wrong_usage(site):
    with pytest.raises(SystemExit) as end:
        site.run("--yes")
    assert end.value.code == 2
