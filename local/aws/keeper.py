"""Holds the machines, knows the phase of each, and lets threads do what takes time."""

import logging
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from local.aws.consoles import Consoles
from local.aws.machine import Machine, MachineSpec, Site
from local.aws.reconcile import Phase

log = logging.getLogger(__name__)

_HANDS = 64
"""Threads. They wait for processes, so they cost nothing; a fleet is powered off side by side."""

_BOOTED = (b"running 'modules:final'", b" login:")
"""From cloud-init's last stage on, which runs the user data, a machine does its own work."""

_BOOT_SECONDS = 10.0
"""After this a machine counts as booted whatever it says: it shall not hold up others."""


@dataclass
class _Kept:
    machine: Machine
    phase: Phase = Phase.STARTING
    fault: str = ""
    started: float = field(default_factory=time.monotonic)

    def boots(self) -> None:
        self.started = time.monotonic()
        self.phase = Phase.BOOTING

    def look(self) -> Phase:
        """The phase now. Only these two change without our doing."""
        if self.phase in {Phase.BOOTING, Phase.UP}:
            if not self.machine.running():
                self.phase = Phase.DIED
            elif self.phase is Phase.BOOTING and self._booted():
                self.phase = Phase.UP
        return self.phase

    def _booted(self) -> bool:
        if time.monotonic() - self.started > _BOOT_SECONDS:
            return True
        console = self.machine.console()
        return any(words in console for words in _BOOTED)


class Keeper:
    """The machines by their instances' ids. For one thread, which it does not keep waiting."""

    def __init__(self, site: Site, consoles: Consoles) -> None:
        self._site = site
        self._consoles = consoles
        self._kept: dict[str, _Kept] = {}
        self._hands = ThreadPoolExecutor(_HANDS, thread_name_prefix="machine")

    def look(self) -> dict[str, Phase]:
        return {instance: kept.look() for instance, kept in self._kept.items()}

    def fault(self, instance: str) -> str:
        """Why the machine did not start."""
        return self._kept[instance].fault

    def start(self, spec: MachineSpec) -> None:
        if spec.id not in self._kept:
            self._kept[spec.id] = _Kept(self._site.machine(spec))
        kept = self._kept[spec.id]
        kept.phase = Phase.STARTING
        self._hands.submit(self._start, kept)

    def reboot(self, instance: str) -> None:
        kept = self._kept[instance]
        kept.phase = Phase.REBOOTING
        self._hands.submit(self._reboot, kept)

    def stop(self, instance: str) -> None:
        self._end(instance, self._stop, Phase.OFF)

    def remove(self, instance: str) -> None:
        self._end(instance, self._remove, Phase.GONE)

    def stopped(self, instance: str) -> None:
        """Its death was told as a stop: it may be started again."""
        if instance in self._kept:
            self._kept[instance].phase = Phase.OFF

    def forget(self, instance: str) -> None:
        self._kept.pop(instance, None)
        self._consoles.forget(instance)

    def close(self) -> None:
        """Remove all machines; return when they are gone."""
        for instance, phase in self.look().items():
            if phase not in {Phase.ENDING, Phase.GONE}:
                self.remove(instance)
        self._hands.shutdown(wait=True)

    def _start(self, kept: _Kept) -> None:
        self._consoles.attach(kept.machine.spec.id, kept.machine.console)
        try:
            kept.machine.start()
        except Exception as error:  # whatever it was, this machine failed and the others go on
            log.exception("%s did not start", kept.machine.spec.id)
            kept.fault = str(error) or repr(error)
            kept.phase = Phase.FAILED
        else:
            kept.boots()

    def _reboot(self, kept: _Kept) -> None:
        try:
            kept.machine.reboot()
        except Exception:
            # If that was the end of it, the next look finds it dead.
            log.exception("%s did not boot again", kept.machine.spec.id)
        kept.boots()

    def _end(self, instance: str, work: Callable[[Machine], None], after: Phase) -> None:
        kept = self._kept[instance]
        kept.phase = Phase.ENDING
        self._hands.submit(self._do, kept, work, after)

    def _do(self, kept: _Kept, work: Callable[[Machine], None], after: Phase) -> None:
        try:
            work(kept.machine)
        except Exception:
            # Trying again would not help; what is left of it goes when the site closes.
            log.exception("%s did not end as it should", kept.machine.spec.id)
        kept.phase = after

    def _stop(self, machine: Machine) -> None:
        machine.stop()

    def _remove(self, machine: Machine) -> None:
        machine.stop()
        self._consoles.detach(machine.spec.id)
        machine.remove()
