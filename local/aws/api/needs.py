"""Which permissions a request needs: actions, on which resources, with what conditions may ask about.

As AWS documents them, for the requests of a program such as ours. Every other request is judged by its action
alone, on every resource at once (`*`). https://docs.aws.amazon.com/service-authorization/latest/reference/
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import unquote

from local.aws.api.policy import Need

Tags = Mapping[str, str]


class Known(Protocol):
    """What the account has, as far as permissions depend on it."""

    def tags(self, id_: str) -> Tags:
        """Of an EC2 resource; none of what does not exist."""

    def roles(self, profile: str) -> Sequence[str]:
        """ARNs of the roles of an instance profile."""

    def key(self, request: Mapping[str, Any]) -> str:
        """The ARN of the key that a request to KMS names or its ciphertext was made with, or `*`."""


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A request: the parameters of its query by name, its body and its headers; and where it was made.

    `resource`: as moto found it.
    """

    service: str
    action: str
    resource: str
    method: str
    path: str
    parameters: Mapping[str, Any]
    body: bytes
    headers: Mapping[str, str]
    account: str
    region: str
    known: Known

    @property
    def name(self) -> str:
        return f"{self.service}:{self.action}"

    def values(self, pattern: str) -> list[str]:
        """The values of a parameter; `*` stands for the numbers of a list: `InstanceId.*`."""
        wanted = re.compile(re.escape(pattern).replace(r"\*", r"\d+"))
        found = [value for name, value in self.parameters.items() if wanted.fullmatch(name)]
        return [str(value[0] if isinstance(value, list) else value) for value in found]

    def arn(self, kind: str, id_: str) -> str:
        """Of an EC2 resource. Images are of no account, as far as permissions go."""
        account = "" if kind == "image" else self.account
        return f"arn:aws:ec2:{self.region}:{account}:{kind}/{id_}"


def needs_of(asked: Asked) -> Iterator[Need]:
    """All that must be allowed."""
    judged = {"ec2": _ec2, "iam": _iam, "kms": _kms, "s3": _s3}.get(asked.service, _by_action)
    here = {"aws:RequestedRegion": [asked.region]}
    for need in judged(asked):
        yield Need(action=need.action, resource=need.resource, context={**here, **need.context})


def _by_action(asked: Asked) -> Iterator[Need]:
    yield Need(action=asked.name, resource=asked.resource)


_INSTANCE, _INSTANCES = ("instance", "InstanceId"), ("instance", "InstanceId.*")
_GROUP = ("security-group", "GroupId")

_EC2: Mapping[str, Sequence[tuple[str, ...]]] = {
    "AssociateIamInstanceProfile": [_INSTANCE],
    "AuthorizeSecurityGroupEgress": [_GROUP],
    "AuthorizeSecurityGroupIngress": [_GROUP],
    "CreateSecurityGroup": [("security-group",), ("vpc", "VpcId")],
    "DeleteSecurityGroup": [_GROUP],
    "DescribeInstanceAttribute": [_INSTANCE],
    "DescribeVpcAttribute": [("vpc", "VpcId")],
    "GetConsoleOutput": [_INSTANCE],
    "ModifyInstanceAttribute": [_INSTANCE],
    "ModifyInstanceMetadataOptions": [_INSTANCE],
    "ModifySecurityGroupRules": [
        _GROUP,
        ("security-group-rule", "SecurityGroupRule.*.SecurityGroupRuleId"),
        ("prefix-list", "SecurityGroupRule.*.SecurityGroupRule.PrefixListId"),
    ],
    "RebootInstances": [_INSTANCES],
    "RevokeSecurityGroupEgress": [_GROUP],
    "RevokeSecurityGroupIngress": [_GROUP],
    "RunInstances": [
        ("instance",),
        ("volume",),
        ("network-interface",),
        ("image", "ImageId"),
        ("key-pair", "KeyName"),
        ("subnet", "SubnetId", "NetworkInterface.*.SubnetId"),
        ("security-group", "SecurityGroupId.*", "NetworkInterface.*.SecurityGroupId.*"),
    ],
    "StartInstances": [_INSTANCES],
    "StopInstances": [_INSTANCES],
    "TerminateInstances": [_INSTANCES],
}
"""Kinds of resources, and the parameters that name them; none for what the request makes."""

_PREFIXES = {"i": "instance", "vol": "volume", "sg": "security-group", "sgr": "security-group-rule"}


def _ec2(asked: Asked) -> Iterator[Need]:
    if asked.action in {"CreateTags", "DeleteTags"}:
        yield from _tagging(asked)
        return
    if asked.action not in _EC2:
        yield Need(action=asked.name)
        return
    given = dict(_tags_at_birth(asked))
    for kind, *parameters in _EC2[asked.action]:
        for id_ in [value for one in parameters for value in asked.values(one)] if parameters else ["*"]:
            context = (
                _resource_tags(asked.known.tags(id_)) if parameters else _request_tags(given.get(kind, {}))
            )
            yield Need(action=asked.name, resource=asked.arn(kind, id_), context=context)
    for kind, tags in given.items():
        context = {**_request_tags(tags), "ec2:CreateAction": [asked.action]}
        yield Need(action="ec2:CreateTags", resource=asked.arn(kind, "*"), context=context)
    for profile in _profiles(asked):
        yield from (_passed(role) for role in asked.known.roles(profile))


def _profiles(asked: Asked) -> Iterator[str]:
    """Names of the instance profiles whose role the request hands on."""
    yield from asked.values("IamInstanceProfile.Name")
    yield from (arn.rpartition("/")[2] for arn in asked.values("IamInstanceProfile.Arn"))


def _tagging(asked: Asked) -> Iterator[Need]:
    keys, values = asked.values("Tag.*.Key"), asked.values("Tag.*.Value")
    wanted = _request_tags(dict(zip(keys, values or [""] * len(keys), strict=True)))
    for id_ in asked.values("ResourceId.*"):
        kind = _PREFIXES.get(id_.partition("-")[0], "*")
        context = {**wanted, **_resource_tags(asked.known.tags(id_))}
        yield Need(action=asked.name, resource=asked.arn(kind, id_), context=context)


def _tags_at_birth(asked: Asked) -> Iterator[tuple[str, Tags]]:
    for n in range(1, len(asked.values("TagSpecification.*.ResourceType")) + 1):
        (kind,) = asked.values(f"TagSpecification.{n}.ResourceType")
        keys, values = (asked.values(f"TagSpecification.{n}.Tag.*.{part}") for part in ("Key", "Value"))
        yield kind, dict(zip(keys, values, strict=True))


def _request_tags(tags: Tags) -> Mapping[str, Sequence[str]]:
    wanted = {f"aws:RequestTag/{key}": [value] for key, value in tags.items()}
    return {**wanted, "aws:TagKeys": list(tags)} if tags else {}


def _resource_tags(tags: Tags) -> Mapping[str, Sequence[str]]:
    return {f"aws:ResourceTag/{key}": [value] for key, value in tags.items()}


_TAGGED = {"CreateInstanceProfile": "iam:TagInstanceProfile", "CreateRole": "iam:TagRole"}


def _iam(asked: Asked) -> Iterator[Need]:
    resource = _iam_resource(asked)
    yield Need(action=asked.name, resource=resource)
    if asked.action in _TAGGED and asked.values("Tags.member.*.Key"):
        yield Need(action=_TAGGED[asked.action], resource=resource)
    if asked.action == "AddRoleToInstanceProfile":
        yield _passed(f"arn:aws:iam::{asked.account}:role/{asked.values('RoleName')[0]}")


def _iam_resource(asked: Asked) -> str:
    kinds = {"InstanceProfileName": "instance-profile", "RoleName": "role", "UserName": "user"}
    named = [f"{kind}/{name}" for parameter, kind in kinds.items() for name in asked.values(parameter)]
    return f"arn:aws:iam::{asked.account}:{named[0]}" if named else "*"


def _passed(role: str) -> Need:
    """A role is handed to instances."""
    context = {"iam:PassedToService": ["ec2.amazonaws.com"]}
    return Need(action="iam:PassRole", resource=role, context=context)


def _kms(asked: Asked) -> Iterator[Need]:
    yield Need(action=asked.name, resource=asked.known.key(json.loads(asked.body or b"{}")))


_S3_ACTIONS = {"HeadBucket": "ListBucket"}
_PUBLIC_ACCESS = {"GET": "GetBucketPublicAccessBlock"}


def _s3(asked: Asked) -> Iterator[Need]:
    """By what AWS calls the permissions, where moto has the names of the requests."""
    action, resource = _S3_ACTIONS.get(asked.action, asked.action), asked.resource
    if "?publicAccessBlock" in asked.path:
        action = _PUBLIC_ACCESS.get(asked.method, "PutBucketPublicAccessBlock")
    if action == "DeleteObject" and resource.count("/") == 0:
        resource += "/*"  # many at once: their keys are in the body
    yield Need(action=f"s3:{action}", resource=resource)
    if source := action == "PutObject" and asked.headers.get("X-Amz-Copy-Source"):
        yield Need(action="s3:GetObject", resource=f"arn:aws:s3:::{unquote(source).lstrip('/')}")
    if asked.headers.get("X-Amz-Tagging") and action == "PutObject":
        yield Need(action="s3:PutObjectTagging", resource=resource)
