"""Which subnets instances go to: the ones that are named, or the default VPC's."""

from collections.abc import Sequence

import pulumi
import pulumi_aws as aws

from manifest import Process


def vpc_of(process: Process) -> pulumi.Output[str]:
    """The id of the VPC that the process's subnets are in."""
    if process.subnets:
        return aws.ec2.get_subnet_output(id=process.subnets[0]).vpc_id
    return aws.ec2.get_vpc_output(default=True).id


def subnets_of(process: Process, vpc: pulumi.Output[str]) -> pulumi.Output[Sequence[str]]:
    """The ids of the subnets that the process's instances go round, never none."""
    if process.subnets:
        return pulumi.Output.from_input(process.subnets)
    zones = aws.ec2.get_instance_type_offerings_output(
        filters=[{"name": "instance-type", "values": [process.instance_type]}],
        location_type="availability-zone",
    ).locations
    filters = pulumi.Output.all(vpc, zones).apply(lambda found: _where(process, *found))
    return aws.ec2.get_subnets_output(filters=filters).ids.apply(lambda found: _some(process, found))


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
