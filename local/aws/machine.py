"""The seam between the API and the ground its machines stand on.

The API side knows instances and security groups; the ground knows processes, disks and networks. A
`Site` is one kind of ground: real machines by systemd-nspawn, or simulated ones.
"""

from dataclasses import dataclass
from typing import Literal, Protocol


@dataclass(frozen=True, kw_only=True)
class MachineSpec:
    """What RunInstances asked for, as far as a machine can see it."""

    id: str
    image_id: str
    image_description: str
    user_data: bytes
    """As posted, after base64: what the metadata service answers."""
    hostname: str
    private_ip: str
    volume_gib: int


class Machine(Protocol):
    """One machine. Any thread may ask `running` and `console` at any time; the others come one at a time.

    Every boot finds the same disk, and the console goes on where the last one ended.
    """

    @property
    def spec(self) -> MachineSpec: ...

    def start(self) -> None:
        """Return when the machine's process runs (not: when it has booted). Raises LocalError."""

    def running(self) -> bool:
        """Whether the process still runs; False after the machine has powered itself off."""

    def console(self) -> bytes:
        """Everything the machine has written on its console so far."""

    def reboot(self) -> None:
        """Go down in order, hard after a deadline, and boot again. Raises LocalError.

        Returns when the next boot begins, or when the machine has powered itself off instead.
        """

    def stop(self) -> None:
        """Power off in order, hard after a deadline. The disk stays. Does nothing to a stopped machine."""

    def remove(self) -> None:
        """Stop, then forget the disk."""


@dataclass(frozen=True)
class Forward:
    """A way in for people: `listen`:`port` on this host leads to `target`:`port`."""

    listen: str
    port: int
    target: str


Transport = Literal["tcp", "udp", "all"]
"""What a permission is for; `all` is every protocol there is, and then ports say nothing."""


@dataclass(frozen=True)
class Allow:
    """One permission of a machine: between it and `peer`, a CIDR, these ports may be opened.

    The ports are the machine's own if it is about ingress, the peer's if it is about egress.
    """

    machine: str
    first_port: int
    last_port: int
    peer: str
    protocol: Transport = "tcp"


@dataclass(frozen=True)
class NetworkView:
    """The whole network as the instances and their security groups want it."""

    forwards: frozenset[Forward] = frozenset()
    ingress: frozenset[Allow] = frozenset()
    egress: frozenset[Allow] = frozenset()


class Site(Protocol):
    """The ground machines stand on."""

    def open(self) -> None:
        """Make what machines need, after removing what a killed predecessor left. Raises LocalError."""

    def machine(self, spec: MachineSpec) -> Machine:
        """A machine that has not been started."""

    def publish(self, view: NetworkView) -> None:
        """Make the network be `view`. Idempotent; called when the view has changed."""

    def close(self) -> None:
        """Remove everything the site made; nothing is left."""
