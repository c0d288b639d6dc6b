"""An AWS that has whatever it is asked for, but for what a test takes away, and keeps the questions."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from botocore.exceptions import ClientError

from fleet.offer import Image, InstanceTypeInfo, Subnet

ZONES = frozenset({"z-1", "z-2"})
NITRO = InstanceTypeInfo(architectures=frozenset({"x86_64"}), vcpus=2, hypervisor="nitro", zones=ZONES)
XEN = InstanceTypeInfo(architectures=frozenset({"i386", "x86_64"}), vcpus=1, hypervisor="xen", zones=ZONES)
ARM = InstanceTypeInfo(architectures=frozenset({"arm64"}), vcpus=2, hypervisor="nitro", zones=ZONES)
DEFAULTS = {
    "subnet-0000000b": Subnet(vpc="vpc-default", zone="z-2", default=True),
    "subnet-0000000a": Subnet(vpc="vpc-default", zone="z-1", default=True),
}


def refused(operation: str, code: str = "UnauthorizedOperation") -> ClientError:
    """What botocore makes of an answer that is none."""
    return ClientError({"Error": {"Code": code, "Message": "not today"}}, operation)


@dataclass
class Aws:
    """`has`: what differs from the usual, by name or id; None: there is no such thing.

    `silent`: methods that raise instead of an answer. `present`: names of instances.
    """

    has: dict[str, object] = field(default_factory=dict)
    silent: dict[str, Exception] = field(default_factory=dict)
    owner: str = "222233334444"
    defaults: dict[str, Subnet] = field(default_factory=lambda: dict(DEFAULTS))
    present: set[str] = field(default_factory=set)
    asked: list[str] = field(default_factory=list)

    def account(self) -> str:
        self._heard("account")
        return self.owner

    def types(self, names: Collection[str]) -> Mapping[str, InstanceTypeInfo]:
        self._heard("types", *names)
        return self._there({name: _type(name) for name in names})

    def type_names(self) -> frozenset[str]:
        self._heard("type_names")
        return frozenset({"t3.micro", "t3.small"})

    def images(self, ids: Collection[str]) -> Mapping[str, Image]:
        self._heard("images", *ids)
        return self._there({one: Image(architecture="x86_64", state="available") for one in ids})

    def key_pairs(self) -> frozenset[str]:
        self._heard("key_pairs")
        return frozenset({"ops"} - {name for name, it in self.has.items() if it is None})

    def subnets(self, ids: Collection[str], *, defaults: bool) -> Mapping[str, Subnet]:
        self._heard("subnets", *ids, *(["default"] if defaults else []))
        named = {one: Subnet(vpc="vpc-ours", zone="z-1", default=False) for one in ids}
        return self._there(named) | (self.defaults if defaults else {})

    def instances(self, tags: Mapping[str, str]) -> frozenset[str]:
        self._heard("instances", *tags.values())
        return frozenset(self.present)

    def _heard(self, question: str, *of: str) -> None:
        self.asked.append(" ".join([question, *sorted(of)]))
        if question in self.silent:
            raise self.silent[question]

    def _there(self, usual):
        found = {name: self.has.get(name, it) for name, it in usual.items()}
        return {name: it for name, it in found.items() if it is not None}


def _type(name: str) -> InstanceTypeInfo:
    return {"t2": XEN, "t4g": ARM}.get(name.partition(".")[0], NITRO)
