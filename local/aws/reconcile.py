r"""What to do next, from what the API's state asks for and what the machines are doing. Pure.

An instance's state says what is asked for:

    pending ----> running ----> stopping ----> stopped ----> pending
       |             |                            |
       +-------------+------> shutting-down <-----+---> terminated

and `rebooting` is a running one that is to boot again. A machine's phase says what is:

    ABSENT -> STARTING -> BOOTING -> UP -> DIED (powered off by itself)
                  |        |   ^  \___|____\-> ENDING -> OFF (disk kept) or GONE
               FAILED      REBOOTING <-/
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum, auto


class Phase(Enum):
    ABSENT = auto()
    STARTING = auto()
    BOOTING = auto()
    UP = auto()
    REBOOTING = auto()
    """Going down to come up again."""
    DIED = auto()
    FAILED = auto()
    ENDING = auto()
    OFF = auto()
    GONE = auto()


class Verb(Enum):
    START = auto()
    """Start the machine."""
    REBOOT = auto()
    STOP = auto()
    """Power it off; its disk stays."""
    REMOVE = auto()
    """Power it off and forget its disk."""
    SAY_RUNNING = auto()
    SAY_STOPPED = auto()
    SAY_TERMINATED = auto()
    SAY_FAILED = auto()
    """Tell that it never started."""
    OBEY_POWER_OFF = auto()
    """It powered itself off: do what the instance was launched to do then."""


@dataclass(frozen=True)
class Action:
    verb: Verb
    instance: str


_STEPS: Mapping[tuple[str, Phase], Verb] = {
    ("pending", Phase.ABSENT): Verb.START,
    ("pending", Phase.OFF): Verb.START,
    ("pending", Phase.FAILED): Verb.SAY_FAILED,
    ("pending", Phase.BOOTING): Verb.SAY_RUNNING,
    ("pending", Phase.UP): Verb.SAY_RUNNING,
    ("pending", Phase.DIED): Verb.SAY_RUNNING,  # it did run; its death is the next step
    ("running", Phase.DIED): Verb.OBEY_POWER_OFF,
    ("rebooting", Phase.BOOTING): Verb.REBOOT,
    ("rebooting", Phase.UP): Verb.REBOOT,
    ("rebooting", Phase.DIED): Verb.OBEY_POWER_OFF,
    ("stopping", Phase.ABSENT): Verb.SAY_STOPPED,
    ("stopping", Phase.BOOTING): Verb.STOP,
    ("stopping", Phase.UP): Verb.STOP,
    ("stopping", Phase.DIED): Verb.STOP,
    ("stopping", Phase.FAILED): Verb.STOP,
    ("stopping", Phase.OFF): Verb.SAY_STOPPED,
    ("shutting-down", Phase.ABSENT): Verb.SAY_TERMINATED,
    ("shutting-down", Phase.BOOTING): Verb.REMOVE,
    ("shutting-down", Phase.UP): Verb.REMOVE,
    ("shutting-down", Phase.DIED): Verb.REMOVE,
    ("shutting-down", Phase.FAILED): Verb.REMOVE,
    ("shutting-down", Phase.OFF): Verb.REMOVE,
    ("shutting-down", Phase.GONE): Verb.SAY_TERMINATED,
}
"""Where a pair is missing, there is nothing to do but wait."""

_BOOTS = {Phase.STARTING, Phase.BOOTING}


def plan(states: Mapping[str, str], phases: Mapping[str, Phase], *, boots_at_once: int) -> list[Action]:
    """The next step of each instance, oldest first.

    `states` are the instances' states by id, oldest first; `phases` those of the machines that are known.
    At most `boots_at_once` machines boot: a boot costs about two seconds of a core, and ten at once delay
    the first as much as the last.
    """
    steps = (
        Action(verb, instance)
        for instance, state in states.items()
        if (verb := _step(state, phases.get(instance)))
    )
    room = boots_at_once - sum(phase in _BOOTS for phase in phases.values())
    return list(_within(room, steps))


def _step(state: str, phase: Phase | None) -> Verb | None:
    return _STEPS.get((state, phase or Phase.ABSENT))


def _within(room: int, steps: Iterable[Action]) -> Iterable[Action]:
    for step in steps:
        if step.verb is Verb.START:
            room -= 1
            if room < 0:
                continue
        yield step
