"""docs/aws.md from its first command to its last, without `local/`.

The tests run in their order, on one account.
"""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tests.engine import page
from tests.engine.newcomer import Newcomer, newcomer
from tests.stack import ROOT

pytestmark = pytest.mark.engine

TEMPLATE = ROOT / "docs" / "pulumi-state.yaml"
KEY_LINES = ("secretsprovider:", "encryptedkey:")


@pytest.fixture(scope="module")
def person(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Newcomer]:
    with newcomer(tmp_path_factory.mktemp("newcomer")) as person:
        yield person


def stack_file(person):
    return (person.project / "Pulumi.dev.yaml").read_text()


def changes(told):
    """What an update says it did."""
    return [line.strip() for line in told.partition("Resources:")[2].splitlines() if line.strip()]


def test_nothing_of_local_is_there_to_be_imported(person):
    for package in ("local", "tests", "moto", "typer", "rich"):
        assert person.runs(f"python -c 'import {package}'").returncode != 0
    assert person.runs("python -c 'import pulumi_aws, boto3, jinja2, pydantic'").returncode == 0
    assert person.runs("python -m pip check").returncode == 0


def test_scripts_render_as_shipped_without_any_access(person):
    told = person.runs("env -u AWS_ACCESS_KEY_ID python -m bootstrap hello --stack dev")
    assert told.returncode == 0, told.stdout
    assert told.stdout.startswith("#!/bin/bash\n")


def test_the_place_for_the_state_is_made_once(person):
    assert f"account {person.connection.account}, region us-east-1" in person.types("where")
    assert "Successfully created/updated stack" in person.types("state")
    assert "No changes to deploy" in person.types("state")
    s3, kms = person.connection.client("s3"), person.connection.client("kms")
    assert [one["Name"] for one in s3.list_buckets()["Buckets"]] == [bucket(person)]
    assert kms.describe_key(KeyId="alias/pulumi-state")["KeyMetadata"]["KeyState"] == "Enabled"


def bucket(person):
    return f"pulumi-state-{person.connection.account}-us-east-1"


def test_the_template_is_one_that_cloudformation_takes():
    """moto makes bucket and key of it, but passes over most of what it says of them."""
    lint = Path(sys.executable).with_name("cfn-lint")  # moto brings it along
    linted = subprocess.run([lint, TEMPLATE], capture_output=True, text=True, check=False)
    assert (linted.returncode, linted.stdout) == (0, "")


def test_the_bucket_keeps_versions_is_encrypted_not_public_and_speaks_tls(template):
    properties = template["Bucket"]["Properties"]
    assert properties["VersioningConfiguration"] == {"Status": "Enabled"}
    assert properties["BucketEncryption"]
    assert {*properties["PublicAccessBlockConfiguration"].values()} == {True}
    assert len(properties["PublicAccessBlockConfiguration"]) == 4
    (statement,) = template["TlsOnly"]["Properties"]["PolicyDocument"]["Statement"]
    assert (statement["Effect"], statement["Condition"]) == (
        "Deny",
        {"Bool": {"aws:SecureTransport": "false"}},
    )


@pytest.fixture
def template():
    class Loader(yaml.SafeLoader):
        """Knows that CloudFormation has tags of its own."""

    Loader.add_multi_constructor("!", lambda loader, tag, node: f"{tag} {node.value}")
    return yaml.load(TEMPLATE.read_text(), Loader)["Resources"]  # noqa: S506 - it is a safe loader


def test_the_stack_is_kept_there_and_encrypts_with_the_key(person):
    person.types("stack")
    written = yaml.safe_load(stack_file(person))
    assert written["secretsprovider"].startswith("awskms://alias/pulumi-state?")
    assert written["encryptedkey"]
    kept = person.connection.client("s3").list_objects_v2(Bucket=bucket(person))["Contents"]
    assert ".pulumi/stacks/compute-instances/dev.json" in {one["Key"] for one in kept}


def test_as_shipped_it_stops_and_says_what_to_fill_in(person):
    refused = person.tries("refused")
    assert refused.returncode != 0
    person.sees("refused", refused.stdout)
    assert "Traceback" not in refused.stdout


def test_what_it_says_can_be_pasted(person):
    """As printed: the account and the image that the local AWS has."""
    told = person.tries("refused").stdout
    pasted = [line.partition(": pulumi")[2] for line in told.splitlines() if ": pulumi config set" in line]
    assert len(pasted) == 2
    before = stack_file(person)
    for command in pasted:
        done = person.runs(f"pulumi{command}".replace("eu-central-1", "us-east-1"))
        assert done.returncode == 0, done.stdout
    assert person.connection.account in stack_file(person)
    (person.project / "Pulumi.dev.yaml").write_text(before)


def test_filled_in_the_file_keeps_its_comments(person):
    person.types("fill-in")
    config = yaml.safe_load(stack_file(person))["config"]
    assert config == {
        "aws:region": "us-east-1",
        "aws:allowedAccountIds": [person.connection.account],
        "compute-instances:imageId": "ami-0c0ffee0000000012",
    }
    assert "# your account: aws sts get-caller-identity" in stack_file(person)


def test_subnets_can_be_named(person):
    subnet, *_ = person.types("subnets").split()
    person.types("own-subnet", SUBNET=subnet)
    assert yaml.safe_load(stack_file(person))["config"]["compute-instances:subnets"] == [subnet]


def test_it_comes_up_and_a_second_up_changes_nothing(person):
    person.types("every-shell")
    told = person.types("up")
    person.sees("up", told)
    assert changes(person.types("up"))[0].endswith("unchanged")
    address = person.sees("outputs", person.types("outputs"))["ADDRESS"]
    assert re.fullmatch(r"http://[\d.]+:5000", address)


def test_taken_down_nothing_is_left(person):
    person.types("destroy")
    assert person.connection.client("ec2").describe_volumes()["Volumes"] == []
    s3, kms = person.connection.client("s3"), person.connection.client("kms")
    key = kms.describe_key(KeyId="alias/pulumi-state")["KeyMetadata"]["KeyId"]
    assert [one["Name"] for one in s3.list_buckets()["Buckets"]] == [bucket(person)]
    assert "dev" not in person.types("stacks-left")
    person.types("state-gone")
    assert s3.list_buckets()["Buckets"] == []
    assert kms.describe_key(KeyId=key)["KeyMetadata"]["KeyState"] == "PendingDeletion"


def test_begun_anew_the_old_key_is_forgotten_only_with_its_lines(person):
    """AWS would not decrypt with a key that is to be deleted; the local one does."""
    old = encrypted_key(person)
    person.types("state")
    person.types("stack")
    assert encrypted_key(person) == old
    person.types("destroy")
    kept = [line for line in stack_file(person).splitlines() if not line.startswith(KEY_LINES)]
    (person.project / "Pulumi.dev.yaml").write_text("\n".join([*kept, ""]))
    person.types("stack")
    assert encrypted_key(person) != old


def encrypted_key(person):
    return yaml.safe_load(stack_file(person))["encryptedkey"]


def test_every_block_of_the_page_with_a_name_was_typed_or_seen():
    here = Path(__file__).read_text()
    named = {*page.blocks("do", page.FIRST_HOUR), *page.blocks("see", page.FIRST_HOUR)}
    assert named, "the page has some at all"
    assert [name for name in sorted(named) if f'("{name}"' not in here] == []
