"""Changes as `pulumi preview --json` tells them. Pure.

Its form is PreviewDigest of github.com/pulumi/pulumi/pkg/v3/display/json.go: `steps` with the state of each
resource before and after, and `diagnostics`, where the lines of fleet/explain.py stand.
"""

import json
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

from pipeline.changes import AppChange, Changes, by_app, script_changes

_SIGNS: Final = {"create": "+", "update": "~", "delete": "-", "read": "<"}
_ACCEPTED: Final = ".accepted"
_STASH: Final = "pulumi:index:Stash"
_INSTANCE: Final = "aws:ec2/instance:Instance"
_COMMIT: Final = "commit"
"""The Stash of the deployed commit, which every merge changes."""

_NOT_FOR_PEOPLE: Final = (
    "nothing was declared:",  # the comment's headline
    "an unhandled error occurred:",  # the language host's, after the program's own words
    "preview failed",  # the command's, after the reason
    "using pulumi-resource-",
)
_SPEAKER: Final = re.compile(r'(error: |warning: )?(Preview failed: )?(before hook "\w+" failed: )?')
"""Who says it, which pulumi puts before a message."""

Step = Mapping[str, Any]


def read_preview(told: str, errors: str) -> Changes:
    """What pulumi told on stdout and on stderr. A preview that ended early may have told no JSON at all."""
    try:
        digest = json.loads(told)
    except ValueError:
        return Changes(problems=_lines([errors]) or ("pulumi preview said nothing; see the run's log",))
    messages = _by_severity(digest.get("diagnostics") or ())
    steps = [step for step in digest.get("steps") or () if _is_told(step)]
    changes = _changes(steps, _lines(messages.get("info", ())), _lines(messages.get("warning", ())))
    return replace(changes, problems=_problems(messages.get("error", ())))


def _problems(errors: Collection[str]) -> tuple[str, ...]:
    return _lines(errors) or (("pulumi preview failed; see the run's log",) if errors else ())


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


def _changes(steps: list[Step], told: tuple[str, ...], warnings: tuple[str, ...]) -> Changes:
    apps = [*_apps(steps, by_app(told), warnings)]
    said = {warning for app in apps for warning in app.warnings}
    return Changes(
        apps=tuple(apps),
        warnings=tuple(warning for warning in warnings if warning not in said),
        resources=tuple(map(_resource, sorted(steps, key=_name))),
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


def _resource(step: Step) -> str:
    module, _, kind = _type(step).rpartition(":")
    return f"{_SIGNS.get(step['op'], step['op'])} {module.partition('/')[0]}:{kind} {_name(step)}"


def _is_told(step: Step) -> bool:
    return step["op"] != "same" and _type(step) != "pulumi:pulumi:Stack" and _name(step) != _COMMIT


def _is_accepted(step: Step) -> bool:
    return _type(step) == _STASH and _name(step).endswith(_ACCEPTED)


def _is_instance_of(app: str, step: Step) -> bool:
    return _type(step) == _INSTANCE and _name(step).startswith(f"{app}.")


def _name(step: Step) -> str:
    return str(step["urn"]).rpartition("::")[2]


def _type(step: Step) -> str:
    """https://www.pulumi.com/docs/iac/concepts/resources/names/#urns: the parents' types come first."""
    return str(step["urn"]).split("::")[2].rpartition("$")[2]
