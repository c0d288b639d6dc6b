"""What is done next follows from what is asked and what is: nothing else."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import product

import pytest

from local.aws.reconcile import Action, Phase, Verb, plan

STATES = ("pending", "running", "stopping", "stopped", "shutting-down", "terminated")


def next_of(state: str, phase: Phase) -> list[Verb]:
    return [action.verb for action in plan({"i-1": state}, {"i-1": phase}, boots_at_once=9)]


def test_a_new_instance_gets_a_machine() -> None:
    assert plan({"i-1": "pending"}, {}, boots_at_once=1) == [Action(Verb.START, "i-1")]


@pytest.mark.parametrize("phase", [Phase.BOOTING, Phase.UP])
def test_it_runs_when_its_machine_does(phase: Phase) -> None:
    assert next_of("pending", phase) == [Verb.SAY_RUNNING]


def test_a_machine_that_did_not_start_is_told_as_failed() -> None:
    assert next_of("pending", Phase.FAILED) == [Verb.SAY_FAILED]


def test_a_machine_that_powered_itself_off_is_not_started_again() -> None:
    assert next_of("pending", Phase.DIED) == [Verb.SAY_RUNNING]
    assert next_of("running", Phase.DIED) == [Verb.OBEY_POWER_OFF]


def test_it_boots_again_once_it_is_asked_and_not_amid_a_boot_again() -> None:
    assert next_of("rebooting", Phase.UP) == next_of("rebooting", Phase.BOOTING) == [Verb.REBOOT]
    assert next_of("rebooting", Phase.REBOOTING) == []
    assert next_of("stopping", Phase.REBOOTING) == []


@pytest.mark.parametrize("phase", [Phase.BOOTING, Phase.UP, Phase.DIED])
def test_asked_to_boot_again_it_comes_to_rest(phase: Phase) -> None:
    world = World("rebooting", phase)
    world.settle()
    assert world.state == ("terminated" if phase is Phase.DIED else "running")


@pytest.mark.parametrize("phase", [Phase.BOOTING, Phase.UP, Phase.DIED, Phase.FAILED, Phase.OFF])
def test_whatever_a_machine_does_it_can_be_removed(phase: Phase) -> None:
    assert next_of("shutting-down", phase) == [Verb.REMOVE]


def test_terminated_is_said_only_when_the_machine_is_gone() -> None:
    assert next_of("shutting-down", Phase.ENDING) == []
    assert next_of("shutting-down", Phase.STARTING) == []
    assert next_of("shutting-down", Phase.GONE) == [Verb.SAY_TERMINATED]


def test_boots_wait_for_room_and_the_oldest_goes_first() -> None:
    states = dict.fromkeys(["i-1", "i-2", "i-3", "i-4", "i-5"], "pending")
    phases = {"i-1": Phase.STARTING, "i-2": Phase.BOOTING}
    assert plan(states, phases, boots_at_once=4) == [
        Action(Verb.SAY_RUNNING, "i-2"),
        Action(Verb.START, "i-3"),
        Action(Verb.START, "i-4"),
    ]


def test_no_other_step_waits_for_room() -> None:
    states = {"i-1": "pending", "i-2": "pending", "i-3": "shutting-down"}
    phases = {"i-1": Phase.STARTING, "i-3": Phase.UP}
    assert plan(states, phases, boots_at_once=1) == [Action(Verb.REMOVE, "i-3")]


@dataclass
class World:
    """One instance and its machine, where every step takes place at once."""

    state: str
    phase: Phase
    behaviour: str = "terminate"
    done: list[Verb] = field(default_factory=list)

    def settle(self) -> None:
        for _ in range(20):
            actions = plan({"i-1": self.state}, {"i-1": self.phase}, boots_at_once=1)
            if not actions:
                return
            self._do(actions[0].verb)
        pytest.fail(f"no rest: {self}")

    def _do(self, verb: Verb) -> None:
        self.done.append(verb)
        phases: Mapping[Verb, Phase] = {
            Verb.START: Phase.UP,
            Verb.STOP: Phase.OFF,
            Verb.REBOOT: Phase.BOOTING,
            Verb.REMOVE: Phase.GONE,
            Verb.SAY_STOPPED: Phase.OFF,
        }
        states: Mapping[Verb, str] = {
            Verb.SAY_RUNNING: "running",
            Verb.REBOOT: "running",
            Verb.SAY_STOPPED: "stopped",
            Verb.SAY_TERMINATED: "terminated",
            Verb.SAY_FAILED: "shutting-down",
            Verb.OBEY_POWER_OFF: "shutting-down" if self.behaviour == "terminate" else "stopping",
        }
        self.phase = phases.get(verb, self.phase)
        self.state = states.get(verb, self.state)


@pytest.mark.parametrize(("state", "phase"), list(product(STATES, Phase)))
def test_from_everywhere_it_comes_to_rest(state: str, phase: Phase) -> None:
    world = World(state, phase)
    world.settle()
    in_hands = phase in {Phase.STARTING, Phase.REBOOTING, Phase.ENDING}
    gone_too_early = phase is Phase.GONE and state != "shutting-down"
    if not in_hands and not gone_too_early:
        assert world.state in {"running", "stopped", "terminated"}


@pytest.mark.parametrize(("behaviour", "end"), [("terminate", "terminated"), ("stop", "stopped")])
def test_a_power_off_from_inside_obeys_what_was_asked_at_launch(behaviour: str, end: str) -> None:
    world = World("running", Phase.DIED, behaviour)
    world.settle()
    assert world.state == end


def test_a_stopped_instance_starts_once_and_keeps_its_disk() -> None:
    world = World("running", Phase.DIED, "stop")
    world.settle()
    world.state = "pending"
    world.settle()
    assert world.state == "running"
    assert world.done.count(Verb.START) == 1
    assert Verb.REMOVE not in world.done
