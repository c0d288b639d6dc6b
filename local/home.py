"""Where one local AWS lives: every name, address and file of it follows from its folder.

Two checkouts have two folders, so they never meet: neither on an address nor on the name of an interface.
"""

from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent

API_PORT = 4566
METADATA_PORT = 4580

# Far from 127.0.0.x, where people's own servers and /etc/hosts entries are.
_LOOPBACK = (IPv4Address("127.16.0.0"), IPv4Address("127.255.0.0"))
_LOOPBACK_PREFIX = 21
# RFC 2544 reserves this block for tests of network devices: no real network is hidden by it.
_UPLINKS = IPv4Network("198.18.0.0/15")
_UPLINK_PREFIX = 30


@dataclass(frozen=True)
class Home:
    """The folder of one local AWS. The folder need not exist."""

    path: Path = CHECKOUT / ".local"

    @cached_property
    def digest(self) -> str:
        """64 hex digits that tell this folder from every other on the machine."""
        return sha256(str(self.path.resolve()).encode()).hexdigest()

    @cached_property
    def name(self) -> str:
        """Name of the namespace and the nft table; prefix of interfaces, which may have 15 characters."""
        return f"ci{self.digest[:8]}"

    @cached_property
    def loopback(self) -> IPv4Network:
        """The /21 of 127/8 that people reach this AWS on: the API first, then the instances."""
        first, end = _LOOPBACK
        size = 2 ** (32 - _LOOPBACK_PREFIX)
        place = int(self.digest[8:24], 16) % ((int(end) - int(first)) // size)
        return IPv4Network((int(first) + place * size, _LOOPBACK_PREFIX))

    @cached_property
    def uplink(self) -> IPv4Network:
        """The /30 of the veth pair between the host and the namespace."""
        size = 2 ** (32 - _UPLINK_PREFIX)
        place = int(self.digest[24:40], 16) % (_UPLINKS.num_addresses // size)
        return IPv4Network((int(_UPLINKS.network_address) + place * size, _UPLINK_PREFIX))

    @property
    def host_end(self) -> str:
        """That pair's interface on the host."""
        return f"{self.name}h"

    @property
    def address(self) -> str:
        """The API's address: the first host of `loopback`."""
        return str(self.loopback.network_address + 1)

    @property
    def api(self) -> tuple[str, int]:
        return self.address, API_PORT

    @property
    def metadata(self) -> tuple[str, int]:
        """Where the metadata service listens; machines reach it as 169.254.169.254."""
        return self.address, METADATA_PORT

    @property
    def endpoint(self) -> str:
        return f"http://{self.address}:{API_PORT}"

    @property
    def connection_file(self) -> Path:
        """Who serves this AWS and with which keys; exists while it is up."""
        return self.path / "aws.json"

    @property
    def log_file(self) -> Path:
        return self.path / "aws.log"

    @property
    def machines(self) -> Path:
        """A folder per machine, named by the instance's id."""
        return self.path / "machines"

    @property
    def state(self) -> Path:
        """Pulumi's file backend."""
        return self.path / "state"

    @property
    def pulumi(self) -> Path:
        """PULUMI_HOME of the local stack."""
        return self.path / "pulumi"

    @property
    def tls(self) -> Path:
        """The authority and certificate that answer for the real AWS names inside the machines."""
        return self.path / "tls"
