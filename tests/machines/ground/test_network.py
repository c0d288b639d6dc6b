"""Who reaches whom: machines, people, AWS, the metadata service."""

import threading
import time
from dataclasses import replace
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from local.aws.ground import NspawnSite
from local.aws.machine import NetworkView
from local.aws.network import BRIDGE, Network
from local.errors import LocalError
from local.home import Home
from tests.machines.ground.parts import EVERYBODY, PROBE, PROBES_OPEN, Ground, allow, says, traces

pytestmark = pytest.mark.machines


def test_cloud_init_runs_the_user_data_that_the_metadata_service_serves(ground: Ground) -> None:
    copy = ground.ask(10, there="file:///var/lib/cloud/instance/user-data.txt")
    assert sha256(copy.encode()).digest() == sha256(PROBE.encode()).digest()


def test_a_machine_cannot_pass_for_another_at_the_metadata_service(ground: Ground) -> None:
    ground.internet.specs["172.31.9.9"] = replace(ground.internet.specs["172.31.0.10"], private_ip="stolen")
    mine = "http://169.254.169.254/latest/meta-data/local-ipv4"
    assert ground.ask(10, there=mine) == "172.31.0.10"
    assert ground.ask(11, there=mine) == "172.31.0.11"


def test_aws_names_lead_to_the_api_over_tls_that_the_machine_trusts(ground: Ground) -> None:
    answer = ground.ask(10, there="https://bucket.s3.us-east-1.amazonaws.com/a%2520key")
    assert answer == "bucket.s3.us-east-1.amazonaws.com/a%20key"


def test_machines_have_the_names_of_ec2(ground: Ground) -> None:
    ground.publish(*PROBES_OPEN, allow(11, 5001))
    assert ground.ask(10, there="http://ip-172-31-0-11.ec2.internal:5001/") == "here"


def test_people_get_in_where_a_rule_lets_them(ground: Ground) -> None:
    assert ground.ask(10, 5001) == ""
    ground.publish(*PROBES_OPEN, allow(10, 5001))
    assert ground.ask(10, 5001) == "here", "the closed port was served all the time"
    ground.publish(*PROBES_OPEN, allow(10, 5001, "203.0.113.0/24"))
    assert ground.ask(10, 5001) == "here", "people come from there"
    ground.publish(*PROBES_OPEN, allow(10, 5001, "198.51.100.0/24"))
    assert ground.ask(10, 5001) == "", "a rule for others"


def test_machines_get_in_where_a_rule_lets_them(ground: Ground) -> None:
    other = "http://172.31.0.10:5001/"
    assert ground.ask(11, there=other).startswith("refused")
    ground.publish(*PROBES_OPEN, allow(10, 5001, "172.31.0.11/32"))
    assert ground.ask(11, there=other) == "here"
    assert ground.ask(10, 5001) == "", "the rule is for that machine"


def test_machines_get_out_where_a_rule_lets_them(ground: Ground) -> None:
    """To another machine both sides must agree: with the way in open, the way out decides."""
    other = "http://172.31.0.10:5001/"
    for peer, answer in {
        "172.31.0.10/32": "here",
        "172.31.0.11/32": "refused: <urlopen error timed out>",
    }.items():
        ground.publish(*PROBES_OPEN, allow(10, 5001), egress=(allow(11, 5001, peer),))
        assert ground.ask(11, there=other) == answer
    ground.publish(*PROBES_OPEN, egress=(allow(11, 5001, EVERYBODY),))
    assert ground.ask(11, there=other).startswith("refused"), "a way out is no way in"


def test_aws_is_reached_as_the_internet_is(ground: Ground) -> None:
    there = "https://bucket.s3.us-east-1.amazonaws.com/key"
    for peer, port, answers in (
        (EVERYBODY, 443, True),
        (EVERYBODY, 80, False),
        ("172.31.0.0/16", 443, False),
        ("10.0.0.0/8", 443, False),
    ):
        ground.publish(*PROBES_OPEN, egress=(allow(10, port, peer),))
        answer = ground.ask(10, there=there)
        assert answer == "bucket.s3.us-east-1.amazonaws.com/key" if answers else "timed out" in answer


def test_without_egress_a_machine_boots_hears_its_metadata_and_answers_people(ground: Ground) -> None:
    ground.publish(*PROBES_OPEN, allow(12, 5000), egress=())
    machine = ground.boot(12, PROBE)
    says(machine, "probe: ready")
    assert ground.ask(12) == "here"
    assert ground.ask(12, there="http://169.254.169.254/latest/meta-data/local-ipv4") == "172.31.0.12"
    assert "timed out" in ground.ask(12, there="http://bucket.s3.us-east-1.amazonaws.com/"), "known by name"
    machine.remove()


def test_the_gateway_keeps_its_address_when_machines_come_and_go(ground: Ground) -> None:
    network = Network(ground.home)
    assert ground.ask(10) == "here"
    # The lowest address there can be, which a bridge would take for its own and lose again.
    network.inside("ip", "link", "add", "lowest", "address", "02:00:00:00:00:01", "type", "veth")
    network.inside("ip", "link", "set", "lowest", "master", BRIDGE, "up")
    assert ground.ask(10) == "here"
    network.inside("ip", "link", "del", "lowest")
    assert ground.ask(10) == "here"


def test_a_machine_that_is_not_there_is_told_without_hanging(ground: Ground) -> None:
    started = time.monotonic()
    assert ground.ask(12) == ""
    assert time.monotonic() - started < 9, "it was the caller who gave up"


def test_connections_survive_changes_of_the_balancer(ground: Ground) -> None:
    answers = []
    over = threading.Event()

    def keep_asking() -> None:
        while not over.is_set():
            answers.append(ground.ask(10))

    people = threading.Thread(target=keep_asking)
    people.start()
    view = NetworkView(frozenset({ground.forward(10, 5000)}), frozenset(PROBES_OPEN))
    for host in range(20, 30):
        ground.site.publish(replace(view, forwards=view.forwards | {ground.forward(host, 80)}))
    over.set()
    people.join()
    assert answers
    assert set(answers) == {"here"}


def test_an_address_that_is_taken_is_named_and_the_others_are_served_on(ground: Ground) -> None:
    forward = ground.forward(13, 5000)
    taken = ThreadingHTTPServer((forward.listen, forward.port), BaseHTTPRequestHandler)
    with taken, pytest.raises(LocalError, match=f"{forward.listen}:{forward.port}"):
        ground.site.publish(NetworkView(frozenset({forward}), frozenset(PROBES_OPEN)))
    assert ground.ask(10) == "here"


def test_two_local_awses_stand_side_by_side(ground: Ground, tmp_path: Path) -> None:
    home = Home(tmp_path / "other")
    other = NspawnSite(home, api=home.api, metadata=home.metadata)
    other.open()
    assert traces(home)
    other.close()
    assert traces(home) == []
    assert ground.ask(10) == "here"
