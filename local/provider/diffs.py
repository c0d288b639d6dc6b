"""Inputs compared: what changes in place, what replaces the resource, what a preview can know of it. Pure."""

import json
from dataclasses import dataclass
from typing import Any

from local.errors import LocalError
from local.provider.table import SERVED, Argument, Resource
from local.provider.values import DEFAULTS, UNKNOWN, Properties, has_unknown, is_asset, shaped_like

TAGS_ALL = Argument(name="tagsAll")


@dataclass(frozen=True, kw_only=True)
class Diff:
    """Names of the inputs that differ, and of those that only a new resource can have.

    `delete_first`: the old one must go first, since both would bear the same name.
    """

    changed: tuple[str, ...]
    replaces: tuple[str, ...]
    delete_first: bool


def diff(resource: Resource, old: Properties, new: Properties) -> Diff:
    """Raises LocalError for a change that the real provider makes in place and the stand-in cannot.

    Not of a value that is not known: by one the engine only asks whether a dependent of a `--target` would be
    replaced.
    """
    arguments = (*resource.arguments, *((TAGS_ALL,) if resource.tagged else ()))
    changed = [argument for argument in arguments if not _same(argument, old, new)]
    replaces = [argument.name for argument in changed if argument.replaces(old, new)]
    for argument in changed:
        if argument.fixed and not replaces and not has_unknown(new.get(argument.name)):
            raise LocalError(
                f"{SERVED} a change of {argument.name} on an existing {resource.token}",
                hint="give the resource a new name in the program, so that a new one is made",
            )
    return Diff(
        changed=tuple(argument.name for argument in changed),
        replaces=tuple(replaces),
        delete_first=bool(replaces) and _keeps_its_name(resource, old, new),
    )


def _same(argument: Argument, old: Properties, new: Properties) -> bool:
    if argument.name not in new:
        return argument.computed or argument.name not in old
    before: Any = old.get(argument.name)
    now: Any = new[argument.name]
    if is_asset(before) and is_asset(now):
        before, now = before["hash"], now["hash"]  # where the file lies does not matter
    if argument.document:
        return _parsed(before) == _parsed(now)
    if argument.unordered and isinstance(before, list) and isinstance(now, list):
        return sorted(before) == sorted(now)
    return bool((shaped_like(now, before) if argument.computed else before) == now)


def _parsed(document: object) -> object:
    """A policy's meaning: its JSON, whatever the spaces. What is not known yet stands for itself."""
    try:
        return json.loads(document) if isinstance(document, str) else document
    except ValueError:
        return document


def _keeps_its_name(resource: Resource, old: Properties, new: Properties) -> bool:
    return any(
        argument.autoname
        and argument.name not in new.get(DEFAULTS, ())
        and old.get(argument.name) == new.get(argument.name)
        for argument in resource.arguments
    )


def outputs_of_creation(resource: Resource, inputs: Properties) -> Properties:
    """What a preview says of a resource that does not exist yet: AWS's own outputs are not known."""
    return dict.fromkeys(resource.outputs, UNKNOWN) | without_defaults(inputs)


def outputs_of_update(resource: Resource, state: Properties, old: Properties, new: Properties) -> Properties:
    """What a preview says of a resource that will be changed in place."""
    changed = diff(resource, old, new).changed
    moved = [argument for argument in resource.arguments if argument.name in changed]
    unsettled = [output for argument in moved for output in argument.unsettles]
    return state | without_defaults(new) | dict.fromkeys(unsettled, UNKNOWN)


def without_defaults(inputs: Properties) -> Properties:
    return {key: value for key, value in inputs.items() if key != DEFAULTS}


def refreshed(resource: Resource, inputs: Properties, state: Properties) -> Properties:
    """The inputs as they would read had the program asked for what AWS has: the next update sees the drift.

    Without inputs (an import) everything that AWS says and the program could have said.
    """
    if not inputs:
        said = {name: state[name] for name in resource.by_name if state.get(name) not in (None, "", {}, [])}
        return said | ({"tagsAll": state.get("tagsAll", {})} if resource.tagged else {})
    common = inputs.keys() & state
    arguments = [argument for argument in (*resource.arguments, TAGS_ALL) if argument.name in common]
    return inputs | {
        argument.name: _as_asked(argument, inputs, state)
        for argument in arguments
        if not _same(argument, state, inputs)
    }


def _as_asked(argument: Argument, inputs: Properties, state: Properties) -> object:
    """What AWS has, without the parts of a nested object that AWS chose."""
    actual = state[argument.name]
    return shaped_like(inputs[argument.name], actual) if argument.computed else actual
