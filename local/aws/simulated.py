"""Machines that boot in milliseconds: they read their user data and act a boot, or its fault, on the console.

What is acted stands in the description of the machine's image:

    simulate: ready [delay=SECONDS]              every step passes (also without any such line)
    simulate: fail step=S exit=N log=TEXT        the script fails at step S
    simulate: hang step=S                        nothing is heard after the steps before S
    simulate: die step=S                         the machine powers itself off in step S

Each takes `delay`, the seconds before its last word, and `end`, the seconds that powering off takes. Values
are quoted as in a shell.
"""

import gzip
import re
import shlex
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import takewhile

from local.aws.machine import Machine, MachineSpec, NetworkView
from local.errors import LocalError

STEPS = ("system", "packages", "user", "fetch", "unpack", "configure", "service", "check")

_MARK = "compute-instances: v1"
_VERSION = re.compile(rb"^readonly version=([0-9a-f]{8,16})$", re.MULTILINE)
_PACE = 0.005
"""Seconds between two lines of the report."""


@dataclass(frozen=True, kw_only=True)
class Act:
    """How a boot goes."""

    kind: str = "ready"
    step: str = "fetch"
    exit: int = 1
    log: str = ""
    delay: float = 0.0
    end: float = 0.0


@dataclass(frozen=True, kw_only=True)
class Play:
    """One boot: console lines with the seconds after the start at which they appear."""

    lines: tuple[tuple[float, str], ...]
    power_off: float | None = None

    def until(self, seconds: float) -> str:
        return "".join(line for at, line in self.lines if at <= seconds)


def read_act(description: str) -> Act:
    """The act an image's description asks for. Raises LocalError when it asks for something unknown."""
    _, found, order = description.partition("simulate:")
    if not found:
        return Act()
    try:
        kind, *options = shlex.split(order)
        act = _act(kind, dict(option.split("=", 1) for option in options))
    except (ValueError, TypeError) as error:
        raise LocalError(
            f"cannot simulate {order.strip()!r}: {error}",
            hint="the module local.aws.simulated lists what an image's description may ask for",
        ) from error
    return act


def _act(kind: str, options: dict[str, str]) -> Act:
    if kind not in ("ready", "fail", "hang", "die"):
        raise ValueError(f"no act {kind!r}")
    if options.get("step", STEPS[0]) not in STEPS:
        raise ValueError(f"no step {options['step']!r}")
    seconds = {name: float(options.pop(name, 0)) for name in ("delay", "end")}
    code = int(options.pop("exit", 1))
    return Act(kind=kind, exit=code, **options, **seconds)  # type: ignore[arg-type]  # an unknown option is a TypeError


def read_version(user_data: bytes) -> str | None:
    """The version the script would put into its report; None when it reports none."""
    # cloud-init unpacks gzip before it looks at the first line.
    script = gzip.decompress(user_data) if user_data.startswith(b"\x1f\x8b") else user_data
    found = _VERSION.search(script)
    return found[1].decode() if found else None


def play(act: Act, version: str | None, hostname: str) -> Play:
    """The first boot of a machine whose script reports as `version`, or does not report."""
    noise = [(0.0, line) for line in _noise(hostname)]
    report = list(_report(act)) if version else []
    lines = [(place * _PACE, f"{_MARK} version={version} {word}\r\n") for place, word in enumerate(report)]
    *before, (at, last_word) = [*noise, *lines]
    end = at + act.delay
    return Play(lines=(*before, (end, last_word)), power_off=end + _PACE if act.kind == "die" else None)


def _noise(hostname: str) -> Iterator[str]:
    yield "[    0.000000] Linux version 6.1.0-simulated (a machine that is only acted)\r\n"
    yield "cloud-init[212]: Cloud-init v. 22.4.2 running 'init'. Up 0.9 seconds.\r\n"
    yield "ci-info: ++++++++++++++++++++++++++Net device info++++++++++++++++++++++++++\r\n"
    yield f"\r\nDebian GNU/Linux 12 {hostname} console\r\n\r\n"
    # No line end: the first line of the report follows the prompt, as it may on a real console.
    yield f"{hostname} login: "


def _report(act: Act) -> Iterator[str]:
    faulty = None if act.kind == "ready" else act.step
    yield "started"
    for step in takewhile(lambda step: step != faulty, STEPS):
        yield f"step={step} status=ok ms=5"
    if act.kind == "ready":
        yield f"ready ms={5 * len(STEPS)}"
    if act.kind == "fail":
        yield f"step={act.step} status=failed exit={act.exit} ms=5"
        yield from (f"log| {line}" for line in act.log.splitlines())
        yield f"failed step={act.step} exit={act.exit}"


@dataclass(frozen=True, kw_only=True)
class _Boot:
    """A boot that goes on since `started`, on a console that says what earlier ones said."""

    play: Play
    earlier: str
    started: float = field(default_factory=time.monotonic)

    def running(self) -> bool:
        return self.play.power_off is None or self._seconds() < self.play.power_off

    def console(self) -> str:
        return self.earlier + self.play.until(self._seconds())

    def _seconds(self) -> float:
        return time.monotonic() - self.started


@dataclass
class SimulatedMachine:
    """A machine of which only the console exists."""

    spec: MachineSpec
    _boot: _Boot | None = None
    _on: bool = False

    def start(self) -> None:
        act = read_act(self.spec.image_description)
        # As cloud-init does: the script runs in the first boot only.
        version = None if self._boot else read_version(self.spec.user_data)
        acted = play(act if version else Act(), version, self.spec.hostname)
        self._boot = _Boot(play=acted, earlier=self._said())
        self._on = True

    def running(self) -> bool:
        return self._on and self._boot is not None and self._boot.running()

    def console(self) -> bytes:
        return self._said().encode()

    def reboot(self) -> None:
        if self.running():
            self.start()

    def stop(self) -> None:
        if self.running():
            time.sleep(read_act(self.spec.image_description).end)
        if self._boot:
            self._boot = _Boot(play=Play(lines=()), earlier=self._said())
        self._on = False

    def remove(self) -> None:
        self.stop()

    def _said(self) -> str:
        return self._boot.console() if self._boot else ""


@dataclass
class SimulatedSite:
    """Ground that is nowhere: it needs neither root nor anything installed."""

    view: NetworkView = field(default_factory=NetworkView)
    """What was published last."""

    def open(self) -> None:
        """Nothing to make."""

    def machine(self, spec: MachineSpec) -> Machine:
        return SimulatedMachine(spec)

    def publish(self, view: NetworkView) -> None:
        self.view = view

    def close(self) -> None:
        """Nothing was made."""
