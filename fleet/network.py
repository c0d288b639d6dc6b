"""Which subnets instances go to: the ones that are named, or the default VPC's. Pure."""

from collections.abc import Collection, Mapping

from fleet.region import Region, Subnet
from manifest import Process


def subnets_of(process: Process, region: Region) -> Mapping[str, Subnet]:
    """By their ids: those that the process names and that there are, or the default ones."""
    known = region.subnets or {}
    if process.subnets:
        return {name: known[name] for name in process.subnets if name in known}
    return {name: one for name, one in known.items() if one.default}


def vpc_of(process: Process, region: Region) -> str:
    """The VPC that the process's subnets are in. Only after fleet.faults found a network."""
    return next(one.vpc for one in subnets_of(process, region).values())


def subnet_of(process: Process, index: int, region: Region) -> str:
    """The subnet of the instance with this index: instances go round them. Only as `vpc_of`.

    In their sorted order, so that the one in which they were written or found moves no instance.
    """
    choice: Collection[str] = process.subnets or offering(process, region) or subnets_of(process, region)
    return sorted(choice)[index % len(choice)]


def offering(process: Process, region: Region) -> Mapping[str, Subnet]:
    """Those of its subnets that are in zones where its type is offered: in the others a launch fails."""
    kind, subnets = region.type(process.instance_type), subnets_of(process, region)
    return {name: one for name, one in subnets.items() if kind is None or one.zone in kind.zones}
