"""nft rules: closed but for what is allowed."""

import json
from ipaddress import IPv4Network

from local.aws import firewall
from local.aws.machine import Allow

EVERYBODY = "0.0.0.0/0"


def rules(*allows: Allow) -> list[str]:
    """The lines of the chain that decides what reaches a machine."""
    text = firewall.machine_rules("machines", "uplink", allows)
    chain = text.partition("chain ingress {\n")[2].partition("  }")[0]
    return [line.strip() for line in chain.splitlines()]


def test_without_permissions_only_answers_pass() -> None:
    assert rules() == ["ct state established,related accept", "drop"]


def test_a_permission_names_source_ports_and_machine() -> None:
    web = Allow("172.31.0.4", 5000, 5002, "203.0.113.0/24")
    assert rules(web)[1] == "ip saddr 203.0.113.0/24 tcp dport 5000-5002 ip daddr { 172.31.0.4 } accept"


def test_machines_with_the_same_permission_share_a_rule() -> None:
    fleet = [Allow(f"172.31.0.{host}", 80, 80, EVERYBODY) for host in (5, 4)]
    assert rules(*fleet)[1] == "ip saddr 0.0.0.0/0 tcp dport 80-80 ip daddr { 172.31.0.4, 172.31.0.5 } accept"
    assert len(rules(*fleet)) == 3


def test_a_range_within_another_is_a_rule_of_its_own() -> None:
    inner = Allow("172.31.0.4", 80, 80, "10.0.0.0/8")
    outer = Allow("172.31.0.4", 0, 65535, EVERYBODY)
    assert len(rules(inner, outer)) == 4


def test_the_last_word_is_drop() -> None:
    assert rules(Allow("172.31.0.4", 80, 80, EVERYBODY))[-1] == "drop"


def test_the_old_rules_go_in_the_same_transaction() -> None:
    text = firewall.machine_rules("machines", "uplink", [])
    assert text.startswith("table ip machines\nflush table ip machines\ntable ip machines {\n")


def test_both_ways_to_a_machine_lead_through_the_chain() -> None:
    text = firewall.machine_rules("machines", "uplink", [])
    assert 'hook output priority filter\n    oifname "machines" ip daddr 172.31.0.0/16 jump ingress' in text
    assert 'hook forward priority filter\n    oifname "machines" jump ingress' in text


def test_the_host_hides_only_what_comes_through_our_uplink() -> None:
    text = firewall.host_rules("ci0123abcd", "ci0123abcdh", IPv4Network("198.18.0.4/30"))
    assert 'ip saddr 198.18.0.4/30 oifname != "ci0123abcdh" masquerade' in text


def test_chains_that_drop_forwarded_packets_are_found() -> None:
    def chain(name: str, **fields: str) -> dict[str, object]:
        return {"chain": {"family": "ip", "table": "filter", "name": name, **fields}}

    listed = [
        {"metainfo": {}},
        chain("FORWARD", hook="forward", policy="drop"),
        chain("OPEN", hook="forward", policy="accept"),
        chain("INPUT", hook="input", policy="drop"),
        chain("DOCKER-USER"),
        chain("BRIDGED", family="bridge", hook="forward", policy="drop"),
    ]
    found = firewall.refusing_chains(json.dumps({"nftables": listed}))
    assert found == ["nft chain ip filter FORWARD"]
