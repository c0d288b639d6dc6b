"""What holds of everything that the program declares, by type.

A type that is not in the table is a fault: whoever declares it must think about what has to hold.
"""

import ipaddress
import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from bootstrap import bucket_name
from fleet import names
from manifest import App, Process, Settings

INSTANCE: Final = "aws:ec2/instance:Instance"
GROUP: Final = "aws:ec2/securityGroup:SecurityGroup"
INGRESS: Final = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
EGRESS: Final = "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule"
ROLE: Final = "aws:iam/role:Role"
POLICY: Final = "aws:iam/rolePolicy:RolePolicy"
PROFILE: Final = "aws:iam/instanceProfile:InstanceProfile"
BUCKET: Final = "aws:s3/bucket:Bucket"
ACCESS_BLOCK: Final = "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock"
OBJECT: Final = "aws:s3/bucketObjectv2:BucketObjectv2"

TAGGED_BY: Final[Mapping[str, tuple[str, ...]]] = {
    INSTANCE: ("app", "process", "version"),
    GROUP: ("app", "process"),
    ROLE: ("app",),
    PROFILE: ("app",),
    BUCKET: (),
}
"""What tags tell beside project and stack. Rules, policies and slugs bear none: each is part of one."""

SSH: Final = 22


@dataclass(frozen=True)
class Stack:
    """All that one run declared, and the files that it should follow from."""

    settings: Settings
    apps: tuple[App, ...]
    declared: list[Any]

    def ids(self, kind: str) -> set[str]:
        """Of everything of a type, as the mocks give them."""
        return {f"id-of-{one.name}" for one in self.declared if one.type == kind}

    def process(self, name: str) -> Process:
        """The one that a resource is of, by its name."""
        label = ".".join(name.split(".")[:2])
        return next(one for app in self.apps for one in app.processes if one.label == label)


Invariant = Callable[[Any, Stack], Iterator[str]]
"""What is wrong with one resource; the function's name is the invariant's."""


def requires_imdsv2(one: Any, _stack: Stack) -> Iterator[str]:
    if one.inputs.get("metadataOptions", {}).get("httpTokens") != "required":
        yield "answers IMDSv1"


def hop_limit_is_one(one: Any, _stack: Stack) -> Iterator[str]:
    if one.inputs.get("metadataOptions", {}).get("httpPutResponseHopLimit") != 1:
        yield "containers reach its metadata"


def volumes_are_encrypted(one: Any, _stack: Stack) -> Iterator[str]:
    volumes = [one.inputs.get("rootBlockDevice", {}), *one.inputs.get("ebsBlockDevices", ())]
    if not all(volume.get("encrypted") is True for volume in volumes):
        yield "has a volume in clear"


def volumes_are_found_by_tags(one: Any, _stack: Stack) -> Iterator[str]:
    if one.inputs.get("volumeTags") != one.inputs.get("tags"):
        yield "has volumes that bear other tags"


def is_found_by_tags(one: Any, stack: Stack) -> Iterator[str]:
    """By those of the stack, and of what its name tells."""
    parts = dict(zip(("app", "process", "index", "version"), one.name.split("."), strict=False))
    wanted = names.tags(stack.settings, **{key: parts[key] for key in TAGGED_BY[one.type]})
    if not wanted.items() <= one.inputs.get("tags", {}).items():
        yield f"lacks tags of {wanted}"


def has_no_rules_inside(one: Any, _stack: Stack) -> Iterator[str]:
    if one.inputs.get("ingress") or one.inputs.get("egress"):
        yield "has rules that no other invariant sees"


def is_part_of_a_group(one: Any, stack: Stack) -> Iterator[str]:
    """It bears no tag, and goes with its group, which does."""
    if one.inputs.get("securityGroupId") not in stack.ids(GROUP):
        yield "is a rule of somebody else's group"


def opens_no_ssh(one: Any, _stack: Stack) -> Iterator[str]:
    first, last = one.inputs.get("fromPort"), one.inputs.get("toPort")
    if one.inputs.get("ipProtocol") == "-1" or first is None or last is None or first <= SSH <= last:
        yield "opens port 22"


def opens_the_port_to_whom_the_file_names(one: Any, stack: Stack) -> Iterator[str]:
    process, inputs = stack.process(one.name), one.inputs
    if {inputs.get("fromPort"), inputs.get("toPort")} != {process.port}:
        yield "opens another port than the process's"
    sources = {key for key in inputs if key.startswith(("cidr", "prefix", "referenced"))}
    if not sources or not {inputs[key] for key in sources} <= {*process.allow_from}:
        yield "opens to somebody whom allow_from does not name"


def lets_out_to_everywhere_and_no_more(one: Any, _stack: Stack) -> Iterator[str]:
    """The one range that nobody declares: instances fetch packages and slugs from wherever those are."""
    said = {key: value for key, value in one.inputs.items() if key not in {"securityGroupId", "description"}}
    if said != {"ipProtocol": "-1", "cidrIpv4": "0.0.0.0/0"}:
        yield "is another rule than that of the design"


def is_assumed_by_instances_alone(one: Any, _stack: Stack) -> Iterator[str]:
    for statement in _statements(one.inputs.get("assumeRolePolicy")):
        if statement.get("Principal") != {"Service": "ec2.amazonaws.com"}:
            yield "can be assumed by others than instances"
        if statement.get("Action") != "sts:AssumeRole":
            yield "grants more than to be assumed"


def reads_its_slugs_and_no_more(one: Any, stack: Stack) -> Iterator[str]:
    """No wildcard but the one after the app's own prefix, in the stack's own bucket."""
    app = one.name.partition(".")[0]
    own = f"{bucket_name(stack.settings)}/{app}/*"
    for statement in _statements(one.inputs.get("policy")):
        if statement.get("Action") != "s3:GetObject" or {"NotAction", "NotResource"} & statement.keys():
            yield f"allows {statement.get('Action')}"
        there = re.fullmatch(r"arn:aws[a-z-]*:s3:::(.+)", str(statement.get("Resource")))
        if not there or (re.search(r"[*?$]", there[1]) and there[1] != own):
            yield f"reaches {statement.get('Resource')}"


def is_part_of_a_role(one: Any, stack: Stack) -> Iterator[str]:
    if one.inputs.get("role") not in {role.inputs["name"] for role in stack.declared if role.type == ROLE}:
        yield "is a policy of somebody else's role"


def is_private(one: Any, stack: Stack) -> Iterator[str]:
    blocked = {block.inputs.get("bucket") for block in stack.declared if block.type == ACCESS_BLOCK}
    if f"id-of-{one.name}" not in blocked or {"acl", "grants", "website"} & one.inputs.keys():
        yield "may be public"


def blocks_all_that_is_public(one: Any, _stack: Stack) -> Iterator[str]:
    flags = ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")
    if not all(one.inputs.get(flag) is True for flag in flags):
        yield "leaves something public"


def is_part_of_the_bucket(one: Any, stack: Stack) -> Iterator[str]:
    """It bears no tag, and goes with the bucket, which does."""
    if one.inputs.get("bucket") not in stack.ids(BUCKET):
        yield "is in somebody else's bucket"


def lies_below_its_app(one: Any, _stack: Stack) -> Iterator[str]:
    if not one.inputs.get("key", "").startswith(f"{one.name.partition('.')[0]}/"):
        yield "is a slug that another app's role reads"


def names_no_range(one: Any, _stack: Stack) -> Iterator[str]:
    """Firewall rules are judged by invariants of their own."""
    if one.type not in {INGRESS, EGRESS} and any(map(_is_range, _texts(one.inputs))):
        yield "names a range of addresses"


EVERYTHING: Final[tuple[Invariant, ...]] = (names_no_range,)
"""Of whatever is in AWS."""

BY_TYPE: Final[Mapping[str, tuple[Invariant, ...]]] = {
    INSTANCE: (
        *(requires_imdsv2, hop_limit_is_one, volumes_are_encrypted),
        *(is_found_by_tags, volumes_are_found_by_tags),
    ),
    GROUP: (is_found_by_tags, has_no_rules_inside),
    INGRESS: (is_part_of_a_group, opens_no_ssh, opens_the_port_to_whom_the_file_names),
    EGRESS: (is_part_of_a_group, lets_out_to_everywhere_and_no_more),
    ROLE: (is_found_by_tags, is_assumed_by_instances_alone),
    POLICY: (is_part_of_a_role, reads_its_slugs_and_no_more),
    PROFILE: (is_found_by_tags,),
    BUCKET: (is_found_by_tags, is_private),
    ACCESS_BLOCK: (is_part_of_the_bucket, blocks_all_that_is_public),
    OBJECT: (is_part_of_the_bucket, lies_below_its_app),
    "compute-instances:fleet:App": (),
    "pulumi:index:Stash": (),
}


def broken(stack: Stack) -> Iterator[tuple[str, str, str]]:
    """Each resource and invariant that do not agree, and how; for an unknown type, `is_thought_about`."""
    for one in stack.declared:
        if one.type not in BY_TYPE:
            yield one.name, "is_thought_about", f"nobody has said what must hold of {one.type}"
        general = EVERYTHING if one.type.startswith("aws:") else ()
        for invariant in (*BY_TYPE.get(one.type, ()), *general):
            yield from ((one.name, invariant.__name__, fault) for fault in invariant(one, stack))


def _statements(document: Any) -> list[Any]:
    statements = json.loads(document)["Statement"]
    return statements if isinstance(statements, list) else [statements]


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping | list):
        for inside in value.values() if isinstance(value, Mapping) else value:
            yield from _texts(inside)


def _is_range(text: str) -> bool:
    try:
        ipaddress.ip_network(text, strict=False)
    except ValueError:
        return False
    return True
