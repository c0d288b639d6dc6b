"""Which subnets instances go to: the ones that are named, or the default VPC's. Pure."""

from collections.abc import Collection, Mapping

from fleet.offer import Offer, Subnet
from manifest import Process


def subnets_of(process: Process, offer: Offer) -> Mapping[str, Subnet]:
    """By their ids: those that the process names and that there are, or the default ones."""
    known = offer.subnets or {}
    if process.subnets:
        return {name: known[name] for name in process.subnets if name in known}
    return {name: one for name, one in known.items() if one.default}


def vpc_of(process: Process, offer: Offer) -> str:
    """The VPC that the process's subnets are in. Only after fleet.faults found a network."""
    return next(one.vpc for one in subnets_of(process, offer).values())


def subnet_of(process: Process, index: int, offer: Offer) -> str:
    """The subnet of the instance with this index: instances go round them. Where none is named, as `vpc_of`.

    In their sorted order, so that the one in which they were written or found moves no instance.
    """
    choice = _choice(process, offer)
    return sorted(choice)[index % len(choice)]


def chosen_subnets(process: Process, offer: Offer) -> list[str]:
    """Those of `subnet_of` for all instances, sorted."""
    return sorted({subnet_of(process, index, offer) for index in range(process.count)})


def suitable_subnets(process: Process, offer: Offer) -> Mapping[str, Subnet]:
    """Those of its subnets that are in zones where its type is offered: in the others a launch fails."""
    kind, subnets = offer.type(process.instance_type), subnets_of(process, offer)
    return {name: one for name, one in subnets.items() if kind is None or one.zone in kind.zones}


def _choice(process: Process, offer: Offer) -> Collection[str]:
    """Any default subnet where none is suitable: it is launched nowhere then, it is all there already.

    fleet.preflight refuses the others, and what is there stays in its subnet (fleet.arguments.IGNORED_LATER).
    """
    return process.subnets or suitable_subnets(process, offer) or subnets_of(process, offer)
