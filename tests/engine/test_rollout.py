"""Rollouts that go well, and what preview says of them: the real engine, simulated machines."""

import pytest

pytestmark = pytest.mark.engine


def test_a_second_up_changes_nothing(simulated):
    simulated.app("hello", source="../slugs/hello")
    simulated.up()
    again = simulated.up()
    assert again.changes() == []


def test_new_ones_are_proved_before_old_ones_go(simulated):
    simulated.app("hello", count=3)
    simulated.up()
    old = simulated.instances()
    simulated.app("hello", count=3, env={"GREETING": "hi"})
    done = simulated.up()
    ended = [name for name in done.ended("create", "delete") if name.startswith("hello.web.")]
    gates = [ended.index(name) for name in ended if name.endswith(".gate") and name[:-5] not in old]
    deletes = [ended.index(name) for name in old]
    assert len(gates) == 3
    assert max(gates) < min(deletes)


def test_scaling_by_stack_config_keeps_the_first_and_drops_the_highest(simulated):
    simulated.app("hello")
    simulated.up()
    first = simulated.instances()
    simulated.pulumi("config", "set", "--path", "counts.hello", "3")
    simulated.up()
    three = simulated.instances()
    assert first.items() < three.items()
    assert sorted(name.split(".")[2] for name in three) == ["0", "1", "2"]
    simulated.pulumi("config", "set", "--path", "counts.hello", "1")
    simulated.up()
    assert simulated.instances() == first


def test_preview_says_what_changes_and_why_and_creates_nothing(simulated):
    simulated.app("hello")
    simulated.app("other")
    first = simulated.preview().text
    assert "app hello: new: web 1 x t3.micro of version " in first
    assert simulated.instances() == {}
    simulated.up()
    before = simulated.instances()
    simulated.app("hello", env={"GREETING": "hi"})
    simulated.pulumi("config", "set", "--path", "counts.other", "2")
    text = simulated.preview().text
    assert "app hello: web: 1 of version " in text
    assert "because env.GREETING: default -> 'hi' (apps/hello.yaml:" in text
    assert "app other: web: 1 -> 2 instances" in text
    assert "because count: default -> '2' (Pulumi.local.yaml:" in text
    assert simulated.instances() == before
    assert simulated.preview("--diff").text.count("+ put GREETING hi") >= 1


def test_preview_of_no_change_says_nothing(simulated):
    simulated.app("hello")
    simulated.up()
    assert "app hello" not in simulated.preview().text


def test_one_app_alone_by_target_while_another_would_fail(simulated):
    broken = simulated.image("fail step=fetch exit=22")
    simulated.app("api")
    simulated.app("api-2")
    simulated.up()
    old = simulated.instances()
    simulated.app("api", env={"CHANGED": "yes"})
    simulated.app("api-2", image_id=broken)
    simulated.app("fresh")
    simulated.up("--target", "**::api.**")
    simulated.up("--target", "**::fresh.**")
    now = simulated.instances()
    assert {name.split(".")[0] for name in now} == {"api", "api-2", "fresh"}
    assert len(now) == 3
    assert [id_ for name, id_ in old.items() if name.startswith("api-2.")] == [
        id_ for name, id_ in now.items() if name.startswith("api-2.")
    ]
    assert not [id_ for name, id_ in old.items() if name.startswith("api.") and id_ in now.values()]
    outputs = simulated.outputs()
    for app in ("api", "api-2", "fresh"):
        assert sorted(outputs[app]["instances"]) == sorted(
            id_ for name, id_ in now.items() if name.startswith(f"{app}.")
        )
    assert "app api-2: instance" in simulated.failed_up().text  # the control: it does fail


def test_one_bad_file_and_nothing_is_declared(simulated):
    simulated.app("good")
    simulated.app("bad", count="3", cmd="")
    done = simulated.failed_up()
    assert "nothing was declared:" in done.text
    assert "apps/bad.yaml:5: count: must be a whole number" in done.text
    assert "apps/bad.yaml:2: cmd: must be a command, such as bin/web" in done.text
    assert simulated.instances() == {}


def test_destroy_leaves_nothing(simulated):
    simulated.app("hello", source="../slugs/hello", count=2)
    simulated.up()
    done = simulated.pulumi("destroy", "--yes", "--skip-preview")
    assert done.code == 0, done.text
    assert simulated.instances() == {}
    assert simulated.client("s3").list_buckets()["Buckets"] == []
    groups = simulated.client("ec2").describe_security_groups()["SecurityGroups"]
    assert {group["GroupName"] for group in groups} == {"default"}
    assert not [one for one in simulated.client("iam").list_roles()["Roles"] if "hello" in one["RoleName"]]
