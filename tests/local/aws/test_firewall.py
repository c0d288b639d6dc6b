"""nft rules: closed both ways but for what is allowed."""

import json
from ipaddress import IPv4Network

from local.aws import firewall
from local.aws.machine import Allow, NetworkView

EVERYBODY = "0.0.0.0/0"
LINKS = firewall.Links(bridge="bridge", uplink="uplink", metadata="169.254.169.254", resolver="172.31.0.1")
WEB = Allow("172.31.0.4", 5000, 5002, "203.0.113.0/24")


def chain(name: str, *ingress: Allow, egress: tuple[Allow, ...] = ()) -> list[str]:
    """The lines of a chain."""
    text = firewall.machine_rules(LINKS, NetworkView(ingress=frozenset(ingress), egress=frozenset(egress)))
    lines = text.partition(f"chain {name} {{\n")[2].partition("  }\n")[0]
    return [line.strip() for line in lines.splitlines()]


def test_without_permissions_nothing_gets_in_and_only_two_services_are_reached() -> None:
    assert chain("ingress") == ["drop"]
    assert chain("egress") == [
        "ip daddr 169.254.169.254 return",
        "ip daddr 172.31.0.1 meta l4proto { tcp, udp } th dport 53 return",
        "drop",
    ]


def test_a_permission_names_peer_ports_and_machine_each_way() -> None:
    (way_in, _) = chain("ingress", WEB)
    assert way_in == "ip saddr 203.0.113.0/24 tcp dport 5000-5002 ip daddr { 172.31.0.4 } return"
    *_, way_out, _ = chain("egress", egress=(WEB,))
    assert way_out == "ip daddr 203.0.113.0/24 tcp dport 5000-5002 ip saddr { 172.31.0.4 } return"


def test_one_way_is_not_the_other() -> None:
    assert chain("egress", WEB) == chain("egress")
    assert chain("ingress", egress=(WEB,)) == chain("ingress")


def test_udp_is_not_tcp_and_all_protocols_have_no_ports() -> None:
    dns = Allow("172.31.0.4", 53, 53, EVERYBODY, "udp")
    everything = Allow("172.31.0.4", 0, 65535, EVERYBODY, "all")
    assert chain("ingress", dns, everything) == [
        "ip saddr 0.0.0.0/0 ip daddr { 172.31.0.4 } return",
        "ip saddr 0.0.0.0/0 udp dport 53-53 ip daddr { 172.31.0.4 } return",
        "drop",
    ]


def test_machines_with_the_same_permission_share_a_rule() -> None:
    fleet = [Allow(f"172.31.0.{host}", 80, 80, EVERYBODY) for host in (5, 4)]
    shared, last = chain("ingress", *fleet)
    assert shared == "ip saddr 0.0.0.0/0 tcp dport 80-80 ip daddr { 172.31.0.4, 172.31.0.5 } return"
    assert last == "drop"


def test_a_range_within_another_is_a_rule_of_its_own() -> None:
    inner = Allow("172.31.0.4", 80, 80, "10.0.0.0/8")
    outer = Allow("172.31.0.4", 0, 65535, EVERYBODY)
    assert len(chain("ingress", inner, outer)) == 3


def test_the_old_rules_go_in_the_same_transaction() -> None:
    text = firewall.machine_rules(LINKS, NetworkView())
    assert text.startswith("table ip machines\nflush table ip machines\ntable ip machines {\n")


def test_every_way_to_and_from_a_machine_leads_through_its_chain_and_answers_pass() -> None:
    answers = "ct state established,related accept"
    first = "type filter hook {} priority filter"
    out, into = 'iifname "bridge" jump egress', 'oifname "bridge" jump ingress'
    assert chain("to_here") == [first.format("input"), answers, out]
    assert chain("past_here") == [first.format("forward"), answers, out, into]
    to_machines = 'oifname "bridge" ip daddr 172.31.0.0/16 jump ingress'
    assert chain("from_here") == [first.format("output"), answers, to_machines]


def test_the_host_hides_only_what_comes_through_our_uplink() -> None:
    text = firewall.host_rules("ci0123abcd", "ci0123abcdh", IPv4Network("198.18.0.4/30"))
    assert 'ip saddr 198.18.0.4/30 oifname != "ci0123abcdh" masquerade' in text


def test_chains_that_drop_forwarded_packets_are_found() -> None:
    def listed_chain(name: str, **fields: str) -> dict[str, object]:
        return {"chain": {"family": "ip", "table": "filter", "name": name, **fields}}

    listed = [
        {"metainfo": {}},
        listed_chain("FORWARD", hook="forward", policy="drop"),
        listed_chain("OPEN", hook="forward", policy="accept"),
        listed_chain("INPUT", hook="input", policy="drop"),
        listed_chain("DOCKER-USER"),
        listed_chain("BRIDGED", family="bridge", hook="forward", policy="drop"),
    ]
    found = firewall.refusing_chains(json.dumps({"nftables": listed}))
    assert found == ["nft chain ip filter FORWARD"]
