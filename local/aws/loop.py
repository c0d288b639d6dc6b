"""The loops that make machines and network follow the API's state."""

import logging
import os
import time
from collections.abc import Callable, Iterator, Mapping
from threading import Event, Thread

from moto.ec2.models.security_groups import SecurityGroupRule

from local.aws.api.backend import LocalBackend
from local.aws.api.instance import LocalInstance
from local.aws.api.world import WORLD
from local.aws.groups import ALL_PORTS, Member, Permissions, Rule, Rules, network, not_forwarded
from local.aws.keeper import Keeper
from local.aws.machine import NetworkView, Site, Transport
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
            Verb.REBOOT: self._reboot,
            Verb.STOP: lambda one: keeper.stop(one.id),
            Verb.REMOVE: lambda one: keeper.remove(one.id),
            Verb.SAY_RUNNING: lambda one: one.settle("pending", "running"),
            Verb.SAY_STOPPED: self._say_stopped,
            Verb.SAY_TERMINATED: lambda one: one.settle("shutting-down", "terminated"),
            Verb.SAY_FAILED: lambda one: one.give_up(keeper.fault(one.id)),
            Verb.OBEY_POWER_OFF: lambda one: one.power_off_itself(),
        }

    def turn(self) -> bool:
        """Do the next step of every instance; say whether there was one. Raises what went wrong."""
        with WORLD:
            instances = {one.id: one for one in self._backend.all_instances() if one.complete}
            states = {name: one.asked for name, one in instances.items()}
        actions = plan(states, self._keeper.look(), boots_at_once=_BOOTS_AT_ONCE)
        faults = [fault for action in actions if (fault := self._step(action, instances[action.instance]))]
        self._backend.consoles.post()
        self._forget(instances)
        if faults:
            raise ExceptionGroup("steps failed", faults)
        return bool(actions)

    def _step(self, action: Action, instance: LocalInstance) -> Exception | None:
        """Do it; what went wrong with it shall keep nobody else waiting."""
        log.info("%s %s", instance.id, action.verb.name)
        with WORLD:
            try:
                self._do[action.verb](instance)
            except Exception as fault:  # noqa: BLE001  # told when everybody had their turn
                fault.add_note(f"{instance.id}: {action.verb.name} failed")
                instance.give_up(str(fault) or repr(fault))
                return fault
        return None

    def _reboot(self, instance: LocalInstance) -> None:
        instance.reboots()
        self._keeper.reboot(instance.id)

    def _say_stopped(self, instance: LocalInstance) -> None:
        self._keeper.stopped(instance.id)
        instance.settle("stopping", "stopped")

    def _forget(self, instances: Mapping[str, LocalInstance]) -> None:
        long_ago = time.monotonic() - _REMEMBERED
        for instance in instances.values():
            if instance.ended is not None and instance.ended < long_ago:
                self._keeper.forget(instance.id)
                with WORLD:
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
        with WORLD:
            rules = _permissions(self._backend)
            members = list(_members(self._backend))
        view = network(members, rules)
        if view == self._published:
            return False
        self._tell(rules.ingress)
        self._site.publish(view)
        self._published = view
        return True

    def _tell(self, ingress: Rules) -> None:
        for sentence in set(not_forwarded(ingress)) - self._told:
            log.warning("%s", sentence)
            self._told.add(sentence)


_OFF_THE_NETWORK = {"stopped", "terminated"}
"""One that is pending shall boot with its permissions; one that shuts down answers what it still has to."""


def _members(backend: LocalBackend) -> Iterator[Member]:
    for instance in backend.all_instances():
        if instance.state not in _OFF_THE_NETWORK:
            yield Member(
                private_ip=instance.private_ip,
                public_ip=instance.public_ip,
                groups=frozenset(group.id for group in instance.security_groups),
            )


def _permissions(backend: LocalBackend) -> Permissions:
    groups = [group for ours in backend.groups.values() for group in ours.values()]
    return Permissions(
        ingress={group.id: _rules(group.ingress_rules) for group in groups},
        egress={group.id: _rules(group.egress_rules) for group in groups},
    )


def _rules(rules: list[SecurityGroupRule]) -> list[Rule]:
    return [rule for one in rules if (rule := _rule(one))]


_TRANSPORTS: Mapping[str, Transport] = {"tcp": "tcp", "udp": "udp", "-1": "all"}


def _rule(rule: SecurityGroupRule) -> Rule | None:
    """The rule in our words; None if it allows nothing here: it is about IPv6, or ICMP alone, or no port."""
    protocol = _TRANSPORTS.get(rule.ip_protocol)
    peer = {"cidr": rule.cidr_ipv4, "group": rule.source_group.get("GroupId")}
    first, last = ALL_PORTS if protocol == "all" else (rule.from_port, rule.to_port)
    if protocol is None or not any(peer.values()) or not 0 <= first <= last <= ALL_PORTS[1]:
        return None
    return Rule(first_port=first, last_port=last, protocol=protocol, **peer)
