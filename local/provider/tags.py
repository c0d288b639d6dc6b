"""Tags as a program gives them (a map), and as EC2, IAM and S3 take them (lists of Key and Value)."""

from collections.abc import Iterable, Mapping
from typing import Any

from local.provider.table import Argument, Call
from local.provider.values import Properties

TAGS = Argument(name="tags")


def as_list(tags: Mapping[str, str]) -> list[Any]:
    return [{"Key": key, "Value": value} for key, value in sorted(tags.items())]


def as_map(tags: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """The tags AWS reports; those of AWS's own services are nobody's to manage."""
    return {tag["Key"]: tag.get("Value", "") for tag in tags if not tag["Key"].startswith("aws:")}


def outputs(call: Call, tags: Iterable[Mapping[str, Any]]) -> Properties:
    """`tagsAll` is what the resource has, `tags` what of it is not from the provider's `defaultTags`."""
    everything, default = as_map(tags), call.aws.default_tags
    own = call.inputs.get("tags", {})
    mine = {key: value for key, value in everything.items() if key in own or default.get(key) != value}
    return {"tags": mine, "tagsAll": everything}


def specifications(call: Call, *kinds: str) -> list[Any]:
    """EC2's TagSpecifications, so that nothing ever exists without its tags."""
    tags = as_list(call.inputs["tagsAll"])
    return [{"ResourceType": kind, "Tags": tags} for kind in kinds] if tags else []


def gone(call: Call, name: str = "tagsAll") -> list[str]:
    """Keys that an update takes away."""
    return sorted(call.before.get(name, {}).keys() - call.inputs.get(name, {}).keys())


def update_ec2(call: Call) -> None:
    """Make the tags of the EC2 resource `call.id` what the program says now."""
    if call.changed("tagsAll"):
        retag(call, "tagsAll", [call.id])


def retag(call: Call, name: str, ids: list[str]) -> None:
    """Make the tags of these EC2 resources what the program says now in the input `name`."""
    if lost := gone(call, name):
        call.aws.ec2.delete_tags(Resources=ids, Tags=[{"Key": key} for key in lost])
    if wanted := call.inputs.get(name):
        call.aws.ec2.create_tags(Resources=ids, Tags=as_list(wanted))
