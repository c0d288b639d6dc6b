"""Updates that no person watches. What a cancelled job left is cured first, as
docs/when-something-goes-wrong.md has it.

A lock is taken away only where nobody can work behind it any more: that of a process of this host that is
gone, or of a job on another runner that had to be over by now. A person's lock is left alone.
"""

import json
import re
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from operate.state import StateError, read_state, require_idle
from pipeline import actions
from pipeline.commands import PipelineError, asked, run, say, says_no
from pipeline.locks import parse_locks, why_kept
from pipeline.preview import preview
from pipeline.trees import checked_out

_COMMIT: Final = re.compile(r"[0-9a-f]{40}")


def deploy(stack: str, app: str | None) -> None:
    """Rolls out the commit that is checked out, or one app of it. Raises PipelineError, StateError."""
    if later := _later_one(stack):
        say(f"{stack} serves {later}, which is newer: nothing to do. To go back, revert on the main branch.")
        return
    _cure(stack)
    if app:
        run(sys.executable, "-m", "operate.rollout", "--stack", stack, "--yes", "--", app)
    else:
        _pulumi(stack, "up", "--yes", "--skip-preview")


def repair(stack: str) -> None:
    """Makes anew what is gone of the commit that serves, nothing else. Raises PipelineError, StateError."""
    commit = deployed_commit(stack)
    if commit is None:
        actions.warn(
            f"{stack} was not repaired: its outputs name no whole commit. Next: deploy the main branch"
        )
        return
    with checked_out(commit, Path.cwd()) as tree:
        _install(tree / "requirements.txt")
        _cure(stack)
        _require_unchanged(stack, tree)
        _pulumi(stack, "up", "--yes", "--skip-preview", "--refresh", folder=tree)


def deployed_commit(stack: str) -> str | None:
    """The commit whose every app is accepted, as the stack's outputs name it; None while there is none."""
    told = json.loads(asked("pulumi", "stack", "output", "--json", "--stack", stack)).get("commit")
    return told if told and _COMMIT.fullmatch(told) else None


def _install(requirements: Path) -> None:
    pip = (sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check")
    run(*pip, "--requirement", str(requirements))


def _require_unchanged(stack: str, deployed: Path) -> None:
    """Raises PipelineError where the stack is not as its last whole deployment left it."""
    found = preview(stack, deployed)
    if found.problems:
        raise PipelineError("\n  ".join([f"{stack} could not be looked at:", *found.problems]))
    if not found.untouched:
        raise PipelineError(
            f"{stack} is not as its last whole deployment left it: a later one did not finish, or rolled out "
            "single apps. A repair would take those back, so nothing was done\n  next: deploy the main branch"
        )


def _later_one(stack: str) -> str | None:
    """The deployed commit if the one checked out is a mere ancestor: an approval that came late."""
    commit, head = deployed_commit(stack), asked("git", "rev-parse", "HEAD").strip()
    if commit in {None, head} or says_no("git", "cat-file", "-e", f"{commit}^{{commit}}"):
        return None
    return None if says_no("git", "merge-base", "--is-ancestor", "HEAD", str(commit)) else commit


def _cure(stack: str) -> None:
    """Raises PipelineError where somebody may be at work."""
    was_locked = _unlock(stack)
    if was_locked or read_state(stack).cut_off:
        say(f"an update of {stack} was cut off: looking for what it left")
        run(sys.executable, "-m", "operate.orphans", "--stack", stack, "--yes")
        _pulumi(stack, "refresh", "--yes", "--skip-preview", "--clear-pending-creates")


def _unlock(stack: str) -> bool:
    """Whether a dead job's lock was there."""
    try:
        require_idle(stack)
    except StateError as error:
        locks = parse_locks(str(error))
        kept = [*filter(None, (why_kept(lock, datetime.now(UTC)) for lock in locks))]
        if kept or not locks:
            raise PipelineError("\n  ".join([str(error), *kept])) from error
        say(f"taking away the lock of a job that is over: {', '.join(map(str, locks))}")
        run("pulumi", "cancel", "--yes", "--stack", stack)
        return True
    return False


def _pulumi(stack: str, *arguments: str, folder: Path | None = None) -> None:
    run("pulumi", *arguments, "--non-interactive", "--stack", stack, folder=folder)
