"""Which subnets instances go to: the ones that are named, or the default VPC's."""

from typing import Any

import pulumi
import pulumi_aws as aws

from manifest import Process


def vpc_of(process: Process) -> pulumi.Output[str]:
    """The id of the VPC that the process's subnets are in."""
    if process.subnets:
        return aws.ec2.get_subnet_output(id=process.subnets[0]).vpc_id
    return aws.ec2.get_vpc_output(default=True).id


def subnet_of(process: Process, index: int) -> pulumi.Input[str]:
    """The subnet of the instance with this index: instances go round the subnets."""
    if process.subnets:
        return pick(process.subnets, index)
    filters = pulumi.Output.all(vpc_of(process), _zones_offering(process.instance_type)).apply(
        _default_subnets
    )
    ids = aws.ec2.get_subnets_output(filters=filters).ids
    return ids.apply(lambda found: _pick_offered(found, index, process))


def pick(subnets: tuple[str, ...], index: int) -> str:
    """Sorted first, so that the order in which they were written or found moves no instance."""
    return sorted(subnets)[index % len(subnets)]


def _zones_offering(instance_type: str) -> pulumi.Output[list[str]]:
    """Some zones do not offer some types, and a launch there fails."""
    return aws.ec2.get_instance_type_offerings_output(
        filters=[{"name": "instance-type", "values": [instance_type]}],
        location_type="availability-zone",
    ).locations.apply(sorted)


def _default_subnets(found: list[Any]) -> list[aws.ec2.GetSubnetsFilterArgsDict]:
    vpc, zones = found
    return [
        {"name": "vpc-id", "values": [vpc]},
        {"name": "default-for-az", "values": ["true"]},
        {"name": "availability-zone", "values": zones},
    ]


def _pick_offered(found: list[str], index: int, process: Process) -> str:
    if not found:
        raise pulumi.RunError(
            f"{process.label}: the default VPC has no subnet in a zone that offers {process.instance_type}; "
            "choose another instance_type, or name subnets in the stack's config"
        )
    return pick(tuple(found), index)
