"""Every resource of every stack against the invariants, and each of these against what breaks it."""

import json
import shutil
from copy import deepcopy

import pytest

from manifest import load_apps, load_settings
from tests.fleet import invariants
from tests.fleet.conftest import ROOT, Declared, fill_in
from tests.fleet.invariants import BY_TYPE, EVERYTHING, Stack, broken

ACCOUNTS = {"dev": "222233334444", "prod": "222233334444", "local": "123456789012"}


@pytest.fixture
def stack(run, project, aws):
    """Runs a stack with every example app, its placeholders filled in."""
    for example in (ROOT / "apps/examples").glob("*.yaml"):
        shutil.copy(example, project / "apps")

    def stack(name):
        fill_in(project / f"Pulumi.{name}.yaml", ACCOUNTS[name])
        aws.owner = ACCOUNTS[name]
        settings = load_settings(project, name)
        return Stack(settings, load_apps(project, settings), run(name).declared)

    return stack


@pytest.mark.parametrize("name", ACCOUNTS)
def test_all_hold_of_every_resource(stack, name):
    seen = stack(name)
    assert len({one.name.partition(".")[0] for one in seen.declared if one.type == invariants.INSTANCE}) == 6
    assert {one.type for one in seen.declared} == BY_TYPE.keys()
    assert [*broken(seen)] == []


def statement(**said):
    usual = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::team-slugs/a.tar.gz"}
    return {"policy": json.dumps({"Version": "2012-10-17", "Statement": [{**usual, **said}]})}


def assumed_by(principal, action="sts:AssumeRole"):
    trust = {"Effect": "Allow", "Principal": principal, "Action": action}
    return {"assumeRolePolicy": json.dumps({"Statement": trust})}


EC2 = {"Service": "ec2.amazonaws.com"}
OWN = "compute-instances-dev-222233334444-eu-central-1"
IMDS = {"httpEndpoint": "enabled", "httpTokens": "required", "httpPutResponseHopLimit": 1}
PUBLIC = {"protocol": "tcp", "fromPort": 5000, "toPort": 5000, "cidrBlocks": ["192.0.2.0/24"]}

PLANTED = [
    ("requires_imdsv2", "INSTANCE", {"metadataOptions": {**IMDS, "httpTokens": "optional"}}),
    ("requires_imdsv2", "INSTANCE", {"metadataOptions": {}}),
    ("hop_limit_is_one", "INSTANCE", {"metadataOptions": {**IMDS, "httpPutResponseHopLimit": 2}}),
    ("volumes_are_encrypted", "INSTANCE", {"rootBlockDevice": {"volumeSize": 8}}),
    ("volumes_are_encrypted", "INSTANCE", {"ebsBlockDevices": [{"deviceName": "/dev/sdf"}]}),
    ("is_found_by_tags", "INSTANCE", {"tags": {}, "volumeTags": {}}),
    ("volumes_are_found_by_tags", "INSTANCE", {"volumeTags": {}}),
    ("is_found_by_tags", "GROUP", {"tags": {"Name": "hello"}}),
    ("is_found_by_tags", "ROLE", {"tags": {}}),
    ("is_found_by_tags", "PROFILE", {"tags": {}}),
    ("is_found_by_tags", "BUCKET", {"tags": {}}),
    ("has_no_rules_inside", "GROUP", {"ingress": [{"securityGroups": ["sg-1"]}]}),
    ("names_no_range", "GROUP", {"ingress": [PUBLIC]}),
    ("is_part_of_a_group", "INGRESS", {"securityGroupId": "sg-0abc1234"}),
    ("is_part_of_a_group", "EGRESS", {"securityGroupId": "sg-0abc1234"}),
    ("opens_no_ssh", "INGRESS", {"fromPort": 22, "toPort": 22}),
    ("opens_no_ssh", "INGRESS", {"fromPort": 0, "toPort": 5000}),
    ("opens_no_ssh", "INGRESS", {"ipProtocol": "-1"}),
    ("opens_the_port_to_whom_the_file_names", "INGRESS", {"fromPort": 5001, "toPort": 5001}),
    ("opens_the_port_to_whom_the_file_names", "INGRESS", {"cidrIpv4": "192.0.2.0/24"}),
    ("opens_the_port_to_whom_the_file_names", "INGRESS", {"cidrIpv6": "::/0"}),
    ("opens_the_port_to_whom_the_file_names", "INGRESS", {"referencedSecurityGroupId": "sg-0abc1234"}),
    ("lets_out_to_everywhere_and_no_more", "EGRESS", {"cidrIpv6": "::/0"}),
    ("is_assumed_by_instances_alone", "ROLE", assumed_by("*")),
    ("is_assumed_by_instances_alone", "ROLE", assumed_by({"AWS": "*"})),
    ("is_assumed_by_instances_alone", "ROLE", assumed_by(EC2, action="sts:*")),
    ("is_part_of_a_role", "POLICY", {"role": "somebodys"}),
    ("reads_its_slugs_and_no_more", "POLICY", statement(Action="*")),
    ("reads_its_slugs_and_no_more", "POLICY", statement(Action="s3:Get*")),
    ("reads_its_slugs_and_no_more", "POLICY", statement(Action=["s3:GetObject", "s3:PutObject"])),
    ("reads_its_slugs_and_no_more", "POLICY", statement(Resource="*")),
    ("reads_its_slugs_and_no_more", "POLICY", statement(Resource=f"arn:aws:s3:::{OWN}/*")),
    ("reads_its_slugs_and_no_more", "POLICY", statement(Resource=f"arn:aws:s3:::{OWN}/other/*")),
    ("reads_its_slugs_and_no_more", "POLICY", statement(Resource="arn:aws:s3:::team-slugs/hello/*")),
    ("is_private", "BUCKET", {"acl": "public-read"}),
    ("is_part_of_the_bucket", "ACCESS_BLOCK", {"bucket": "somebodys"}),
    ("is_private", "ACCESS_BLOCK", {"bucket": "somebodys"}),
    ("blocks_all_that_is_public", "ACCESS_BLOCK", {"restrictPublicBuckets": False}),
    ("is_part_of_the_bucket", "OBJECT", {"bucket": "somebodys"}),
    ("lies_below_its_app", "OBJECT", {"key": "other/slug.tar.gz"}),
]
"""An invariant, and what one resource of a type says when it breaks that."""


def test_each_is_broken_by_what_breaks_it(stack):
    """One after the other in the same good stack, which is the control."""
    good = stack("dev")
    assert [*broken(good)] == []
    unseen = [planted for planted in PLANTED if planted[0] not in found(good, *planted[1:])]
    assert unseen == []
    every = {invariant for of_a_type in BY_TYPE.values() for invariant in of_a_type} | {*EVERYTHING}
    assert {planted[0] for planted in PLANTED} == {invariant.__name__ for invariant in every}


def found(good, kind, said):
    """The invariants that are broken when hello's resource of this type says something else."""
    declared = deepcopy(good.declared)
    one = next(
        one
        for one in declared
        if one.type == getattr(invariants, kind) and one.name.startswith(("hello.", "slug-bucket"))
    )
    one.inputs |= said
    return {invariant for _, invariant, _ in broken(Stack(good.settings, good.apps, declared))}


def test_a_type_that_nobody_thought_about_is_a_fault(stack):
    good = stack("dev")
    good.declared.append(Declared("aws:lb/loadBalancer:LoadBalancer", "balancer", {"subnets": []}))
    assert [*broken(good)] == [
        (
            "balancer",
            "is_thought_about",
            "nobody has said what must hold of aws:lb/loadBalancer:LoadBalancer",
        )
    ]


def test_what_a_role_may_read_of_its_own_is_no_fault(stack):
    """The control of the precise rule: the app's prefix in the stack's bucket, or one object."""
    good = stack("dev")
    for resource in (f"arn:aws:s3:::{OWN}/hello/*", "arn:aws:s3:::team-slugs/ten/10.tar.gz"):
        assert found(good, "POLICY", statement(Resource=resource)) == set()
