"""pulumi ends in the middle of an update, at moments chosen by its events: the page cures it, promises hold.

All of them are `make soak`; a sample, which holds each kind of thing that is left behind, is in `make test`.
"""

import random
import signal
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import pytest

from tests.engine.operator import Operator, left_behind, operator, recorded
from tests.engine.update import Update, update
from tests.stack import Done, Stack

pytestmark = pytest.mark.engine

Moment = Callable[[Update, Stack], None]
LOCK, ENTRY, ORPHAN = "lock", "pending entry", "orphan"
KILLED = frozenset({LOCK})


# The moments


def at_once(running: Update, stack: Stack) -> None:
    running.until(running.events, "an event")


def begins(step: str, running: Update, stack: Stack) -> None:
    running.until(lambda: _has(running.begun(), step), f"the begin of {step}")


def ends(step: str, running: Update, stack: Stack) -> None:
    running.until(lambda: _has(running.ended(), step), f"the end of {step}")


def launched(process: str, running: Update, stack: Stack) -> None:
    """AWS has the instance, and pulumi has not heard of it."""
    before = stack.there().keys()
    begins(f"create {process}", running, stack)
    running.stop_until(
        lambda: any(name.startswith(process) for id_, name in stack.there().items() if id_ not in before),
        f"the launch of {process}",
    )
    assert not _has(running.ended(), f"create {process}")


def launched_unheard(process: str, running: Update, stack: Stack) -> None:
    """And pulumi will not hear of it, however long it waits."""
    launched(process, running, stack)
    running.hold_provider()


def exists(step: str, found: Callable[[Stack], object], running: Update, stack: Stack) -> None:
    """AWS has it, and pulumi has not heard of it."""
    begins(step, running, stack)
    running.stop_until(lambda: found(stack), f"{step} in AWS")


def waits(process: str, running: Update, stack: Stack) -> None:
    """The hook of a gate waits: its instance is recorded, and it not."""
    running.until(lambda: [one for one in running.begun() if _is(one, process, ".gate")], "a waiting gate")


def passed(process: str, running: Update, stack: Stack) -> None:
    running.until(lambda: [one for one in running.ended() if _is(one, process, ".gate")], "a passed gate")


def writes(running: Update, stack: Stack) -> None:
    """A checkpoint is half written: the file beside the state that will take its place is there."""
    begins("create hello.web.", running, stack)
    folder = stack.home.state / ".pulumi" / "stacks" / "compute-instances"
    usual = {"dev.json.zst", "dev.json.zst.bak"}
    running.until(
        lambda: {one.name for one in folder.iterdir()} - usual, "a half-written checkpoint", pause=0
    )


def _has(steps: list[str], beginning: str) -> bool:
    return any(one.startswith(beginning) and not one.endswith(".gate") for one in steps)


def _is(step: str, process: str, ending: str) -> bool:
    operation, _, name = step.partition(" ")
    return operation in {"create", "update"} and name.startswith(process) and name.endswith(ending)


def _role(stack: Stack) -> object:
    roles = stack.client("iam").list_roles()["Roles"]
    return [one for one in roles if one["RoleName"] == "compute-instances.dev.hello"]


def _profile(stack: Stack) -> object:
    return stack.client("iam").list_instance_profiles()["InstanceProfiles"]


def _group(stack: Stack) -> object:
    groups = stack.client("ec2").describe_security_groups()["SecurityGroups"]
    return [one for one in groups if one["GroupName"] == "compute-instances.dev.hello.web"]


def _rule(stack: Stack) -> object:
    rules = stack.client("ec2").describe_security_group_rules()["SecurityGroupRules"]
    return [one for one in rules if one.get("Description") == "allow_from"]


# The scenes


def first(stack: Stack) -> str:
    """Nothing is there; two waves of one app, and another app."""
    apps(stack)
    return "up"


def later(stack: Stack) -> str:
    """Everything is replaced, and nothing is ready before 5 s."""
    apps(stack)
    stack.up()
    apps(stack, env={"CHANGED": "yes"}, image_id=stack.image("ready delay=5"))
    return "up"


def fewer(stack: Stack) -> str:
    apps(stack, count=4)
    stack.up()
    apps(stack, count=1)
    return "up"


def everything(stack: Stack) -> str:
    apps(stack)
    stack.up()
    return "destroy"


def apps(stack: Stack, count: int = 2, **keys: object) -> None:
    stack.app("hello", source="../slugs/hello", count=count, **keys)
    stack.app("api", **keys)


# What ends it


def killed(running: Update) -> Done:
    return running.kill()


def interrupted(running: Update) -> Done:
    running.signal(signal.SIGCONT)
    running.signal(signal.SIGINT)
    return running.wait()


def interrupted_twice(running: Update) -> Done:
    running.signal(signal.SIGINT)
    running.signal(signal.SIGCONT)
    running.until(lambda: "^C received" in running.output.read_text(), "the answer to the first ^C")
    running.signal(signal.SIGINT)
    return running.wait()


CURE = {killed: "killed", interrupted: "cancelled-once", interrupted_twice: "cancelled-twice"}


@dataclass(frozen=True)
class Point:
    """When and how an update ends. `leaves`: what it leaves behind for sure."""

    scene: Callable[[Stack], str]
    moment: Moment
    end: Callable[[Update], Done] = killed
    leaves: frozenset[str] = KILLED


ENTRY_TOO, ORPHAN_TOO = KILLED | {ENTRY}, KILLED | {ENTRY, ORPHAN}
POINTS = {
    "first up, before the first resource": Point(first, at_once),
    "first up, a role begins": Point(first, partial(begins, "create hello.role")),
    "first up, a role exists": Point(first, partial(exists, "create hello.role", _role), leaves=ENTRY_TOO),
    "first up, a profile exists": Point(
        first, partial(exists, "create hello.profile", _profile), leaves=ENTRY_TOO
    ),
    "first up, a security group exists": Point(
        first, partial(exists, "create hello.web.security-group", _group), leaves=ENTRY_TOO
    ),
    "first up, a rule exists": Point(
        first, partial(exists, "create hello.web.ingress", _rule), leaves=ENTRY_TOO
    ),
    "first up, an instance launched": Point(first, partial(launched, "hello.web.0"), leaves=ORPHAN_TOO),
    "first up, a gate waits": Point(first, partial(waits, "hello.web.0"), leaves=KILLED),
    "an instance begins": Point(later, partial(begins, "create hello.web.0")),
    "an instance launched": Point(later, partial(launched, "hello.web.0"), leaves=ORPHAN_TOO),
    "an instance is recorded": Point(later, partial(ends, "create hello.web.0")),
    "a gate waits": Point(later, partial(waits, "hello.web.0"), leaves=KILLED),
    "a gate passed": Point(later, partial(passed, "hello.web.0")),
    "an instance of the next wave launched": Point(
        later, partial(launched, "hello.web.1"), leaves=ORPHAN_TOO
    ),
    "what is accepted begins": Point(later, partial(begins, "update hello.accepted")),
    "what is accepted is recorded": Point(later, partial(ends, "update hello.accepted")),
    "a checkpoint is half written": Point(later, writes),
    "an old instance's end begins": Point(later, partial(begins, "delete hello.web.")),
    "between the ends of old ones": Point(later, partial(ends, "delete hello.web.")),
    "fewer instances, between their ends": Point(fewer, partial(ends, "delete hello.web.3")),
    "destroy begins": Point(everything, partial(begins, "delete hello.accepted")),
    "destroy, between the ends of instances": Point(everything, partial(ends, "delete hello.web.")),
    "^C, an instance launched": Point(later, partial(launched, "hello.web.0"), interrupted, frozenset()),
    "^C, a gate waits": Point(later, partial(waits, "hello.web.0"), interrupted, frozenset()),
    "^C twice, a gate waits": Point(
        later, partial(waits, "hello.web.0"), interrupted_twice, frozenset({ENTRY})
    ),
    "^C twice, an instance launched": Point(
        later, partial(launched_unheard, "hello.web.0"), interrupted_twice, frozenset({ENTRY, ORPHAN})
    ),
}

SEED = 6
"""Of the sample in `make test`. Another number is another sample."""


def sample(seed: int) -> set[str]:
    """One point of each kind: an orphan, an entry alone, a lock alone, a cancellation."""
    kinds: dict[tuple[object, frozenset[str]], list[str]] = {}
    for name, point in POINTS.items():
        kinds.setdefault((point.end is killed, point.leaves & {LOCK, ENTRY, ORPHAN}), []).append(name)
    chosen = random.Random(seed)  # noqa: S311 - a choice
    by_kill = [names for (by_kill, _), names in kinds.items() if by_kill]
    cancelled = [name for (by_kill, _), names in kinds.items() if not by_kill for name in names]
    return {chosen.choice(names) for names in [*by_kill, cancelled]}


SAMPLE = sample(SEED)


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=() if name in SAMPLE else pytest.mark.soak) for name in POINTS]
)
def test_after_the_cure_everything_holds(simulated, name):
    point, hands = POINTS[name], operator(simulated, "dev")
    command = point.scene(simulated)
    old = simulated.there()
    with update(simulated, command) as running:
        point.moment(running, simulated)
        ended = point.end(running)
    assert ended.code != 0, ended.text
    left = left_behind(simulated)
    assert point.leaves <= left.keys(), left
    if command != "destroy":
        nothing_is_gone_before_its_successor_is_proved(simulated, old, ended)
    cure(hands, CURE[point.end], ended, left)
    hands.converged()
    assert left_behind(simulated) == {}
    if command == "destroy":
        assert simulated.pulumi("destroy", "--yes", "--skip-preview").code == 0
        assert simulated.there() == {}


def test_there_are_points_enough_and_every_thing_is_left_behind_in_the_sample_too():
    assert sum(point.end is killed for point in POINTS.values()) >= 20
    for names in (POINTS.keys(), SAMPLE):
        assert {LOCK, ENTRY, ORPHAN} == {what for name in names for what in POINTS[name].leaves}
    assert 3 <= len(SAMPLE) <= 4


def nothing_is_gone_before_its_successor_is_proved(stack: Stack, old: dict[str, str], ended: Done) -> None:
    gone = {name for id_, name in old.items() if id_ not in stack.there()}
    if not gone:
        return
    wanted = {change.split()[1] for change in stack.preview().changes() if change.startswith("create")}
    assert not [name for name in wanted if name.endswith(".gate")], f"{gone} went before {wanted} passed"


def cure(hands: Operator, case: str, ended: Done, left: dict[str, list[str]]) -> None:
    """As on the page, and no command but the last changes what serves."""
    serves = hands.stack.there().keys() & recorded(hands.stack).keys()
    screen = hands.runs("pulumi up").stdout if case == "killed" else ended.text
    hands.sees(case, screen)
    told = hands.cures(case, before_the_last=lambda: _all_there(hands.stack, serves))
    for orphan in left.get(ORPHAN, ()):
        assert orphan in told
        assert orphan not in hands.stack.there()


def _all_there(stack: Stack, serves: set[str]) -> None:
    assert serves <= stack.there().keys()
