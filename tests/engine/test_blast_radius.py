"""An edit that many apps share reaches as far as the stack allows: the real engine, simulated machines."""

import re

import pytest
import yaml

from tests.engine.operator import operator

pytestmark = pytest.mark.engine

APPS = ("ant", "bee", "cow")


@pytest.fixture
def fleet(simulated):
    """Three apps of a stack that allows half of them at once."""
    simulated.pulumi("config", "set", "maxReplaced", "50%")
    for app in APPS:
        simulated.app(app, source="../slugs/hello")
    defaults(simulated, TEAM="core")
    simulated.up()
    return simulated


def defaults(stack, more=None, **env):
    keys = {"env": env, **(more or {})}
    (stack.project / "apps/_defaults.yaml").write_text(yaml.safe_dump(keys))


def stopped(done, instances="3 of the 3"):
    """Judges a stopped preview or up; gives back the name of the change."""
    assert done.code != 0
    diagnostics = done.text.partition("Diagnostics:")[2]
    said = f"this update would replace or end {instances} instances that serve"
    assert diagnostics.count(said) == 1, done.text
    assert "Traceback" not in done.text
    assert "never retrieved" not in done.text
    return re.search(r"config set approved (plan-[0-9a-f]{8}) --stack local", done.text)[1]


def test_an_edit_of_the_defaults_goes_out_when_it_is_named_and_the_next_one_not(fleet):
    old = fleet.instances()
    defaults(fleet, TEAM="edge")
    preview = fleet.pulumi("preview")
    name = stopped(preview)
    assert "because env.TEAM: 'core' -> 'edge' (apps/_defaults.yaml:2)" in preview.text
    for app in APPS:
        assert f"app {app}: web: 1 of version " in preview.text
    up = fleet.failed_up()
    assert stopped(up) == name
    assert [change for change in up.changes() if ".web.0." in change] == []
    fleet.pulumi("config", "set", "approved", name)
    assert f"approved as {name} (Pulumi.local.yaml:" in fleet.preview().text
    fleet.up()
    assert not old.keys() & fleet.instances().keys()
    assert fleet.up().changes() == []
    defaults(fleet, TEAM="third")
    assert stopped(fleet.pulumi("preview")) != name


def test_what_failed_is_asked_again_and_a_revert_never(fleet):
    old = fleet.instances()
    defaults(fleet, TEAM="core", more={"image_id": fleet.image("fail step=fetch exit=22")})
    fleet.pulumi("config", "set", "approved", stopped(fleet.failed_up()))
    assert "failed at step fetch" in fleet.failed_up().text
    fleet.pulumi("config", "rm", "approved")
    assert "failed at step fetch" in fleet.failed_up().text  # it was let through once
    defaults(fleet, TEAM="core")
    fleet.up()
    assert fleet.instances() == old


def test_an_edit_of_the_defaults_that_ends_instances_without_a_successor(fleet):
    fleet.app("ant", source="../slugs/hello", count=1)
    fleet.up()
    old = fleet.instances()
    defaults(fleet, more={"count": 0}, TEAM="core")
    name = stopped(fleet.pulumi("preview"), "2 of the 3")
    up = fleet.failed_up()
    assert stopped(up, "2 of the 3") == name
    assert "because count: now '0' (apps/_defaults.yaml:" in up.text
    assert fleet.instances() == old
    fleet.pulumi("config", "set", "approved", name)
    fleet.up()
    assert {one[:4] for one in fleet.instances()} == {"ant."}
    fleet.app("ant", source="../slugs/hello", count=0)
    fleet.up()  # each app's own
    assert fleet.instances() == {}


def test_each_apps_own_edit_and_one_app_alone_are_never_stopped(fleet):
    for app in APPS:
        fleet.app(app, source="../slugs/hello", env={"CHANGED": "yes"})
    fleet.up()
    hands = operator(fleet, "local")
    defaults(fleet, TEAM="edge")
    name = stopped(fleet.pulumi("preview"))
    old = fleet.instances()
    rolled = hands.runs("make rollout STACK=local APP=bee YES=1")
    assert rolled.returncode == 0, rolled.stdout
    assert {one for one in old if one not in fleet.instances()} == {one for one in old if one[:4] == "bee."}
    assert stopped(fleet.pulumi("preview"), "2 of the 3") == name
    hands.runs("make rollout STACK=local APP=cow YES=1")
    fleet.up()  # one is left
    assert not old.keys() & fleet.instances().keys()
    assert fleet.up().changes() == []


def test_a_rollout_says_which_apps_there_are(simulated):
    simulated.app("hello")
    hands = operator(simulated, "local")
    for arguments, said in (
        ("APP=hello", "say which stack: make rollout STACK=dev APP=hello"),
        ("STACK=local", "say which app: make rollout STACK=dev APP=hello"),
        ("STACK=local APP=helo", "apps: there is no app 'helo' (did you mean 'hello'?)"),
        ("STACK=nope APP=hello", "Pulumi.nope.yaml: does not exist, so there is no stack 'nope'"),
    ):
        done = hands.runs(f"make rollout {arguments} YES=1")
        assert done.returncode != 0
        assert said in done.stdout
    done = hands.runs("make rollout STACK=local APP=hello YES=1")
    assert done.returncode == 0, done.stdout
    assert len(simulated.instances("running")) == 1  # in a stack that had no up at all
    assert simulated.up().steps("create") == ["fleet-plan"]
