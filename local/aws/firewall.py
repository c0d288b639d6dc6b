"""nft rules: what may reach a machine, and how machines reach the world.

The rules stand in family ip. Packets between two machines cross the bridge and come here only by the bridge
filter (br_netfilter); the bridge family is no way, because not every kernel has connection tracking there.
"""

import json
from collections import defaultdict
from collections.abc import Iterable
from ipaddress import IPv4Network
from pathlib import Path

from local.aws.machine import Allow
from local.aws.run import run, succeeds
from local.errors import LocalError
from local.progress import say

_TABLE = "machines"
_BRIDGE_FILTER = Path("/proc/sys/net/bridge/bridge-nf-call-iptables")


def machine_rules(bridge: str, uplink: str, allows: Iterable[Allow]) -> str:
    """The whole rule set inside the namespace; nft replaces the old one by it in one transaction.

    As on EC2, what a security group does not allow gets no answer at all. Rules and not one set of
    address, port and source: nft refuses a set in which one range lies within another.
    """
    return f"""\
table ip {_TABLE}
flush table ip {_TABLE}
table ip {_TABLE} {{
  chain ingress {{
    ct state established,related accept
{_accepts(allows)}    drop
  }}
  chain from_here {{
    type filter hook output priority filter
    oifname "{bridge}" ip daddr 172.31.0.0/16 jump ingress
  }}
  chain between_machines {{
    type filter hook forward priority filter
    oifname "{bridge}" jump ingress
  }}
  chain to_the_world {{
    type nat hook postrouting priority srcnat
    oifname "{uplink}" masquerade
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


def need_bridge_filter() -> None:
    """See that the kernel can filter between machines. Raises LocalError.

    Loading the module makes the host's own bridges filter too; they are set back to what they did.
    """
    if _BRIDGE_FILTER.exists():
        return
    if not succeeds("modprobe", "br_netfilter"):
        raise LocalError(
            "this kernel cannot filter between machines: it has no br_netfilter",
            hint="simulated machines need none of it: python -m local up --machines simulated",
        )
    run("sysctl", "--quiet", "--write", "net.bridge.bridge-nf-call-iptables=0")


def warn_of_refusals(interface: str) -> None:
    """Say what will keep machines from reaching packages, where this host's own firewall does."""
    for chain in refusing_chains(run("nft", "--json", "list", "chains")):
        say(
            f"{chain} drops what it does not know, so machines may reach no packages; let them pass: "
            f"iptables -I FORWARD -i {interface} -j ACCEPT; iptables -I FORWARD -o {interface} -j ACCEPT"
        )


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


def _accepts(allows: Iterable[Allow]) -> str:
    """One rule for all machines that share a permission, so that a rule per fleet suffices."""
    targets: dict[tuple[str, int, int], set[str]] = defaultdict(set)
    for allow in allows:
        targets[allow.source, allow.first_port, allow.last_port].add(allow.target)
    rules = (
        f"    ip saddr {source} tcp dport {first}-{last} ip daddr {{ {', '.join(sorted(those))} }} accept\n"
        for (source, first, last), those in sorted(targets.items())
    )
    return "".join(rules)
