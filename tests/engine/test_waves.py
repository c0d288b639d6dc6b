"""Rollouts in waves: the real engine, simulated machines."""

import re

import pytest

pytestmark = pytest.mark.engine

ONE_BY_ONE = {"canary": 1, "max_parallel": 1}


def indexes(story, moment, process="x.web"):
    """Of the instances of a process, in the order in which this happened to them."""
    return [
        int(name.split(".")[2])
        for what, name in story
        if what == moment and name.startswith(f"{process}.") and is_instance(name)
    ]


def is_instance(name):
    return name.count(".") == 3 and name.split(".")[2].isdigit()


def gates_at_each_launch(story, process="x.web"):
    """How many gates of the process had passed when each of its instances was begun."""
    passed, counts = 0, []
    for what, name in story:
        passed += what == "end create" and name.startswith(f"{process}.") and name.endswith(".gate")
        if what == "begin create" and name.startswith(f"{process}.") and is_instance(name):
            counts.append(passed)
    return counts


def most_at_once(story, operation):
    """The most instances on which the operation was under way together."""
    under_way = most = 0
    for what, name in story:
        if is_instance(name):
            under_way += (what == f"begin {operation}") - (what == f"end {operation}")
            most = max(most, under_way)
    return most


def test_a_wave_starts_when_the_gates_before_it_have_passed(simulated):
    simulated.app("x", count=7, deploy={"canary": 1, "max_parallel": 3})
    preview = simulated.preview()
    assert sorted(indexes(preview.story(), "begin create")) == [*range(7)]
    first = r"app x: new: web 7 x t3.micro of version \w+, started 1 first, then 3 at a time\n"
    assert re.search(first, preview.text)
    assert "app x:   at most 7 instances (14 vCPU) at once" in preview.text
    first = simulated.up().story()
    launched = indexes(first, "begin create")
    assert [launched[0], {*launched[1:4]}, {*launched[4:]}] == [0, {1, 2, 3}, {4, 5, 6}]
    assert gates_at_each_launch(first) == [0, 1, 1, 1, 4, 4, 4]
    simulated.app("x", count=7, deploy={"canary": 2, "max_parallel": "50%"}, env={"CHANGED": "yes"})
    preview = simulated.preview().text
    assert " replaced by 7 of " in preview
    assert ", started 2 first, then 3 at a time\n" in preview
    assert "at most 14 instances (28 vCPU) at once, since no old one goes before" in preview
    assert gates_at_each_launch(simulated.up().story()) == [0, 0, 2, 2, 2, 5, 5]
    assert simulated.up().changes() == []


def test_a_failing_canary_launches_nothing_of_the_rest(simulated):
    simulated.app("x", count=5, deploy=ONE_BY_ONE)
    simulated.up()
    old = simulated.instances()
    broken = simulated.image("fail step=fetch exit=22")
    simulated.app("x", count=5, deploy=ONE_BY_ONE, image_id=broken)
    for launched in ([0], []):  # the second time the same canary is asked again
        done = simulated.failed_up()
        assert indexes(done.story(), "end create") == launched
        assert done.text.count("error: before hook") == done.text.count("failed at step fetch") > 0
        assert "never retrieved" not in done.text
    assert old.items() < simulated.instances().items()
    assert len(simulated.instances()) == 6
    simulated.app("x", count=5, deploy=ONE_BY_ONE)
    simulated.up()
    assert simulated.instances() == old


def test_one_made_anew_is_judged_and_nobody_else(simulated):
    simulated.app("x", count=4, deploy=ONE_BY_ONE)
    simulated.up()
    first = simulated.instances()
    name, id_ = next((name, id_) for name, id_ in first.items() if name.startswith("x.web.1."))
    simulated.client("ec2").terminate_instances(InstanceIds=[id_])
    again = simulated.up("--refresh")
    assert again.steps("create", "update") == [name, f"{name}.gate", "x.accepted"]


def test_old_waves_end_all_at_once(simulated):
    slow = simulated.image("ready end=5")
    simulated.app("x", count=5, deploy=ONE_BY_ONE, image_id=slow)
    simulated.up()
    simulated.app("x", count=5, deploy=ONE_BY_ONE, image_id=slow, env={"CHANGED": "yes"})
    story = simulated.up().story()
    assert most_at_once(story, "create") == 1
    assert most_at_once(story, "delete") == 5
    destroyed = simulated.pulumi("destroy", "--yes", "--skip-preview")
    assert most_at_once(destroyed.story(), "delete") == 5


def test_growing_judges_nobody_again(simulated):
    simulated.app("x", count=4, deploy={"max_parallel": "25%"})
    simulated.up()
    first = simulated.instances()
    simulated.app("x", count=6, deploy={"max_parallel": "25%"})
    grown = simulated.up()
    assert sorted(name.split(".")[2] for name in grown.steps("create")) == ["4", "4", "5", "5"]
    assert grown.steps("update", "replace", "delete") == ["fleet-plan", "x.accepted"]
    assert first.items() < simulated.instances().items()


def test_how_a_change_rolls_out_is_no_change(simulated):
    simulated.app("x", count=4)
    simulated.up()
    first = simulated.instances()
    for deploy in ({"canary": 0}, {"max_parallel": 2}, {"healthy_deadline": "9m"}):
        simulated.app("x", count=4, deploy=deploy)
        assert simulated.up().changes() == ["update x.accepted"]
    simulated.app("x", count=4, deploy=deploy, tags={"team": "core"})
    changes = simulated.up().changes()
    assert sorted(changes) == sorted(
        f"update {name}" for name in (*first, "x.accepted", "x.web.security-group")
    )
    assert simulated.instances() == first


def test_two_processes_roll_side_by_side_and_each_alone(simulated):
    slow = simulated.image("ready delay=4")
    keys = {"image_id": slow, "deploy": ONE_BY_ONE}
    web, worker = {"cmd": "bin/web", "count": 3}, {"cmd": "bin/work", "count": 2}
    simulated.app("x", cmd=None, processes={"web": web, "worker": worker}, **keys)
    story = simulated.up().story()
    assert most_at_once(story, "create") <= 2
    began = [name for what, name in story if what == "begin create" and name.endswith(".gate")]
    first_of = {name.split(".")[1]: name for name in reversed(began)}
    first_end = next(at for at, (what, name) in enumerate(story) if (what, name) == ("end create", began[0]))
    assert {name for what, name in story[:first_end] if name in first_of.values()} == {*first_of.values()}
    assert gates_at_each_launch(story) == [0, 1, 2]
    assert gates_at_each_launch(story, "x.worker") == [0, 1]
    stays = {name: id_ for name, id_ in simulated.instances().items() if name.startswith("x.web.")}
    worker["env"] = {"CHANGED": "yes"}
    simulated.app("x", cmd=None, processes={"web": web, "worker": worker}, **keys)
    changed = {change.split()[1] for change in simulated.up().changes()} - {"fleet-plan"}
    assert {name.split(".")[1] for name in changed} == {"worker", "accepted"}
    assert stays.items() < simulated.instances().items()


def test_a_process_goes_while_another_rolls_and_only_after_it(simulated):
    web, worker = {"cmd": "bin/web", "count": 2}, {"cmd": "bin/work", "count": 2}
    simulated.app("x", cmd=None, processes={"web": web, "worker": worker})
    simulated.up()
    old = simulated.instances()
    broken = {
        **web,
        "image_id": simulated.image("hang step=packages"),
        "deploy": {"healthy_deadline": "5s", "min_healthy_time": "1s"},
        "healthcheck": {"interval": "1s", "start_timeout": "3s"},
    }
    simulated.app("x", cmd=None, processes={"web": broken})
    assert "hangs: not ready 5 s after its launch" in simulated.failed_up().text
    assert old.items() < simulated.instances().items()
    simulated.app("x", cmd=None, processes={"web": {**web, "env": {"CHANGED": "yes"}}})
    done = simulated.up()
    story = done.story()
    last_proved = max(at for at, (what, name) in enumerate(story) if what == "end create" and ".gate" in name)
    assert min(at for at, (what, _) in enumerate(story) if what == "begin delete") > last_proved
    assert {name.split(".")[1] for name in simulated.instances()} == {"web"}
    groups = simulated.client("ec2").describe_security_groups()["SecurityGroups"]
    assert not [group for group in groups if "worker" in group["GroupName"]]


def test_one_app_alone_by_target_goes_in_waves_too(simulated):
    for app in ("x", "y"):
        simulated.app(app, count=3, deploy=ONE_BY_ONE)
    simulated.up()
    for app in ("x", "y"):
        simulated.app(app, count=3, deploy=ONE_BY_ONE, env={"CHANGED": "yes"})
    done = simulated.up("--target", "**::x.**")
    assert gates_at_each_launch(done.story()) == [0, 1, 2]
    assert {change.split()[1].split(".")[0] for change in done.changes()} == {"x"}


def test_more_gates_than_the_engine_has_places_and_the_program_threads(simulated):
    """With one place the program has four threads, each held by a resource that waits for the place."""
    simulated.app("x", count=6, deploy={"canary": 0, "max_parallel": 6})
    assert gates_at_each_launch(simulated.up("--parallel", "1").story()) == [0] * 6


def test_a_canary_is_replaced_by_hand_and_the_others_stay(simulated):
    simulated.app("x", count=3, deploy=ONE_BY_ONE)
    simulated.up()
    first = simulated.instances()
    again = simulated.up("--replace", f"**::{min(first)}")
    assert [name.split(".")[2] for name in again.ended("update") if name.endswith(".gate")] == ["0"]
    now = simulated.instances("running")
    assert {name.split(".")[2] for name, id_ in now.items() if first[name] != id_} == {"0"}


def test_none_and_back_again(simulated):
    simulated.app("x", count=2)
    simulated.up()
    simulated.app("x", count=0, env={"CHANGED": "yes"})
    assert "app x: web: 2 -> 0 instances" in simulated.preview().text
    simulated.up()
    assert simulated.instances() == {}
    assert simulated.outputs()["x"]["instances"] == []
    simulated.app("x", count=2, env={"CHANGED": "yes"})
    assert gates_at_each_launch(simulated.up().story()) == [0, 1]


def test_a_type_whose_console_comes_late_is_warned_of_and_proved(simulated):
    simulated.app("x", instance_type="t2.micro", count=2)
    simulated.app("y")
    text = simulated.preview().text
    assert "warning: x.web: AWS shows the console of a t2.micro late and seldom" in text
    assert "warning: y.web" not in text
    assert "at most 2 instances (2 vCPU) at once" in text
    simulated.up()
    assert len(simulated.instances()) == 3
    (slow,) = [id_ for name, id_ in simulated.instances().items() if name.startswith("x.web.0.")]
    ec2 = simulated.client("ec2")
    with pytest.raises(ec2.exceptions.ClientError, match="UnsupportedOperation"):
        ec2.get_console_output(InstanceId=slow, Latest=True)
