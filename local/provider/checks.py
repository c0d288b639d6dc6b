"""Inputs: refused by name where the stand-in does not serve them, completed with defaults. Pure."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from local.provider.table import SERVED, Argument, Resource
from local.provider.values import DEFAULTS, UNKNOWN, Properties, has_unknown


@dataclass(frozen=True, kw_only=True)
class Fault:
    """What is wrong with the input `property`."""

    property: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class Naming:
    """What an automatic name is made of: the resource's name in the program, and the engine's seed."""

    name: str
    seed: bytes


def check(
    resource: Resource,
    old: Properties,
    new: Properties,
    naming: Naming,
    default_tags: Mapping[str, str],
) -> tuple[Properties, list[Fault]]:
    """The inputs as the resource's operations want them, and everything that is wrong with them.

    `old`: the checked inputs of the last time, empty for a new resource.
    """
    given = {key: value for key, value in new.items() if key not in {DEFAULTS, "tagsAll"}}
    inputs = {key: _as_text(resource.by_name.get(key), value) for key, value in given.items()}
    defaults = _defaults(resource, old, inputs, naming)
    inputs |= defaults
    if resource.tagged:
        inputs["tagsAll"] = _all_tags(inputs.get("tags", {}), default_tags)
    return {**inputs, DEFAULTS: sorted(defaults)}, list(_faults(resource, inputs))


def _as_text(argument: Argument | None, value: object) -> object:
    """A policy document may be given as an object; the API takes it as JSON."""
    return json.dumps(value) if argument and argument.document and isinstance(value, dict) else value


def _defaults(resource: Resource, old: Properties, given: Properties, naming: Naming) -> Properties:
    missing = [argument for argument in resource.arguments if argument.name not in given]
    fixed = {argument.name: argument.default for argument in missing if argument.default is not None}
    nameless = [argument.name for argument in missing if argument.autoname]
    return fixed | {name: _automatic(name, old, naming) for name in nameless}


def _automatic(argument: str, old: Properties, naming: Naming) -> str:
    """The resource's name and seven random hex digits, kept for the resource's life.

    AWS's names are unique, and a replacement is made before the old one goes.
    """
    if argument in old.get(DEFAULTS, ()):
        return str(old[argument])
    digits = hashlib.sha256(naming.seed).hexdigest()[:7]
    name = f"{naming.name}-{digits}"
    return name.lower() if argument == "bucket" else name


def _all_tags(tags: object, default_tags: Mapping[str, str]) -> object:
    return {**default_tags, **tags} if isinstance(tags, dict) and not has_unknown(tags) else UNKNOWN


def _faults(resource: Resource, inputs: Properties) -> Iterable[Fault]:
    for name, value in inputs.items():
        yield from _unserved(resource, name, value)
    for argument in resource.arguments:
        if argument.required and argument.name not in inputs:
            yield Fault(property=argument.name, reason=f"{resource.token} needs the argument {argument.name}")
    together = [name for name in resource.at_most_one if name in inputs]
    if len(together) > 1:
        yield Fault(property=together[1], reason=f"{' and '.join(together)} exclude each other")


def _unserved(resource: Resource, name: str, value: object) -> Iterable[Fault]:
    argument = resource.by_name.get(name)
    if argument is None and name != "tagsAll":
        served = ", ".join(sorted(resource.by_name))
        yield Fault(
            property=name,
            reason=f"{SERVED} the argument {name} of {resource.token}; it serves: {served}",
        )
    if argument is not None and argument.parts and isinstance(value, dict):
        for part in sorted(value.keys() - argument.parts):
            served = ", ".join(sorted(argument.parts))
            yield Fault(
                property=f"{name}.{part}",
                reason=f"{SERVED} {name}.{part} of {resource.token}; it serves: {served}",
            )
