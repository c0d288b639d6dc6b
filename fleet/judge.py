"""Is an instance ready? Pure: what was seen and what time it is decide, nothing else.

Looks first, then at the clock: ready passes however late, failed or dead refuses at once, and only silence
past the deadline refuses by time. So instances that stood waiting while another app failed are not lost.
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
_NEXT: Final = (
    "nothing was deleted and what was accepted serves on; mend or revert the change, then pulumi up"
)

_GONE: Final = frozenset({"shutting-down", "terminated", "stopping", "stopped"})


@dataclass(frozen=True, kw_only=True)
class Expectation:
    """What an instance must prove. `name`: `hello.web.0.3fa9c1d2`; `deadline`: counted from its launch."""

    app: str
    name: str
    version: str
    deadline: timedelta


@dataclass(frozen=True, kw_only=True)
class Sight:
    """What AWS shows of one instance. `state` is None while it knows no such instance.

    `live`: whether its console is shown as it is now, or as AWS posted it some time ago.
    `unanswered`: why AWS could not be asked; then nothing else is known. `unread`: why its console was not
    shown.
    """

    unanswered: str = ""
    state: str | None = None
    reason: str = ""
    launched: datetime | None = None
    console: str = ""
    unread: str = ""
    live: bool = True


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
    """The verdict on one sight. `since`: when the gate began to look; all times are aware."""
    report = parse_report(sight.console, want.version)
    launched = sight.launched or since
    if sight.state in _GONE:
        return Refused(_died(want, instance_id, sight, report))
    if report.failure:
        return Refused(_failed(want, instance_id, sight, report, report.failure))
    if report.ready_ms is not None and sight.state == "running":
        return Proved(now - launched)
    if sight.state is None and not sight.unanswered and now - since > UNSEEN_GRACE:
        gone = f"{_who(want, instance_id)} does not exist; was it terminated by hand?"
        return Refused(f"{gone}\n  next: pulumi up --refresh, which makes it again")
    if now - launched > _patience(want, sight):
        return Refused(_silent(want, instance_id, sight, report))
    return Waiting()


def _patience(want: Expectation, sight: Sight) -> timedelta:
    return want.deadline if sight.live else want.deadline + POSTED_LATE


def _who(want: Expectation, instance_id: str) -> str:
    return f"app {want.app}: instance {instance_id} ({want.name})"


def _failed(want: Expectation, instance_id: str, sight: Sight, report: Report, failure: Failure) -> str:
    head = f"{_who(want, instance_id)} failed at step {failure.step}, exit {failure.exit}"
    return _told(head, instance_id, sight, report)


def _died(want: Expectation, instance_id: str, sight: Sight, report: Report) -> str:
    reason = f" ({sight.reason})" if sight.reason else ""
    after = (
        f"failed at step {report.failure.step} and" if report.failure else f"after step {_last_step(report)}:"
    )
    return _told(
        f"{_who(want, instance_id)} died {after} it is {sight.state}{reason}", instance_id, sight, report
    )


def _silent(want: Expectation, instance_id: str, sight: Sight, report: Report) -> str:
    seconds = int(_patience(want, sight).total_seconds())
    if blind := sight.unanswered or sight.unread:
        return f"{_who(want, instance_id)} could not be seen for {seconds} s: {blind}"
    head = f"{_who(want, instance_id)} hangs: not ready {seconds} s after its launch ({_limit(sight)})"
    return _told(f"{head}, last finished step: {_last_step(report)}", instance_id, sight, report)


def _limit(sight: Sight) -> str:
    late = f" + {POSTED_LATE.total_seconds():.0f} s, because AWS shows this type's console late"
    return "healthy_deadline" if sight.live else f"healthy_deadline{late}"


def _last_step(report: Report) -> str:
    return report.steps[-1] if report.steps else "none"


def _told(head: str, instance_id: str, sight: Sight, report: Report) -> str:
    """The message with the machine's own last lines, where the rest is, and what to do next."""
    log = [f"  | {line}" for line in report.log[-30:]]
    latest = " --latest" if sight.live else ""
    return "\n".join([head, *log, f"  whole console: {_CONSOLE} {instance_id}{latest}", f"  next: {_NEXT}"])
