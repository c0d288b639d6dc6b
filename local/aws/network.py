"""The network that machines live in: a namespace of its own, with one veth pair to the host.

Inside are a bridge with EC2's default VPC, the metadata address, and two that stand for the internet:
192.0.2.10 is AWS with its public services, where all its names lead, and 203.0.113.10 is people, the source
of every connection that the balancer makes for them. So the host's own networks and its own metadata
service, if it has them, are never hidden. On the host stand only the other end of the pair and one nft
table; machines need both to reach package mirrors.
"""

from dataclasses import dataclass
from pathlib import Path

from local.aws import firewall, host_settings
from local.aws.machine import NetworkView
from local.aws.run import run, succeeds
from local.home import Home
from local.progress import say

BRIDGE = "machines"
UPLINK = "uplink"
GATEWAY = "172.31.0.1"
PREFIX = 16
METADATA = "169.254.169.254"
# TEST-NET-1 and TEST-NET-3 of RFC 5737: no real service and no real person has them. They are addresses of
# the internet, so security groups speak of them as they do on AWS.
SERVICES = "192.0.2.10"
PEOPLE = "203.0.113.10"

_LINKS = firewall.Links(bridge=BRIDGE, uplink=UPLINK, metadata=METADATA, resolver=GATEWAY)

# Left to itself a bridge takes the lowest address of its ports. When that machine goes, the address changes,
# and the others go on answering to the old one for half a minute.
_BRIDGE_MAC = "02:00:ac:1f:00:01"

# Without the second one, packets between two machines would pass the bridge unseen by the firewall.
_SYSCTLS = ("net.ipv4.ip_forward=1", "net.bridge.bridge-nf-call-iptables=1")


@dataclass(frozen=True)
class Network:
    """The network of one local AWS."""

    home: Home

    @property
    def namespace(self) -> Path:
        return Path("/run/netns") / self.home.name

    def open(self) -> None:
        """Make it, on a host that has nothing of it. Raises LocalError."""
        firewall.need_bridge_filter()
        run("ip", "netns", "add", self.home.name)
        run("ip", "-batch", "-", stdin=self._host_links())
        run("ip", "-netns", self.home.name, "-batch", "-", stdin=self._inner_links())
        self.inside("sysctl", "--quiet", "--write", *_SYSCTLS)
        self.publish(NetworkView())
        run("nft", "-f", "-", stdin=firewall.host_rules(self.home.name, self.home.host_end, self.home.uplink))
        host_settings.raise_all()
        for refusal in firewall.refusals(self.home.host_end):
            say(refusal)

    def publish(self, view: NetworkView) -> None:
        """Let in and out what `view` allows and nothing else, in one step. Raises LocalError."""
        self.inside("nft", "-f", "-", stdin=firewall.machine_rules(_LINKS, view))

    def inside(self, *argv: str | Path, stdin: str = "") -> str:
        """Run a program in the namespace. Raises LocalError."""
        return run("nsenter", f"--net={self.namespace}", *argv, stdin=stdin)

    def remove(self) -> None:
        """Remove all of it, whatever part of it stands. Raises LocalError."""
        if self.namespace.exists():
            run("ip", "netns", "delete", self.home.name)
        # The kernel takes the pair down with the namespace, but some time later.
        if succeeds("ip", "link", "show", self.home.host_end):
            succeeds("ip", "link", "delete", self.home.host_end)
        run("nft", "-f", "-", stdin=firewall.no_host_rules(self.home.name))
        host_settings.restore()

    def _host_links(self) -> str:
        outer = next(self.home.uplink.hosts())
        return (
            f"link add {self.home.host_end} type veth peer name {UPLINK} netns {self.home.name}\n"
            f"address add {outer}/{self.home.uplink.prefixlen} dev {self.home.host_end}\n"
            f"link set {self.home.host_end} up\n"
        )

    def _inner_links(self) -> str:
        outer, inner = self.home.uplink.hosts()
        return (
            "link set lo up\n"
            f"link add {BRIDGE} address {_BRIDGE_MAC} type bridge\n"
            f"address add {GATEWAY}/{PREFIX} dev {BRIDGE}\n"
            f"address add {METADATA}/32 dev {BRIDGE}\n"
            f"address add {SERVICES}/32 dev {BRIDGE}\n"
            f"address add {PEOPLE}/32 dev {BRIDGE}\n"
            f"link set {BRIDGE} up\n"
            f"address add {inner}/{self.home.uplink.prefixlen} dev {UPLINK}\n"
            f"link set {UPLINK} up\n"
            f"route add default via {outer}\n"
        )
