"""Whose lock is on a stack, and whether anybody can still work behind it."""

import getpass
import re
import socket
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

LONGEST: Final = timedelta(minutes=60)
"""How long a job of update.yml may take. Its credentials last no longer, should GitHub lose sight of it."""

_LOCK: Final = re.compile(r"created by (?P<user>\S+)@(?P<host>\S+) \(pid (?P<pid>\d+)\) at (?P<since>\S+)")


@dataclass(frozen=True, kw_only=True)
class Lock:
    """Who holds a stack; `since` knows its time zone."""

    user: str
    host: str
    pid: int
    since: datetime

    def __str__(self) -> str:
        return f"{self.user}@{self.host} (pid {self.pid})"

    @property
    def over(self) -> datetime:
        """When a job that took it has surely ended."""
        return self.since + LONGEST


def parse_locks(told: str) -> list[Lock]:
    """Of what pulumi says of a locked stack."""
    return [
        Lock(user=one["user"], host=one["host"], pid=int(one["pid"]), since=_time(one["since"]))
        for one in _LOCK.finditer(told)
    ]


def why_kept(lock: Lock, now: datetime) -> str | None:
    """In words, where somebody may work behind it: a person, a process here, a job on another runner."""
    if lock.user != getpass.getuser():
        return f"{lock} is a person"
    if lock.host == socket.gethostname():
        return f"{lock} is at work" if Path(f"/proc/{lock.pid}").exists() else None
    if now < lock.over:
        until = lock.over.astimezone(UTC)
        return f"{lock} is a job that may be at work until {until:%H:%M} UTC; after that run this again"
    return None


def _time(told: str) -> datetime:
    time = datetime.fromisoformat(told)
    return time if time.tzinfo else time.replace(tzinfo=UTC)
