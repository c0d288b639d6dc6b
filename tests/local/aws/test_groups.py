"""Security groups become the network: what no rule opens stays closed."""

from local.aws.groups import ALL_PORTS, Member, Permissions, Rule, network, not_forwarded
from local.aws.machine import Allow, Forward, NetworkView

EVERYBODY = "0.0.0.0/0"

WEB = Member(private_ip="172.31.0.4", public_ip="127.20.0.2", groups=frozenset({"sg-web"}))
HIDDEN = Member(private_ip="172.31.0.5", public_ip=None, groups=frozenset({"sg-web"}))
CALLER = Member(private_ip="172.31.0.6", public_ip="127.20.0.3", groups=frozenset({"sg-caller"}))

HTTP = Rule(first_port=5000, last_port=5000, cidr=EVERYBODY)
DNS = Rule(first_port=53, last_port=53, protocol="udp", cidr=EVERYBODY)
EVERYTHING = Rule(first_port=ALL_PORTS[0], last_port=ALL_PORTS[1], protocol="all", cidr=EVERYBODY)
WITH_CALLERS = Rule(first_port=9000, last_port=9001, group="sg-caller")


def into(*rules: Rule, group: str = "sg-web") -> Permissions:
    return Permissions(ingress={group: rules})


def out_of(*rules: Rule, group: str = "sg-web") -> Permissions:
    return Permissions(egress={group: rules})


def test_without_a_rule_nothing_is_open() -> None:
    assert network([WEB, CALLER], into(HTTP, group="sg-other")) == NetworkView()
    assert network([WEB, CALLER], out_of(HTTP, group="sg-other")) == NetworkView()


def test_a_rule_for_everybody_lets_people_in_by_the_public_address() -> None:
    view = network([WEB], into(HTTP))
    assert view.forwards == {Forward("127.20.0.2", 5000, "172.31.0.4")}
    assert view.ingress == {Allow("172.31.0.4", 5000, 5000, EVERYBODY)}
    assert view.egress == frozenset()


def test_without_a_public_address_it_is_open_to_machines_only() -> None:
    view = network([HIDDEN], into(HTTP))
    assert view.forwards == frozenset()
    assert view.ingress == {Allow("172.31.0.5", 5000, 5000, EVERYBODY)}


def test_egress_lets_out_and_nobody_in() -> None:
    assert network([WEB, CALLER], out_of(HTTP, DNS)) == NetworkView(
        egress=frozenset({
            Allow("172.31.0.4", 5000, 5000, EVERYBODY),
            Allow("172.31.0.4", 53, 53, EVERYBODY, "udp"),
        })
    )  # fmt: skip


def test_a_group_on_the_other_side_is_the_addresses_of_its_members_of_now() -> None:
    assert network([WEB], into(WITH_CALLERS)) == network([WEB], out_of(WITH_CALLERS)) == NetworkView()
    theirs = {Allow("172.31.0.4", 9000, 9001, "172.31.0.6/32")}
    assert network([WEB, CALLER], into(WITH_CALLERS)) == NetworkView(ingress=frozenset(theirs))
    assert network([WEB, CALLER], out_of(WITH_CALLERS)) == NetworkView(egress=frozenset(theirs))


def test_the_rules_of_all_groups_of_a_machine_add_up() -> None:
    both = Member(private_ip="172.31.0.7", public_ip=None, groups=frozenset({"sg-a", "sg-b"}))
    ssh = Rule(first_port=22, last_port=22, cidr="10.0.0.0/8")
    rules = {"sg-a": [HTTP], "sg-b": [ssh]}
    expected = {Allow("172.31.0.7", 5000, 5000, EVERYBODY), Allow("172.31.0.7", 22, 22, "10.0.0.0/8")}
    assert network([both], Permissions(ingress=rules)).ingress == expected
    assert network([both], Permissions(egress=rules)).egress == expected


def test_each_port_of_a_small_range_is_forwarded() -> None:
    view = network([WEB], into(Rule(first_port=5000, last_port=5031, cidr=EVERYBODY)))
    assert {forward.port for forward in view.forwards} == set(range(5000, 5032))


def test_what_is_wide_or_not_tcp_is_not_forwarded_and_that_is_said() -> None:
    view = network([WEB], into(EVERYTHING, DNS, HTTP))
    assert {forward.port for forward in view.forwards} == {5000}
    assert Allow("172.31.0.4", 0, 65535, EVERYBODY, "all") in view.ingress
    wide, udp = not_forwarded({"sg-web": [EVERYTHING, DNS, HTTP, WITH_CALLERS]})
    assert "sg-web: ports 0-65535" in wide
    assert "sg-web: ports 53-53 are open to machines, but not forwarded to people (UDP)" in udp
