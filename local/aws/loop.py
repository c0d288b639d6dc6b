"""The loops that make machines and network follow the API's state."""

import logging
import os
import time
from collections.abc import Callable, Iterator, Mapping
from threading import Event, Thread

from moto.ec2.models.security_groups import SecurityGroupRule

from local.aws.api.backend import LocalBackend
from local.aws.api.instance import LocalInstance
from local.aws.groups import ALL_PORTS, Member, Rule, Rules, network, too_wide
from local.aws.keeper import Keeper
from local.aws.machine import NetworkView, Site
from local.aws.reconcile import Action, Verb, plan

log = logging.getLogger(__name__)

_TURN = 0.05
"""Seconds between two looks at everything."""

_AT_ONCE = 0.002
"""Seconds to the next look after one that found something to do: one step often allows the next."""

_AFTER_A_FAULT = 1.0
"""Seconds to the next turn when one has failed: the log shall stay readable."""

_REMEMBERED = 3600.0
"""Seconds for which a terminated instance is described, about as on AWS."""

_BOOTS_AT_ONCE = (os.cpu_count() or 1) + 1


def start_loops(backend: LocalBackend, keeper: Keeper, site: Site, stop: Event) -> list[Thread]:
    """Threads that run until `stop` is set; none of them ends by a fault, all faults are in the log."""
    turns = {"machines": MachineLoop(backend, keeper).turn, "network": NetworkLoop(backend, site).turn}
    threads = [Thread(target=_run, args=(turn, stop), name=name) for name, turn in turns.items()]
    for thread in threads:
        thread.start()
    return threads


def _run(turn: Callable[[], bool], stop: Event) -> None:
    pause = _TURN
    while not stop.wait(pause):
        try:
            pause = _AT_ONCE if turn() else _TURN
        except Exception:
            log.exception("a turn failed")
            pause = _AFTER_A_FAULT


class MachineLoop:
    """Makes the machines follow their instances."""

    def __init__(self, backend: LocalBackend, keeper: Keeper) -> None:
        self._backend = backend
        self._keeper = keeper
        self._do: Mapping[Verb, Callable[[LocalInstance], None]] = {
            Verb.START: lambda one: keeper.start(one.machine()),
            Verb.STOP: lambda one: keeper.stop(one.id),
            Verb.REMOVE: lambda one: keeper.remove(one.id),
            Verb.SAY_RUNNING: lambda one: one.settle("pending", "running"),
            Verb.SAY_STOPPED: self._say_stopped,
            Verb.SAY_TERMINATED: lambda one: one.settle("shutting-down", "terminated"),
            Verb.SAY_FAILED: lambda one: one.give_up(keeper.fault(one.id)),
            Verb.OBEY_POWER_OFF: lambda one: one.power_off_itself(),
        }

    def turn(self) -> bool:
        """Do the next step of every instance; say whether there was one."""
        instances = {one.id: one for one in self._backend.all_instances() if one.complete}
        states = {name: one.state for name, one in instances.items()}
        actions = plan(states, self._keeper.look(), boots_at_once=_BOOTS_AT_ONCE)
        for action in actions:
            self._step(action, instances[action.instance])
        self._backend.consoles.post()
        self._forget(instances)
        return bool(actions)

    def _step(self, action: Action, instance: LocalInstance) -> None:
        log.info("%s %s", instance.id, action.verb.name)
        try:
            self._do[action.verb](instance)
        except Exception as error:
            log.exception("%s: %s failed", instance.id, action.verb.name)
            instance.give_up(str(error) or repr(error))

    def _say_stopped(self, instance: LocalInstance) -> None:
        self._keeper.stopped(instance.id)
        instance.settle("stopping", "stopped")

    def _forget(self, instances: Mapping[str, LocalInstance]) -> None:
        long_ago = time.monotonic() - _REMEMBERED
        for instance in instances.values():
            if instance.ended is not None and instance.ended < long_ago:
                self._keeper.forget(instance.id)
                self._backend.forget(instance)


class NetworkLoop:
    """Makes the network follow instances and security groups."""

    def __init__(self, backend: LocalBackend, site: Site) -> None:
        self._backend = backend
        self._site = site
        self._published = NetworkView()
        self._told: set[str] = set()

    def turn(self) -> bool:
        """Publish the network if it has become another; say whether it has."""
        rules = dict(_rules(self._backend))
        view = network(_members(self._backend), rules)
        if view == self._published:
            return False
        self._tell(rules)
        self._site.publish(view)
        self._published = view
        return True

    def _tell(self, rules: Rules) -> None:
        for sentence in set(too_wide(rules)) - self._told:
            log.warning("%s", sentence)
            self._told.add(sentence)


_ON_THE_NETWORK = {"running", "stopping", "shutting-down"}
"""A machine that shuts down answers what it still has to answer."""


def _members(backend: LocalBackend) -> Iterator[Member]:
    for instance in backend.all_instances():
        if instance.state in _ON_THE_NETWORK:
            yield Member(
                private_ip=instance.private_ip,
                public_ip=instance.public_ip,
                groups=frozenset(group.id for group in instance.security_groups),
            )


def _rules(backend: LocalBackend) -> Iterator[tuple[str, list[Rule]]]:
    for groups in list(backend.groups.values()):
        for group in list(groups.values()):
            yield group.id, [rule for one in list(group.ingress_rules) if (rule := _rule(one))]


def _rule(rule: SecurityGroupRule) -> Rule | None:
    """The rule in our words; None if it is not about TCP over IPv4."""
    source = {"cidr": rule.cidr_ipv4, "group": rule.source_group.get("GroupId")}
    if rule.ip_protocol not in {"tcp", "-1"} or not any(source.values()):
        return None
    first, last = ALL_PORTS if rule.ip_protocol == "-1" else (rule.from_port, rule.to_port)
    return Rule(first_port=first, last_port=last, **source)
