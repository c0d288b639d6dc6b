"""Security groups become the network: what no rule opens stays closed."""

from local.aws.groups import ALL_PORTS, Member, Rule, network, too_wide
from local.aws.machine import Allow, Forward, NetworkView

WEB = Member(private_ip="172.31.0.4", public_ip="127.20.0.2", groups=frozenset({"sg-web"}))
HIDDEN = Member(private_ip="172.31.0.5", public_ip=None, groups=frozenset({"sg-web"}))
CALLER = Member(private_ip="172.31.0.6", public_ip="127.20.0.3", groups=frozenset({"sg-caller"}))

HTTP = Rule(first_port=5000, last_port=5000, cidr="0.0.0.0/0")
FROM_CALLERS = Rule(first_port=9000, last_port=9001, group="sg-caller")


def test_without_a_rule_nothing_is_open() -> None:
    assert network([WEB, CALLER], {"sg-other": [HTTP]}) == NetworkView()


def test_a_rule_for_everybody_lets_people_in_by_the_public_address() -> None:
    view = network([WEB], {"sg-web": [HTTP]})
    assert view.forwards == {Forward("127.20.0.2", 5000, "172.31.0.4")}
    assert view.allows == {Allow("172.31.0.4", 5000, 5000, "0.0.0.0/0")}


def test_without_a_public_address_it_is_open_to_machines_only() -> None:
    view = network([HIDDEN], {"sg-web": [HTTP]})
    assert view.forwards == frozenset()
    assert view.allows == {Allow("172.31.0.5", 5000, 5000, "0.0.0.0/0")}


def test_a_group_as_source_is_the_addresses_of_its_members_of_now() -> None:
    rules = {"sg-web": [FROM_CALLERS]}
    assert network([WEB], rules) == NetworkView()
    view = network([WEB, CALLER], rules)
    assert view.allows == {Allow("172.31.0.4", 9000, 9001, "172.31.0.6/32")}
    assert view.forwards == frozenset(), "people are in no group"


def test_the_rules_of_all_groups_of_a_machine_add_up() -> None:
    both = Member(private_ip="172.31.0.7", public_ip=None, groups=frozenset({"sg-a", "sg-b"}))
    ssh = Rule(first_port=22, last_port=22, cidr="10.0.0.0/8")
    assert network([both], {"sg-a": [HTTP], "sg-b": [ssh]}).allows == {
        Allow("172.31.0.7", 5000, 5000, "0.0.0.0/0"),
        Allow("172.31.0.7", 22, 22, "10.0.0.0/8"),
    }


def test_each_port_of_a_small_range_is_forwarded() -> None:
    view = network([WEB], {"sg-web": [Rule(first_port=5000, last_port=5031, cidr="0.0.0.0/0")]})
    assert {forward.port for forward in view.forwards} == set(range(5000, 5032))


def test_a_wide_rule_is_not_forwarded_and_that_is_said() -> None:
    wide = Rule(first_port=ALL_PORTS[0], last_port=ALL_PORTS[1], cidr="0.0.0.0/0")
    view = network([WEB], {"sg-web": [wide, HTTP]})
    assert {forward.port for forward in view.forwards} == {5000}
    assert Allow("172.31.0.4", 0, 65535, "0.0.0.0/0") in view.allows
    (sentence,) = too_wide({"sg-web": [wide, HTTP, FROM_CALLERS]})
    assert "sg-web: ports 0-65535" in sentence
