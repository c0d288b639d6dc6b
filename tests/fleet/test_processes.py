"""One app of several processes, as the whole program declares it."""

import pytest

SHOP = {
    "slug_url": "https://slugs.example.com/shop.tar.gz",
    "allow_from": ["0.0.0.0/0"],
    "tags": {"team": "core"},
    "processes": {
        "web": {"cmd": "bin/web", "count": 3, "public_ip": False},
        "worker": {
            "cmd": "bin/work",
            "instance_type": "t3.small",
            "root_volume": {"size": 20},
            "tags": {"tier": "back"},
        },
    },
}


@pytest.fixture
def seen(run, write, ready_dev):
    write("apps/shop.yaml", SHOP)
    return run("dev")


def of(seen, process):
    """The process's instances."""
    return [one for one in seen.of("Instance") if one.name.startswith(f"shop.{process}.")]


def test_each_process_has_instances_of_its_own(seen):
    assert len(of(seen, "web")) == 3
    (worker,) = of(seen, "worker")
    assert worker.inputs["instanceType"] == "t3.small"
    assert worker.inputs["rootBlockDevice"]["volumeSize"] == 20
    assert "bin/work" in worker.inputs["userData"]
    assert len({one.name.rsplit(".", 1)[1] for one in of(seen, "web")} | {worker.name.rsplit(".", 1)[1]}) == 2


def test_a_worker_is_reached_by_nobody_and_reaches_everything(seen):
    rules = [one.name for one in seen.of("SecurityGroupIngressRule") if one.name.startswith("shop.")]
    assert rules == ["shop.web.ingress.5000.0.0.0.0-0"]
    assert seen.one("shop.worker.egress").inputs["cidrIpv4"] == "0.0.0.0/0"


def test_public_addresses_are_per_process_and_a_private_one_is_told_instead(seen):
    assert {one.inputs["associatePublicIpAddress"] for one in of(seen, "web")} == {False}
    assert {one.inputs["associatePublicIpAddress"] for one in of(seen, "worker")} == {True}
    assert seen.outputs["apps"]["shop"]["addresses"] == ["http://172.31.0.4:5000"] * 3


def test_tags_of_the_app_and_of_the_process_beside_ours(seen):
    (worker,) = of(seen, "worker")
    assert {"team": "core", "tier": "back", "Name": worker.name}.items() <= worker.inputs["tags"].items()
    assert worker.inputs["volumeTags"] == worker.inputs["tags"]
    assert worker.inputs["tags"]["compute-instances:process"] == "worker"
    assert "tier" not in of(seen, "web")[0].inputs["tags"]
    assert seen.one("shop.worker.security-group").inputs["tags"]["tier"] == "back"


def test_one_release_is_accepted_behind_all_gates_of_all_processes(seen):
    gates = {one.urn for one in seen.of("Stash") if one.name.startswith("shop.") and "gate" in one.name}
    accepted = seen.one("shop.accepted")
    assert len(gates) == 4
    assert gates <= set(accepted.needs)
    assert {name: one["waves"] for name, one in accepted.inputs["input"]["processes"].items()} == {
        "web": "one after the other",
        "worker": "",
    }


def test_all_of_a_kind_is_asked_for_at_once(seen, aws):
    assert sorted(aws.asked) == [
        "account",
        "images ami-0abcdef0123456789",
        "subnets default",
        "types t3.micro t3.small",
    ]


def test_a_later_wave_waits_without_a_recorded_dependency(seen):
    gates = {one.urn for one in seen.of("Stash")}
    for one in seen.of("Instance"):
        assert not gates & set(one.needs)
