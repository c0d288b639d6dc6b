"""Security groups as the network sees them. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from local.aws.machine import Allow, Forward, NetworkView

WIDEST_FORWARD = 32
"""Ports. Each is a listener on this host; a rule that opens more is for machines, not for people."""

ALL_PORTS = (0, 65535)


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One ingress permission over TCP: its source is a CIDR, or the members of a group."""

    first_port: int
    last_port: int
    cidr: str | None = None
    group: str | None = None

    @property
    def forwarded(self) -> bool:
        """Whether people get a way in by it: nobody outside is in a group."""
        return self.cidr is not None and self.last_port - self.first_port < WIDEST_FORWARD


@dataclass(frozen=True, kw_only=True)
class Member:
    """A machine on the network."""

    private_ip: str
    public_ip: str | None
    groups: frozenset[str]


Rules = Mapping[str, Iterable[Rule]]
"""By the group's id."""


def network(members: Iterable[Member], rules: Rules) -> NetworkView:
    """Everything these machines may be reached by. What no rule allows is absent, so it is dropped."""
    everyone = list(members)
    addresses = _addresses(everyone)
    held = [(one, rule) for one in everyone for group in one.groups for rule in rules.get(group, ())]
    return NetworkView(
        forwards=frozenset(forward for one, rule in held for forward in _forwards(one, rule)),
        allows=frozenset(allow for one, rule in held for allow in _allows(one, rule, addresses)),
    )


def too_wide(rules: Rules) -> list[str]:
    """A sentence for each rule that people might expect a way in by, and get none."""
    return [
        f"{group}: ports {rule.first_port}-{rule.last_port} are open to machines, but not forwarded to people"
        f" (more than {WIDEST_FORWARD})"
        for group, held in rules.items()
        for rule in held
        if rule.cidr and not rule.forwarded
    ]


def _addresses(members: Iterable[Member]) -> dict[str, list[str]]:
    by_group: dict[str, list[str]] = {}
    for member in members:
        for group in member.groups:
            by_group.setdefault(group, []).append(member.private_ip)
    return by_group


def _forwards(member: Member, rule: Rule) -> Iterator[Forward]:
    if member.public_ip and rule.forwarded:
        for port in range(rule.first_port, rule.last_port + 1):
            yield Forward(member.public_ip, port, member.private_ip)


def _allows(member: Member, rule: Rule, addresses: Mapping[str, list[str]]) -> Iterator[Allow]:
    sources = [rule.cidr] if rule.cidr else [f"{ip}/32" for ip in addresses.get(rule.group or "", ())]
    for source in sources:
        yield Allow(member.private_ip, rule.first_port, rule.last_port, source)
