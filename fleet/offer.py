"""What AWS offers in the stack's region, as far as launches need it. Pure: fleet.lookups asks for it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

XEN: Final = "xen"
"""The older hypervisor: its consoles are posted late.

https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_GetConsoleOutput.html
"""


@dataclass(frozen=True, kw_only=True)
class InstanceTypeInfo:
    """`hypervisor`: `nitro`, XEN, or empty for bare metal; `zones`: those that offer the type."""

    architectures: frozenset[str]
    vcpus: int
    hypervisor: str
    zones: frozenset[str]


@dataclass(frozen=True, kw_only=True)
class Image:
    """`architecture` is empty where AWS does not say; launches need the state `available`."""

    architecture: str
    state: str


@dataclass(frozen=True, kw_only=True)
class Subnet:
    """`default`: it is its zone's, and so the default VPC's."""

    vpc: str
    zone: str
    default: bool


@dataclass(frozen=True, kw_only=True)
class Offer:
    """What there is of all that the apps name, and the default subnets where a process names none.

    None where AWS did not answer; `unanswered` then says why: what was asked for -> reason. `type_names`:
    all types of the region, looked up only if one is missing.
    """

    region: str
    account: str | None
    types: Mapping[str, InstanceTypeInfo] | None
    images: Mapping[str, Image] | None
    key_pairs: frozenset[str] | None
    subnets: Mapping[str, Subnet] | None
    type_names: frozenset[str] = frozenset()
    unanswered: Mapping[str, str] = field(default_factory=dict)

    def type(self, name: str) -> InstanceTypeInfo | None:
        """None where there is no such type, or nobody knows."""
        return (self.types or {}).get(name)
