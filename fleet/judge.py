"""Is an instance ready? Pure: what was seen and what time it is decide, nothing else.

Looks first, then at the clock: ready passes however late, failed or dead refuses at once, and only silence
past the deadline refuses by time. So instances that stood waiting while another app failed are not lost.

No two clocks are compared: how old an instance is, AWS's alone tells; how long it was looked for, ours.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from bootstrap import Failure, Report, parse_report

UNSEEN_GRACE: Final = timedelta(minutes=1)
"""A new instance is not known everywhere at once (EC2 is eventually consistent).

https://docs.aws.amazon.com/ec2/latest/devguide/eventual-consistency.html
"""

POSTED_LATE: Final = timedelta(minutes=10)
"""More time for an instance whose console AWS posts now and then: it may have been ready for long."""

_CONSOLE: Final = "aws ec2 get-console-output --output text --instance-id"
_KEPT: Final = "nothing was deleted and what was accepted serves on"
_NEXT: Final = f"{_KEPT}; mend or revert the change, then pulumi up"

_GONE: Final = frozenset({"shutting-down", "terminated", "stopping", "stopped"})


@dataclass(frozen=True, kw_only=True)
class Expectation:
    """What an instance must prove. `name`: `hello.web.0.3fa9c1d2`; `deadline`: counted from its launch."""

    app: str
    name: str
    version: str
    deadline: timedelta

    def of(self, instance_id: str) -> str:
        """How messages call the instance that must prove it."""
        return f"app {self.app}: instance {instance_id} ({self.name})"


@dataclass(frozen=True, kw_only=True)
class Sight:
    """What AWS shows of one instance. `state` is None while it knows no such instance.

    `live`: whether its console is shown as it is now, or as AWS posted it some time ago. `at`: when it was
    shown, by AWS's clock, which `launched` is of too; None where AWS did not say.
    `unanswered`: why AWS could not be asked; then nothing else is known. `unread`: why its console was not
    shown.
    """

    unanswered: str = ""
    state: str | None = None
    reason: str = ""
    launched: datetime | None = None
    at: datetime | None = None
    console: str = ""
    unread: str = ""
    live: bool = True

    @property
    def blind(self) -> str:
        """Why it does not tell whether the instance is ready; empty where it does."""
        return self.unanswered or self.unread


@dataclass(frozen=True)
class Proved:
    """The instance is ready; `after` its launch."""

    after: timedelta


@dataclass(frozen=True)
class Waiting:
    """Nothing is decided yet."""


@dataclass(frozen=True)
class Refused:
    """The instance will not do; `text` says why, with what is known of the cause."""

    text: str


Verdict = Proved | Waiting | Refused


def judge(want: Expectation, instance_id: str, sight: Sight, *, since: datetime, now: datetime) -> Verdict:
    """The verdict on one sight.

    `since`: when the gate began to look, or last saw the instance; by the clock of `now`. All times are
    aware.
    """
    case = _Case(want, instance_id, sight, parse_report(sight.console, want.version))
    looked, age = now - since, (sight.at or now) - (sight.launched or since)
    if sight.state in _GONE:
        return Refused(case.died())
    if failure := case.report.failure:
        return Refused(case.failed(failure))
    if case.report.ready_ms is not None and sight.state == "running":
        return Proved(age)
    if sight.blind:
        return Refused(case.unseen(looked)) if looked > case.patience else Waiting()
    if sight.state is None:
        return Refused(case.missing()) if looked > UNSEEN_GRACE else Waiting()
    return Refused(case.hangs()) if age > case.patience else Waiting()


@dataclass(frozen=True)
class _Case:
    """One sight of one instance, and the words for what may be wrong with it."""

    want: Expectation
    instance_id: str
    sight: Sight
    report: Report

    @property
    def who(self) -> str:
        return self.want.of(self.instance_id)

    @property
    def patience(self) -> timedelta:
        return self.want.deadline if self.sight.live else self.want.deadline + POSTED_LATE

    @property
    def last_step(self) -> str:
        return self.report.steps[-1] if self.report.steps else "none"

    def failed(self, failure: Failure) -> str:
        return self._told(f"failed at step {failure.step}, exit {failure.exit}")

    def died(self) -> str:
        """A failed `up` of it stays failed, so the way on is another machine, whatever its state is."""
        failure, reason = self.report.failure, f" ({self.sight.reason})" if self.sight.reason else ""
        what = (
            f"failed at step {failure.step}, exit {failure.exit}, and died"
            if failure
            else f"died after step {self.last_step}"
        )
        fresh = f"pulumi up --replace '**::{self.want.name}' makes a fresh one"
        return self._told(
            f"{what}: it is {self.sight.state}{reason}",
            f"{_KEPT}; {fresh}; if the app may have ended it, mend or revert the change instead",
        )

    def hangs(self) -> str:
        late = f" + {POSTED_LATE.total_seconds():.0f} s, because AWS shows this type's console late"
        limit = "healthy_deadline" if self.sight.live else f"healthy_deadline{late}"
        what = f"hangs: not ready {self.patience.total_seconds():.0f} s after its launch ({limit})"
        return self._told(f"{what}, last finished step: {self.last_step}")

    def unseen(self, looked: timedelta) -> str:
        what = f"could not be seen for {looked.total_seconds():.0f} s: {self.sight.blind}"
        return f"{self.who} {what}\n  next: {_KEPT}; pulumi up, which looks for it again"

    def missing(self) -> str:
        gone = f"{self.who} does not exist; was it terminated by hand?"
        return f"{gone}\n  next: pulumi up --refresh, which makes it again"

    def _told(self, what: str, then: str = _NEXT) -> str:
        """The message with the machine's own last lines, where the rest is, and what to do next."""
        log = [f"  | {line}" for line in self.report.log[-30:]]
        console = f"{_CONSOLE} {self.instance_id}{' --latest' if self.sight.live else ''}"
        return "\n".join([f"{self.who} {what}", *log, f"  whole console: {console}", f"  next: {then}"])
