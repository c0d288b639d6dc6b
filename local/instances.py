"""The instances of a local AWS, and what a person may call one."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from local.connection import Connection
from local.errors import LocalError

_MANY = 8
"""So many are named where a word could mean several."""


@dataclass(frozen=True, kw_only=True)
class Instance:
    """An instance as the API describes it; what it does not have is empty."""

    id: str
    name: str
    """Its tag Name."""
    state: str
    image: str
    private_ip: str
    public_ip: str
    launched: datetime


def instances(connection: Connection) -> list[Instance]:
    """All that the API describes, the terminated ones of the last hour included."""
    pages = connection.client("ec2").get_paginator("describe_instances").paginate()
    return [
        _read(one) for page in pages for reserved in page["Reservations"] for one in reserved["Instances"]
    ]


def pick(among: Sequence[Instance], word: str) -> Instance:
    """The one whose id or name is `word`, else the only one whose id or name begins so.

    One that is there goes before those that are terminated, and of these the last launched is meant. Raises
    LocalError when there is none, or more than one.
    """
    exact = [one for one in among if word in {one.id, one.name}]
    found = exact or [one for one in among if one.id.startswith(word) or one.name.startswith(word)]
    there = [one for one in found if one.state != "terminated"]
    meant = there or sorted(found, key=lambda one: one.launched)[-1:]
    if len(meant) == 1:
        return meant[0]
    if not meant:
        raise LocalError(
            f"instance {word!r} does not exist", hint="`python -m local status` lists the instances"
        )
    raise LocalError(f"{word!r} may mean {len(meant)} instances", hint="\n  ".join(_named(meant)))


def _named(several: Sequence[Instance]) -> Iterator[str]:
    for one in several[:_MANY]:
        yield f"{one.id}  {one.name}".strip()
    if len(several) > _MANY:
        yield "..."


def _read(described: dict[str, Any]) -> Instance:
    tags = {tag["Key"]: tag["Value"] for tag in described.get("Tags", [])}
    return Instance(
        id=described["InstanceId"],
        name=tags.get("Name", ""),
        state=described["State"]["Name"],
        image=described["ImageId"],
        private_ip=described.get("PrivateIpAddress", ""),
        public_ip=described.get("PublicIpAddress", ""),
        launched=described["LaunchTime"],
    )
