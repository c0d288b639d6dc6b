"""Updates that no person watches. What a cancelled job left is cured first, as
docs/when-something-goes-wrong.md has it.

A lock is taken away only where it is certain that nobody works behind it: the workflows let one job at a
time work on an environment, so the lock of another runner is a dead one's. A person's lock is left alone.
"""

import getpass
import json
import re
import socket
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from fleet.state import StateError, require_idle

_LOCK: Final = re.compile(r"created by (?P<user>\S+)@(?P<host>\S+) \(pid (?P<pid>\d+)\)")
_COMMIT: Final = re.compile(r"[0-9a-f]{40}")


class UpdateError(Exception):
    """Why the stack was not updated, and what to do."""


@dataclass(frozen=True, kw_only=True)
class Lock:
    """Who holds a stack."""

    user: str
    host: str
    pid: int

    def __str__(self) -> str:
        return f"{self.user}@{self.host} (pid {self.pid})"


def deploy(stack: str, app: str | None) -> None:
    """Rolls out the commit that is checked out, or one app of it. Raises UpdateError, StateError."""
    if later := _later_one(stack):
        _say(f"{stack} serves {later}, which is newer: nothing to do. To go back, revert on the main branch.")
        return
    _cure(stack)
    if app:
        _run("make", "--no-print-directory", "rollout", f"STACK={stack}", f"APP={app}", "YES=1")
    else:
        _pulumi(stack, "up", "--yes", "--skip-preview")


def repair(stack: str, deployed: Path) -> None:
    """Makes anew what is gone of the commit in `deployed`, the one that serves, and nothing else.

    Raises UpdateError, StateError.
    """
    _cure(stack)
    try:
        _pulumi(stack, "preview", "--expect-no-changes", folder=deployed)
    except UpdateError as error:
        raise UpdateError(
            f"{stack} is not as its last whole deployment left it: a later one did not finish, or rolled out "
            "single apps. A repair would take those back, so nothing was done\n  next: deploy the main branch"
        ) from error
    _pulumi(stack, "up", "--yes", "--skip-preview", "--refresh", folder=deployed)


def deployed_commit(stack: str) -> str | None:
    """The commit whose every app is accepted, as the stack's outputs name it; None while there is none."""
    told = json.loads(_asked("pulumi", "stack", "output", "--json", "--stack", stack)).get("commit")
    return told if told and _COMMIT.fullmatch(told) else None


def check_out(commit: str, folder: Path) -> None:
    """A tree of the commit beside this one. Raises UpdateError."""
    _run("git", "worktree", "add", "--quiet", "--detach", str(folder), commit)


def _later_one(stack: str) -> str | None:
    """The deployed commit if the one checked out is a mere ancestor: an approval that came late."""
    commit, head = deployed_commit(stack), _asked("git", "rev-parse", "HEAD").strip()
    if commit in {None, head} or _git_says_no("cat-file", "-e", f"{commit}^{{commit}}"):
        return None
    return None if _git_says_no("merge-base", "--is-ancestor", "HEAD", str(commit)) else commit


def _cure(stack: str) -> None:
    """Raises UpdateError where somebody may be at work."""
    was_locked = _unlock(stack)
    if was_locked or _has_pending(stack):
        _say(f"an update of {stack} was cut off: looking for what it left")
        _run(sys.executable, "-m", "fleet.orphans", "--stack", stack, "--yes")
        _pulumi(stack, "refresh", "--yes", "--skip-preview", "--clear-pending-creates")


def _unlock(stack: str) -> bool:
    """Whether a dead job's lock was there."""
    try:
        require_idle(stack)
    except StateError as error:
        locks = parse_locks(str(error))
        if not locks or any(_may_live(lock) for lock in locks):
            raise UpdateError(str(error)) from error
        _say(f"taking away the lock of a job that is over: {', '.join(map(str, locks))}")
        _run("pulumi", "cancel", "--yes", "--stack", stack)
        return True
    return False


def parse_locks(told: str) -> list[Lock]:
    """Of what pulumi says of a locked stack."""
    found = _LOCK.finditer(told)
    return [Lock(user=one["user"], host=one["host"], pid=int(one["pid"])) for one in found]


def _may_live(lock: Lock) -> bool:
    """Another user is a person; of this host the process is asked; another host is a runner that is gone."""
    if lock.user != getpass.getuser():
        return True
    return lock.host == socket.gethostname() and Path(f"/proc/{lock.pid}").exists()


def _has_pending(stack: str) -> bool:
    state = json.loads(_asked("pulumi", "stack", "export", "--stack", stack))
    return bool((state.get("deployment") or {}).get("pending_operations"))


def _pulumi(stack: str, *arguments: str, folder: Path | None = None) -> None:
    _run("pulumi", *arguments, "--non-interactive", "--stack", stack, folder=folder)


def _run(*command: str, folder: Path | None = None) -> None:
    """What it prints goes where our output goes. Raises UpdateError."""
    _say(f"$ {' '.join(command)}")
    code = subprocess.run(command, cwd=folder, check=False).returncode
    if code:
        raise UpdateError(f"`{' '.join(command)}` ended with exit code {code}: its own words stand above")


def _asked(*command: str) -> str:
    """What it prints on stdout. Raises UpdateError."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise UpdateError(f"`{' '.join(command)}`: {done.stderr.strip()}")
    return done.stdout


def _git_says_no(*arguments: str) -> bool:
    return subprocess.run(["git", *arguments], capture_output=True, check=False).returncode != 0


def _say(line: str) -> None:
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()
