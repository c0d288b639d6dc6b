"""Which commit serves: the one that was checked out when every app of it was accepted.

A Stash behind what was accepted of every app, so after a failed `up` it names the commit before, and an
`up --target` of one app leaves it as it is.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Final

import pulumi

from fleet.command import MissingError, ask

COMMIT: Final = "commit"
"""The name of the Stash."""


def checked_out(root: Path) -> str | None:
    """The commit of `root`, with `-dirty` if anything differs from it; None where git knows of none."""
    head = _git(root, "rev-parse", "HEAD")
    changed = head and _git(root, "status", "--porcelain", "--", ".")
    return f"{head}-dirty" if changed else head


def declare_commit(commit: str, accepted: Iterable[pulumi.Output[object]]) -> pulumi.Output[object]:
    """`commit` once all of `accepted` is known; else the one before."""
    known = pulumi.Output.all(*accepted).apply(lambda _: commit)
    return pulumi.Stash(COMMIT, input=known).input


def _git(root: Path, *arguments: str) -> str | None:
    try:
        done = ask("git", *arguments, folder=root)
    except MissingError:
        return None
    return done.stdout.strip() if done.returncode == 0 else None
