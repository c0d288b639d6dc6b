"""Changes as `pulumi preview --json` tells them.

Its form is PreviewDigest of github.com/pulumi/pulumi/pkg/v3/display/json.go: `steps` with the state of each
resource before and after, and `diagnostics`, where the lines of fleet/explain.py stand.
"""

import json
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from fleet.commit import COMMIT
from operate.state import INSTANCE
from pipeline.changes import AppChange, Changes, by_app, script_changes
from pipeline.commands import heard

_SIGNS: Final = {"create": "+", "update": "~", "delete": "-", "read": "<"}
_ACCEPTED: Final = ".accepted"
_STASH: Final = "pulumi:index:Stash"

_NOT_FOR_PEOPLE: Final = (
    "nothing was declared:",  # the comment's headline
    "an unhandled error occurred:",  # the language host's, after the program's own words
    "preview failed",  # the command's, after the reason
    "using pulumi-resource-",
)
_APPROVES: Final = re.compile(r"pulumi config set approved (?P<plan>plan-\w+)")
_SAID_OTHERWISE: Final = ("because ", "nothing is launched", "next: one app first", "or all, by naming")
"""What fleet/radius.py says to a person at a shell, and the comment in its own place."""

_TOUCHES_NOTHING: Final = frozenset({"same", "read"})
_SPEAKER: Final = re.compile(r'(error: |warning: )?(Preview failed: )?(before hook "\w+" failed: )?')
"""Who says it, which pulumi puts before a message."""

Step = Mapping[str, Any]


def preview(stack: str, root: Path) -> Changes:
    """Of the project in `root`; what pulumi says of it is in the log too."""
    done = heard("pulumi", "preview", "--json", "--non-interactive", "--stack", stack, folder=root)
    return read_preview(done.stdout, done.stderr)


def read_preview(told: str, errors: str) -> Changes:
    """What pulumi told on stdout and on stderr: one that ended early may have told no JSON at all. Pure."""
    try:
        digest = json.loads(told)
    except ValueError:
        return Changes(problems=_lines([errors]) or ("pulumi preview said nothing; see the run's log",))
    messages = _by_severity(digest.get("diagnostics") or ())
    changes = _changes(
        digest.get("steps") or (), _lines(messages.get("info", ())), _lines(messages.get("warning", ()))
    )
    untouched = not digest.get("changeSummary", {}).keys() - _TOUCHES_NOTHING
    return _with_problems(replace(changes, untouched=untouched), messages.get("error", ()), _project(digest))


def _with_problems(changes: Changes, errors: Collection[str], project: str) -> Changes:
    """What stops the change. Of one that reaches too far, its way out at a shell is left out for another."""
    problems = _lines(errors) or (("pulumi preview failed; see the run's log",) if errors else ())
    named = next(filter(None, map(_APPROVES.search, problems)), None)
    if named is None:
        return replace(changes, problems=problems)
    kept = tuple(line for line in problems if not line.strip().startswith(_SAID_OTHERWISE))
    return replace(changes, problems=kept, approval=f"{project}:approved: {named['plan']}")


def _project(digest: Mapping[str, Any]) -> str:
    """From any URN: https://www.pulumi.com/docs/iac/concepts/resources/names/#urns."""
    return next((str(step["urn"]).split("::")[1] for step in digest.get("steps") or ()), "PROJECT")


def _by_severity(diagnostics: Iterable[Mapping[str, str]]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for one in diagnostics:
        severity = one.get("severity", "info").partition("#")[0]
        found.setdefault(severity, []).append(one.get("message", ""))
    return found


def _lines(messages: Iterable[str]) -> tuple[str, ...]:
    """What is said, line for line."""
    whole = (_SPEAKER.sub("", message, count=1) for message in messages)
    lines = (line.rstrip() for message in whole for line in message.splitlines())
    return tuple(line for line in lines if line and not line.startswith(_NOT_FOR_PEOPLE))


def _changes(every: Sequence[Step], told: tuple[str, ...], warnings: tuple[str, ...]) -> Changes:
    steps = [step for step in every if _is_told(step)]
    apps = [*_apps(steps, by_app(told), warnings)]
    said = {warning for app in apps for warning in app.warnings}
    return Changes(
        apps=tuple(apps),
        warnings=tuple(warning for warning in warnings if warning not in said),
        resources=tuple(map(_resource, sorted(steps, key=_name))),
        serves=_serves(every),
    )


def _apps(steps: list[Step], told: Mapping[str, list[str]], warnings: tuple[str, ...]) -> Iterator[AppChange]:
    """An app changes if what was accepted of it does."""
    accepted = {_name(step).removesuffix(_ACCEPTED): step for step in steps if _is_accepted(step)}
    for name, step in sorted(accepted.items()):
        yield AppChange(
            name=name,
            lines=(*told.get(name, ()), *_gone(name, step, steps)),
            warnings=tuple(one for one in warnings if one.startswith((f"{name}:", f"{name}."))),
            scripts=script_changes(name, _scripts(step.get("oldState")), _scripts(step.get("newState"))),
        )


def _gone(name: str, step: Step, steps: list[Step]) -> Iterator[str]:
    """No hook explains an app whose file is no longer there."""
    if step["op"] == "delete":
        count = sum(one["op"] == "delete" and _is_instance_of(name, one) for one in steps)
        yield f"goes: its file is no longer there; {count} {'instance' if count == 1 else 'instances'} end"


def _scripts(state: Mapping[str, Any] | None) -> Iterator[tuple[str, str]]:
    processes = ((state or {}).get("inputs") or {}).get("input", {}).get("processes", {})
    yield from ((name, process["script"]) for name, process in processes.items())


def _serves(steps: Iterable[Step]) -> str:
    """The commit that is deployed, where the change is of another one."""
    of_commit = (step.get("oldState") or {} for step in steps if _name(step) == COMMIT)
    return next((str(state.get("inputs", {}).get("input", "")) for state in of_commit), "")


def _resource(step: Step) -> str:
    module, _, kind = _type(step).rpartition(":")
    return f"{_SIGNS.get(step['op'], step['op'])} {module.partition('/')[0]}:{kind} {_name(step)}"


def _is_told(step: Step) -> bool:
    """Not the deployed commit, which every merge changes."""
    return step["op"] != "same" and _type(step) != "pulumi:pulumi:Stack" and _name(step) != COMMIT


def _is_accepted(step: Step) -> bool:
    return _type(step) == _STASH and _name(step).endswith(_ACCEPTED)


def _is_instance_of(app: str, step: Step) -> bool:
    return _type(step) == INSTANCE and _name(step).startswith(f"{app}.")


def _name(step: Step) -> str:
    return str(step["urn"]).rpartition("::")[2]


def _type(step: Step) -> str:
    """The parents' types come first."""
    return str(step["urn"]).split("::")[2].rpartition("$")[2]
