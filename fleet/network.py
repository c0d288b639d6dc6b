"""Which subnets instances go to: the ones that are named, or the default VPC's."""

from collections.abc import Sequence
from typing import Any

import pulumi
import pulumi_aws as aws

from fleet.types import InstanceTypes
from manifest import Process


class Networks:
    """Asks AWS each question once, however many processes and instances want to know."""

    def __init__(self, types: InstanceTypes) -> None:
        self._types = types
        self._vpcs: dict[str, pulumi.Output[str]] = {}
        self._subnets: dict[str, pulumi.Output[Sequence[str]]] = {}
        self._picked: dict[tuple[str, int], pulumi.Output[str]] = {}

    def vpc_of(self, process: Process) -> pulumi.Output[str]:
        """The id of the VPC that the process's subnets are in."""
        first = process.subnets[0] if process.subnets else ""
        if first not in self._vpcs:
            self._vpcs[first] = (
                aws.ec2.get_subnet_output(id=first).vpc_id
                if first
                else aws.ec2.get_vpc_output(default=True).id
            )
        return self._vpcs[first]

    def subnet_of(self, process: Process, index: int) -> pulumi.Input[str]:
        """The subnet of the instance with this index: instances go round them.

        In their sorted order, so that the one in which they were written or found moves no instance.
        """
        if process.subnets:
            return _pick(process.subnets, index)
        key = (process.instance_type, index)
        if key not in self._picked:
            self._picked[key] = self._found(process).apply(lambda found: _pick(found, index))
        return self._picked[key]

    def asked(self) -> Sequence[pulumi.Output[Any]]:
        """Every answer so far, known or not."""
        return [*self._vpcs.values(), *self._subnets.values()]

    def _found(self, process: Process) -> pulumi.Output[Sequence[str]]:
        """The default VPC's subnets where the process's type is offered, never none."""
        kind = process.instance_type
        if kind not in self._subnets:
            both = pulumi.Output.all(self.vpc_of(process), self._types.zones(kind))
            filters = both.apply(lambda found: _where(process, *found))
            ids = aws.ec2.get_subnets_output(filters=filters).ids
            self._subnets[kind] = ids.apply(lambda found: _some(process, found))
        return self._subnets[kind]


def _pick(subnets: Sequence[str], index: int) -> str:
    return sorted(subnets)[index % len(subnets)]


def _where(process: Process, vpc: str, zones: list[str]) -> list[aws.ec2.GetSubnetsFilterArgsDict]:
    """Only zones that offer the type: in the others a launch fails."""
    if not zones:
        raise pulumi.RunError(
            f"{process.label}: no zone of the region offers {process.instance_type}; "
            "choose another instance_type"
        )
    return [
        {"name": "vpc-id", "values": [vpc]},
        {"name": "default-for-az", "values": ["true"]},
        {"name": "availability-zone", "values": sorted(zones)},
    ]


def _some(process: Process, found: Sequence[str]) -> Sequence[str]:
    if not found:
        raise pulumi.RunError(
            f"{process.label}: the default VPC has no subnet in a zone that offers {process.instance_type}; "
            "choose another instance_type, or name subnets in the stack's config"
        )
    return found
