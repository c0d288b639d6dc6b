"""nft rules: what may reach a machine, what a machine may reach, and how it reaches the world.

The rules stand in family ip. Packets between two machines cross the bridge and come here only by the bridge
filter (br_netfilter); the bridge family is no way, because not every kernel has connection tracking there.
"""

import json
import shutil
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Network
from pathlib import Path

from local.aws.machine import Allow, NetworkView, Transport
from local.aws.run import run, succeeds
from local.errors import LocalError

_TABLE = "machines"
_EVERY_PROTOCOL: Transport = "all"
_BRIDGE_FILTER = Path("/proc/sys/net/bridge/bridge-nf-call-iptables")


@dataclass(frozen=True, kw_only=True)
class Links:
    """The interfaces of the namespace, and the addresses of the two services that need no permission."""

    bridge: str
    uplink: str
    metadata: str
    resolver: str


def machine_rules(links: Links, view: NetworkView) -> str:
    """The whole rule set inside the namespace; nft replaces the old one by it in one transaction.

    As on EC2, what no security group allows gets no answer at all. Answers to what was let through once
    always pass, and so does a machine's way to the metadata service and to the VPC's resolver.
    https://docs.aws.amazon.com/vpc/latest/userguide/vpc-security-groups.html

    Rules and not one set of address, port and source: nft refuses a set in which one range lies within
    another.
    """
    return f"""\
table ip {_TABLE}
flush table ip {_TABLE}
table ip {_TABLE} {{
  chain ingress {{
{_passes(view.ingress, "saddr", "daddr")}    drop
  }}
  chain egress {{
    ip daddr {links.metadata} return
    ip daddr {links.resolver} meta l4proto {{ tcp, udp }} th dport 53 return
{_passes(view.egress, "daddr", "saddr")}    drop
  }}
  chain from_here {{
    type filter hook output priority filter
    ct state established,related accept
    oifname "{links.bridge}" ip daddr 172.31.0.0/16 jump ingress
  }}
  chain to_here {{
    type filter hook input priority filter
    ct state established,related accept
    iifname "{links.bridge}" jump egress
  }}
  chain past_here {{
    type filter hook forward priority filter
    ct state established,related accept
    iifname "{links.bridge}" jump egress
    oifname "{links.bridge}" jump ingress
  }}
  chain to_the_world {{
    type nat hook postrouting priority srcnat
    oifname "{links.uplink}" masquerade
  }}
}}
"""


def host_rules(table: str, interface: str, uplink: IPv4Network) -> str:
    """Send what comes through the uplink out under this host's own address."""
    return f"""\
table ip {table} {{
  chain from_machines {{
    type nat hook postrouting priority srcnat
    ip saddr {uplink} oifname != "{interface}" masquerade
  }}
}}
"""


def no_host_rules(table: str) -> str:
    """Delete the table, which need not exist: `add` succeeds either way."""
    return f"add table ip {table}\ndelete table ip {table}\n"


def no_bridge_filter() -> str | None:
    """Why the kernel cannot filter between machines; None when it can, if need be by loading a module."""
    if _BRIDGE_FILTER.exists():
        return None
    if shutil.which("modprobe") and succeeds("modprobe", "--dry-run", "br_netfilter"):
        return None
    return "this kernel cannot filter between machines: it has no br_netfilter"


def need_bridge_filter() -> None:
    """See that the kernel can filter between machines. Raises LocalError.

    Loading the module makes the host's own bridges filter too; they are set back to what they did.
    """
    if lack := no_bridge_filter():
        raise LocalError(
            lack, hint="simulated machines need none of it: python -m local up --machines simulated"
        )
    if _BRIDGE_FILTER.exists():
        return
    run("modprobe", "br_netfilter")
    run("sysctl", "--quiet", "--write", "net.bridge.bridge-nf-call-iptables=0")


def refusals(interface: str) -> list[str]:
    """What will keep machines from reaching packages, where this host's own firewall does, with the cure."""
    return [
        f"{chain} drops what it does not know, so machines may reach no packages; let them pass: "
        f"iptables -I FORWARD -i {interface} -j ACCEPT; iptables -I FORWARD -o {interface} -j ACCEPT"
        for chain in refusing_chains(run("nft", "--json", "list", "chains"))
    ]


def refusing_chains(chains: str) -> list[str]:
    """The chains that drop forwarded packets by default, as Docker's does, from nft's JSON."""
    listed = (entry["chain"] for entry in json.loads(chains)["nftables"] if "chain" in entry)
    forwarding = [
        chain for chain in listed if chain["family"] in {"ip", "inet"} and chain.get("hook") == "forward"
    ]
    return [
        f"nft chain {chain['family']} {chain['table']} {chain['name']}"
        for chain in forwarding
        if chain["policy"] == "drop"
    ]


def _passes(allows: Iterable[Allow], peer_is: str, machine_is: str) -> str:
    """One rule for all machines that share a permission, so that a rule per fleet suffices.

    Each returns and does not accept: between two machines, the other one has a say too.
    """
    machines: dict[tuple[str, str], set[str]] = defaultdict(set)
    for allow in allows:
        machines[allow.peer, _ports(allow)].add(allow.machine)
    rules = (
        f"    ip {peer_is} {peer} {ports}ip {machine_is} {{ {', '.join(sorted(those))} }} return\n"
        for (peer, ports), those in sorted(machines.items())
    )
    return "".join(rules)


def _ports(allow: Allow) -> str:
    if allow.protocol == _EVERY_PROTOCOL:
        return ""
    return f"{allow.protocol} dport {allow.first_port}-{allow.last_port} "
