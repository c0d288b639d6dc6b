"""The arguments of an instance, and for each what a change of it means."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import pulumi

from bootstrap import MACHINE, Script
from fleet import names, network
from manifest import Process, Settings

HASHED: Final = frozenset(
    {"ami", "instance_type", "key_name", "subnet_id", "user_data", "user_data_base64", *MACHINE}
)
"""In the version, so that a change makes a new name: an old instance never gets another value."""

SAFE_IN_PLACE: Final = frozenset({"iam_instance_profile", "tags", "volume_tags", "vpc_security_group_ids"})
"""The provider changes these while the instance runs; their values are names that no rollout changes."""

IGNORED_LATER: Final = ("subnetId",)
"""Of a looked-up subnet: chosen at creation; a subnet that AWS adds later moves no running instance."""


@dataclass(frozen=True, kw_only=True)
class Launch:
    """What the instances of one version of a process have in common.

    `needs`: what must exist before the first of them is launched.
    """

    process: Process
    script: Script
    settings: Settings
    subnets: pulumi.Input[Sequence[str]]
    security_group: pulumi.Input[str]
    profile: pulumi.Input[str] | None
    needs: Sequence[pulumi.Resource]


def instance_arguments(launch: Launch, index: int) -> Mapping[str, Any]:
    """The keyword arguments of aws.ec2.Instance."""
    process, script = launch.process, launch.script
    tags = {
        "Name": names.instance(process, index, script.version),
        **names.tags(launch.settings, app=process.app, process=process.name, version=script.version),
    }
    return {
        "ami": process.image_id,
        "instance_type": process.instance_type,
        "key_name": process.key_name,
        "subnet_id": network.pick(launch.subnets, index),
        "user_data": None if script.compressed else script.text,
        "user_data_base64": script.compressed,
        **MACHINE,
        "iam_instance_profile": launch.profile,
        "vpc_security_group_ids": [launch.security_group],
        "tags": tags,
        "volume_tags": tags,
    }
