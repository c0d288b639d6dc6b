"""Changes as the files tell them: for pull requests from forks, whose runs get no account to look into.

What a commit would have accepted is compared with what its base would have: the same explanation, but
against the base commit instead of what runs.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from fleet.explain import explain
from manifest import App, ManifestError, load_apps, load_settings
from pipeline import accepted
from pipeline.changes import AppChange, Changes, ScriptChange, by_app, script_changes

_NOTE: Final = (
    "Compared with the files of the base commit, not with what runs there: this run has no access to the "
    "account. Nobody has looked whether the account would take it."
)

_BROKEN_BASE: Final = "The base commit itself has problems, so every app is shown as if it were new:"

Accepted = Mapping[str, Any]


def changes_since(base: str, stack: str, root: Path) -> Changes:
    """What the files in `root` change against the commit `base`. Raises subprocess.CalledProcessError."""
    try:
        new = json.loads(json.dumps(accepted.accepted(root, stack)))
        apps = {app.name: app for app in load_apps(root, load_settings(root, stack))}
    except ManifestError as error:
        return Changes(problems=tuple(map(str, error.problems)))
    with _checked_out(base, root) as tree:
        done = _of_another(tree, stack)
    broken = (_BROKEN_BASE, *done.stderr.strip().splitlines()[-5:]) if done.returncode else ()
    old = {} if broken else json.loads(done.stdout)
    return Changes(apps=tuple(_apps(apps, old, new)), notes=(_NOTE, *broken))


def _apps(apps: Mapping[str, App], old: Accepted, new: Accepted) -> Iterator[AppChange]:
    for name in sorted(old.keys() | new.keys()):
        if change := _app(name, apps.get(name), old.get(name), new.get(name)):
            yield change


def _app(name: str, app: App | None, old: Accepted | None, new: Accepted | None) -> AppChange | None:
    if app is None or new is None:
        return AppChange(
            name=name, lines=("goes: its file is no longer there",), scripts=_scripts(name, old, None)
        )
    lines = by_app(explain(app, old, new)).get(name, [])
    return AppChange(name=name, lines=tuple(lines), scripts=_scripts(name, old, new)) if lines else None


def _scripts(name: str, old: Accepted | None, new: Accepted | None) -> tuple[ScriptChange, ...]:
    before, after = (
        [(process, one["script"]) for process, one in (accepted or {}).get("processes", {}).items()]
        for accepted in (old, new)
    )
    return script_changes(name, before, after)


def _of_another(tree: Path, stack: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-P", accepted.__file__, stack]
    environment = os.environ | {"PYTHONPATH": str(tree)}
    return subprocess.run(command, cwd=tree, env=environment, capture_output=True, text=True, check=False)


@contextmanager
def _checked_out(commit: str, root: Path) -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as folder:
        tree = Path(folder) / "base"
        _git(root, "worktree", "add", "--quiet", "--detach", str(tree), commit)
        try:
            yield tree
        finally:
            _git(root, "worktree", "remove", "--force", str(tree))


def _git(root: Path, *arguments: str) -> None:
    subprocess.run(["git", *arguments], cwd=root, check=True, stdout=subprocess.PIPE)
