"""Changes as the files tell them: for pull requests from forks, whose runs get no account to look into.

What a commit would have accepted is compared with what its base would have: the same explanation, but
against the base commit instead of what runs.
"""

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from fleet.command import ask
from fleet.explain import explain
from manifest import App, ManifestError
from pipeline import rendered
from pipeline.changes import AppChange, Changes, ScriptChange, by_app, script_changes
from pipeline.trees import checked_out

_NOTE: Final = (
    "Compared with the files of the base commit, not with what runs there: this run has no access to the "
    "account. Nobody has looked whether the account would take it."
)

_BROKEN_BASE: Final = "The base commit itself has problems, so every app is shown as if it were new:"

Accepted = Mapping[str, Any]


def changes_since(base: str, stack: str, root: Path) -> Changes:
    """What the files in `root` change against the commit `base`. Raises PipelineError."""
    try:
        releases = rendered.releases(root, stack)
    except ManifestError as error:
        return Changes(problems=tuple(map(str, error.problems)))
    with checked_out(base, root) as tree:
        told = _rendered_by(tree, stack)
    broken = (_BROKEN_BASE, *told.stderr.strip().splitlines()[-5:]) if told.returncode else ()
    old = {} if broken else json.loads(told.stdout)
    apps = {release.app.name: release.app for release in releases}
    changes = _apps(apps, old, json.loads(rendered.rendered(releases)))
    return Changes(apps=tuple(changes), notes=(_NOTE, *broken))


def _rendered_by(tree: Path, stack: str) -> subprocess.CompletedProcess[str]:
    """By the program of that tree, whose `pipeline.rendered` may be another one."""
    command = [sys.executable, "-m", rendered.__name__, stack]
    return ask(*command, folder=tree)


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
