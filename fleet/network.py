"""Which subnets instances go to: the ones that are named, or the default VPC's."""

from collections.abc import Sequence

import pulumi
import pulumi_aws as aws

from fleet.types import InstanceTypes
from manifest import Process


class Networks:
    """Asks AWS each question once, however many processes want to know."""

    def __init__(self, types: InstanceTypes) -> None:
        self._types = types
        self._default_vpc: pulumi.Output[str] | None = None
        self._vpcs: dict[str, pulumi.Output[str]] = {}
        self._subnets: dict[str, pulumi.Output[Sequence[str]]] = {}

    def vpc_of(self, process: Process) -> pulumi.Output[str]:
        """The id of the VPC that the process's subnets are in."""
        if not process.subnets:
            return self._default()
        first = process.subnets[0]
        if first not in self._vpcs:
            self._vpcs[first] = aws.ec2.get_subnet_output(id=first).vpc_id
        return self._vpcs[first]

    def subnets_of(self, process: Process) -> pulumi.Output[Sequence[str]]:
        """The ids of the subnets that the process's instances go round, never none."""
        if process.subnets:
            return pulumi.Output.from_input(process.subnets)
        kind = process.instance_type
        if kind not in self._subnets:
            zones = self._types.zones(kind)
            filters = pulumi.Output.all(self._default(), zones).apply(lambda found: _where(process, *found))
            found = aws.ec2.get_subnets_output(filters=filters).ids
            self._subnets[kind] = found.apply(lambda ids: _some(process, ids))
        return self._subnets[kind]

    def _default(self) -> pulumi.Output[str]:
        self._default_vpc = self._default_vpc or aws.ec2.get_vpc_output(default=True).id
        return self._default_vpc


def pick(subnets: pulumi.Input[Sequence[str]], index: int) -> pulumi.Output[str]:
    """The subnet of the instance with this index.

    Sorted first, so that the order in which they were written or found moves no instance.
    """
    return pulumi.Output.from_input(subnets).apply(lambda ids: sorted(ids)[index % len(ids)])


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
