"""The arguments of an instance, and for each what a change of it means."""

from collections.abc import Awaitable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import pulumi

from bootstrap import Script, machine_of
from fleet import names
from fleet.network import subnet_of
from fleet.offer import Offer
from manifest import Process, Settings

HASHED: Final = frozenset(
    {
        *("ami", "instance_type", "key_name", "subnet_id", "user_data", "user_data_base64"),
        *("associate_public_ip_address", "instance_initiated_shutdown_behavior"),
        *("metadata_options", "root_block_device"),
    }
)
"""In the version, so that a change makes a new name: an old instance never gets another value."""

SAFE_IN_PLACE: Final = frozenset({"iam_instance_profile", "tags", "volume_tags", "vpc_security_group_ids"})
"""The provider changes these while the instance runs; their values are names that no rollout changes."""

IGNORED_LATER: Final = frozenset({"subnet_id"})
"""Of a looked-up subnet: chosen at creation; a subnet that AWS adds later moves no running instance."""


@dataclass(frozen=True, kw_only=True)
class Launch:
    """What the instances of one version of a process have in common."""

    process: Process
    script: Script
    settings: Settings
    offer: Offer
    security_group: pulumi.Input[str]
    profile: pulumi.Input[str] | None


def instance_arguments(
    launch: Launch, index: int, turn: Awaitable[object] | None = None
) -> Mapping[str, Any]:
    """The keyword arguments of aws.ec2.Instance, which is launched when its `turn` has come.

    It waits by one of its plain values and without a recorded dependency: so all old instances can end at
    once.
    """
    process, script = launch.process, launch.script
    tags = {
        **process.tags,
        "Name": names.instance(process, index, script.version),
        **names.tags(launch.settings, app=process.app, process=process.name, version=script.version),
    }
    return {
        "ami": pulumi.Output.from_input(_after(turn, process.image_id)) if turn else process.image_id,
        "instance_type": process.instance_type,
        "key_name": process.key_name,
        "subnet_id": subnet_of(process, index, launch.offer),
        "user_data": None if script.compressed else script.text,
        "user_data_base64": script.compressed,
        **machine_of(process),
        "iam_instance_profile": launch.profile,
        "vpc_security_group_ids": [launch.security_group],
        "tags": tags,
        "volume_tags": tags,
    }


async def _after(turn: Awaitable[object], value: str) -> str:
    await turn
    return value
