"""A random walk through everything that happens to a fleet: after each step design.md's promises hold.

The real engine on simulated machines, beside a model of plain values. `make soak` walks far and often.
"""

import tempfile
import time
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, reject, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)

from tests.engine.operator import left_behind
from tests.engine.update import LOOK, update
from tests.engine.walk_model import FAULTS, App, Process, place_of, places, stay
from tests.stack import own_stack

pytestmark = pytest.mark.engine

NAMES = ("ant", "bee", "cow")
names = st.sampled_from(NAMES)
picks = st.integers(0, 99)


class Walk(RuleBasedStateMachine):
    """`apps`: what the files say. `accepted`: what they said when all was last proved; `serving`: its ids."""

    def __init__(self):
        super().__init__()
        self.closing = ExitStack()
        self.stack = None
        self.edits = 0
        self.apps, self.accepted, self.serving = {}, {}, {}

    @initialize(number=st.integers(0, 2**32))
    def begin(self, number):
        if not number:
            reject()  # the simplest walk, with which hypothesis begins, goes nowhere
        folder = Path(self.closing.enter_context(tempfile.TemporaryDirectory()))
        self.stack = self.closing.enter_context(own_stack(folder, "simulated"))
        self.images = {fault: self.stack.image(act) for fault, act in FAULTS.items()}
        two = App(processes={"web": Process(count=2), "work": Process()})
        self.write({"ant": two, "bee": App(processes={"web": Process(count=2)})})
        self.converge()

    # Steps

    @precondition(lambda self: self.apps)
    @rule(pick=picks, what=st.sampled_from(["env", "cmd", "kind", "max_parallel"]))
    def edit(self, pick, what):
        name, process = self.pick(pick)
        self.edits += 1
        app = self.apps[name]
        changed = {
            "env": lambda: app.changed(process, env=self.edits),
            "cmd": lambda: app.changed(process, cmd=f"bin/run-{self.edits}"),
            "kind": lambda: app.changed(process, kind=("t3.micro", "t3.small")[self.edits % 2]),
            "max_parallel": lambda: replace(app, max_parallel=1 + self.edits % 3),
        }
        self.write({name: changed[what]()})
        self.converge()

    @precondition(lambda self: self.apps)
    @rule(pick=picks, count=st.integers(0, 3))
    def scale(self, pick, count):
        name, process = self.pick(pick)
        self.write({name: self.apps[name].changed(process, count=count)})
        self.converge()

    @precondition(lambda self: self.apps)
    @rule(pick=picks)
    def give_or_take_a_process(self, pick):
        name, _ = self.pick(pick)
        had = self.apps[name].processes
        web = {"web": had["web"]}
        both = web | {"work": Process(env=self.edits)}
        self.write({name: replace(self.apps[name], processes=web if "work" in had else both)})
        self.converge()

    @rule(name=names)
    def add_or_remove_an_app(self, name):
        self.write({name: None if name in self.apps else App()})
        self.converge()

    @precondition(lambda self: self.apps)
    @rule(pick=picks, fault=st.sampled_from([*FAULTS]))
    def break_one(self, pick, fault):
        name, process = self.pick(pick)
        self.edits += 1
        self.write({name: self.apps[name].changed(process, fault=fault, env=self.edits)})
        self.converge()

    @precondition(lambda self: self.apps != self.accepted)
    @rule()
    def revert(self):
        self.write({name: self.accepted.get(name) for name in {*self.apps, *self.accepted}})
        done = self.converge()
        assert not [change for change in done.changes() if "create" in change]

    @rule()
    def write_a_bad_file(self):
        self.stack.app("zebra", cuont=3)
        done = self.stack.failed_up()
        assert "apps/zebra.yaml:5: cuont: unknown key (did you mean 'count'?)" in done.text
        assert done.changes() == []
        (self.stack.project / "apps/zebra.yaml").unlink()
        self.nothing_is_lost()

    @precondition(lambda self: self.serving and self.apps == self.accepted)
    @rule(pick=picks)
    def terminate_one_by_hand(self, pick):
        victim = sorted(self.serving)[pick % len(self.serving)]
        self.stack.client("ec2").terminate_instances(InstanceIds=[self.serving[victim]])
        done = self.stack.up("--refresh")
        app = victim.split(".")[0]
        made = [f"create {victim}", f"update {victim}.gate", f"update {app}.accepted"]
        assert [change for change in done.changes() if change.split()[0] != "delete"] == made
        gone = {victim: self.serving.pop(victim)}
        self.prove_all()
        assert not gone.items() & self.serving.items()
        self.nothing_is_lost()

    @precondition(lambda self: self.apps and self.apps == self.accepted)
    @rule(pick=picks, events=st.integers(1, 60))
    def kill_and_cure(self, pick, events):
        name, process = self.pick(pick)
        self.edits += 1
        self.write({name: self.apps[name].changed(process, env=self.edits)})
        with update(self.stack, "up") as running:
            while running.process.poll() is None and len(running.events()) < events:
                time.sleep(LOOK)
            running.process.kill()
            done = running.wait()
        left = self.stack.instances()
        if "delete" in {change.split()[0] for change in done.changes()}:
            self.every_new_one_was_proved(done, name, process)
            self.serving = {one: id_ for one, id_ in self.serving.items() if left.get(one) == id_}
        assert self.serving.items() <= left.items()
        self.cure()
        self.converge()

    @rule()
    def look(self):
        before = self.stack.instances()
        self.stack.preview()
        refreshed = self.stack.pulumi("refresh", "--yes")
        assert refreshed.code == 0, refreshed.text
        assert self.stack.instances() == before
        self.nothing_is_lost()

    # What each of them does

    def pick(self, number):
        """An app and one of its processes."""
        every = [(name, process) for name, app in self.apps.items() for process in app.processes]
        return every[number % len(every)]

    def write(self, files):
        for name, app in files.items():
            (self.stack.project / f"apps/{name}.yaml").unlink(missing_ok=True)
            if app:
                self.stack.app(name, **app.keys(self.images))
        self.apps = {name: app for name, app in {**self.apps, **files}.items() if app}

    def converge(self):
        """`up`: where a version is faulty it fails and costs nothing, else it leaves nothing to do."""
        if any(app.faulty for app in self.apps.values()):
            done = self.stack.failed_up()
            assert "never retrieved" not in done.text
            self.strangers_are_left_alone(done)
        else:
            done = self.stack.up()
            self.strangers_are_left_alone(done)
            self.prove_all()
            assert self.stack.up().changes() == []
        self.nothing_is_lost()
        return done

    def prove_all(self):
        """All that the files ask for runs, and nothing else."""
        running = self.stack.instances()
        assert sorted(map(place_of, running)) == sorted(places(self.apps))
        staying = stay(self.accepted, self.apps)
        kept = {name: id_ for name, id_ in self.serving.items() if place_of(name) in staying}
        assert kept.items() <= running.items()
        self.accepted, self.serving = self.apps, running

    def strangers_are_left_alone(self, done):
        """Nothing happens to what was accepted and is asked for as it is."""
        staying = stay(self.accepted, self.apps)
        kept = {name for name in self.serving if place_of(name) in staying}
        touched = {change.split()[1].removesuffix(".gate") for change in done.changes()}
        assert not kept & touched

    def nothing_is_lost(self):
        """What is accepted runs, and is what the outputs say; each gate may say more by then."""
        running = self.stack.instances("running")
        assert self.serving.items() <= running.items()
        told = [id_ for app in self.stack.outputs().values() for id_ in app["instances"]]
        assert {*told} <= {*running.values()}
        if self.apps == self.accepted:
            assert sorted(told) == sorted(self.serving.values())

    def every_new_one_was_proved(self, done, name, process):
        proved = {place_of(one) for one in done.ended("create") if one.endswith(".gate")}
        count = self.apps[name].processes[process].count
        assert proved == {f"{name}.{process}.{index}" for index in range(count)}

    def cure(self):
        """What docs/when-something-goes-wrong.md says after a killed `up`."""
        self.stack.pulumi("cancel", "--yes")
        refreshed = self.stack.pulumi("refresh", "--yes", "--clear-pending-creates")
        assert refreshed.code == 0, refreshed.text
        if orphans := left_behind(self.stack).get("orphan"):
            self.stack.client("ec2").terminate_instances(InstanceIds=orphans)

    def teardown(self):
        with self.closing:
            if self.stack:
                done = self.stack.pulumi("destroy", "--yes", "--skip-preview")
                assert done.code == 0, done.text
                assert self.stack.instances() == {}
                groups = self.stack.client("ec2").describe_security_groups()["SecurityGroups"]
                assert {group["GroupName"] for group in groups} == {"default"}


def test_a_short_walk():
    """Every kind of step once, the same each time: drawn steps would differ with whatever else is loaded."""
    walk = Walk()
    try:
        walk.begin(number=1)
        walk.kill_and_cure(pick=0, events=41)
        walk.break_one(pick=2, fault="hangs")
        walk.add_or_remove_an_app(name="cow")
        walk.edit(pick=1, what="env")
        walk.revert()
        walk.terminate_one_by_hand(pick=0)
        walk.break_one(pick=0, fault="dies")
        walk.write_a_bad_file()
        walk.revert()
        walk.give_or_take_a_process(pick=0)
        walk.scale(pick=0, count=3)
        walk.look()
    finally:
        walk.teardown()


@pytest.mark.soak
def test_long_walks():
    run_state_machine_as_test(
        seed(2)(Walk),
        settings=settings(
            max_examples=4,
            stateful_step_count=40,
            deadline=None,
            database=None,
            phases=[Phase.generate],  # a walk takes minutes: the one that failed is told as it was
            suppress_health_check=[*HealthCheck],
        ),
    )
