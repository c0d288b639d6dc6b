"""dnsmasq in the namespace: AWS names lead to the local AWS, all others to this host's resolver."""

from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import AddressValueError, IPv4Address
from pathlib import Path

from local.aws.certificates import DOMAIN
from local.aws.network import GATEWAY, SERVICES, Network
from local.errors import LocalError
from local.home import Home

# The second one holds what systemd-resolved asks; the first then names only its own loopback address.
_RESOLVERS = (Path("/etc/resolv.conf"), Path("/run/systemd/resolve/resolv.conf"))


def config_file(home: Home) -> Path:
    """What its dnsmasq reads, and what tells that process from others."""
    return home.path.resolve() / "names" / "dnsmasq.conf"


@dataclass(frozen=True)
class Names:
    """The name server of one local AWS; machines know it as 172.31.0.1."""

    network: Network

    def start(self) -> None:
        """Begin to answer. Raises LocalError, also when machines could not reach this host's resolver."""
        texts = (path.read_text(encoding="utf-8") for path in _RESOLVERS if path.exists())
        resolvers = reachable_resolvers(texts)
        if not resolvers:
            raise LocalError(
                "no name server of this host can be reached from a network namespace",
                hint="name one in /etc/resolv.conf that has an IPv4 address outside 127.0.0.0/8",
            )
        config = config_file(self.network.home)
        config.parent.mkdir(parents=True, exist_ok=True)
        config.write_text(render(resolvers), encoding="ascii")
        self.network.inside("dnsmasq", f"--conf-file={config}")


def render(resolvers: Iterable[str]) -> str:
    """The whole configuration of dnsmasq, with the private names that instances have in us-east-1.

    `local` keeps what these two domains have no answer for, such as IPv6 addresses, from being asked outside.
    """
    servers = "".join(f"server={address}\n" for address in resolvers)
    return f"""\
no-resolv
no-hosts
bind-interfaces
listen-address={GATEWAY}
pid-file
local=/{DOMAIN}/ec2.internal/
address=/{DOMAIN}/{SERVICES}
synth-domain=ec2.internal,172.31.0.0/16,ip-
{servers}"""


def reachable_resolvers(texts: Iterable[str]) -> list[str]:
    """The IPv4 servers off loopback of the first of these resolv.conf texts that has any (resolv.conf(5))."""
    for text in texts:
        words = (line.split() for line in text.splitlines())
        servers = [line[1] for line in words if len(line) > 1 and line[0] == "nameserver"]
        if found := [server for server in servers if _is_reachable(server)]:
            return found
    return []


def _is_reachable(server: str) -> bool:
    try:
        return not IPv4Address(server).is_loopback
    except AddressValueError:
        return False
