"""Security groups as the network sees them. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from local.aws.machine import Allow, Forward, NetworkView, Transport

WIDEST_FORWARD = 32
"""Ports. Each is a listener on this host; a rule that opens more is for machines, not for people."""

ALL_PORTS = (0, 65535)


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One permission, in or out: the other side is a CIDR, or the members of a group."""

    first_port: int
    last_port: int
    protocol: Transport = "tcp"
    cidr: str | None = None
    group: str | None = None

    @property
    def unforwarded(self) -> str | None:
        """Why people get no way in by it, as ingress; None if they do."""
        if self.protocol == "udp":
            return "UDP"
        if self.last_port - self.first_port >= WIDEST_FORWARD:
            return f"more than {WIDEST_FORWARD}"
        return None


@dataclass(frozen=True, kw_only=True)
class Member:
    """A machine on the network."""

    private_ip: str
    public_ip: str | None
    groups: frozenset[str]


Rules = Mapping[str, Iterable[Rule]]
"""By the group's id."""


@dataclass(frozen=True, kw_only=True)
class Permissions:
    """The rules of all groups, each way."""

    ingress: Rules = field(default_factory=dict)
    egress: Rules = field(default_factory=dict)


def network(members: Iterable[Member], rules: Permissions) -> NetworkView:
    """Everything these machines may be reached by and may reach. What no rule allows is absent: dropped."""
    everyone = list(members)
    addresses = _addresses(everyone)
    inward, outward = _held(everyone, rules.ingress), _held(everyone, rules.egress)
    return NetworkView(
        forwards=frozenset(forward for one, rule in inward for forward in _forwards(one, rule)),
        ingress=frozenset(allow for one, rule in inward for allow in _allows(one, rule, addresses)),
        egress=frozenset(allow for one, rule in outward for allow in _allows(one, rule, addresses)),
    )


def not_forwarded(ingress: Rules) -> list[str]:
    """A sentence for each rule that people might expect a way in by, and get none."""
    return [
        f"{group}: ports {rule.first_port}-{rule.last_port} are open to machines, but not forwarded to people"
        f" ({rule.unforwarded})"
        for group, held in ingress.items()
        for rule in held
        if rule.cidr and rule.unforwarded
    ]


def _held(members: Iterable[Member], rules: Rules) -> list[tuple[Member, Rule]]:
    return [(one, rule) for one in members for group in one.groups for rule in rules.get(group, ())]


def _addresses(members: Iterable[Member]) -> dict[str, list[str]]:
    by_group: dict[str, list[str]] = {}
    for member in members:
        for group in member.groups:
            by_group.setdefault(group, []).append(member.private_ip)
    return by_group


def _forwards(member: Member, rule: Rule) -> Iterator[Forward]:
    if member.public_ip and rule.cidr and not rule.unforwarded:
        for port in range(rule.first_port, rule.last_port + 1):
            yield Forward(member.public_ip, port, member.private_ip)


def _allows(member: Member, rule: Rule, addresses: Mapping[str, list[str]]) -> Iterator[Allow]:
    peers = [rule.cidr] if rule.cidr else [f"{ip}/32" for ip in addresses.get(rule.group or "", ())]
    for peer in peers:
        yield Allow(member.private_ip, rule.first_port, rule.last_port, peer, rule.protocol)
