"""What a pull request changes in one environment, however it was found out."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

_OF_AN_APP: Final = re.compile(r"app (?P<app>[a-z][a-z0-9-]*): +(?P<line>.*)")
"""A line of fleet/explain.py."""


@dataclass(frozen=True, kw_only=True)
class ScriptChange:
    """The script of a process (`hello.web`); `old` is None where it is a new one."""

    label: str
    old: str | None
    new: str


@dataclass(frozen=True, kw_only=True)
class AppChange:
    """`lines`: what changes and why. `warnings`: what would work, but hardly as its writer means it."""

    name: str
    lines: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    scripts: tuple[ScriptChange, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Changes:
    """Of one environment.

    `problems`: why it cannot be rolled out. `notes`: what limits the rest. `warnings`: about apps that stay.
    `resources`: a line for each that is made, changed or deleted. `approval`: the line of the stack's file
    that would let it through, where it is stopped for reaching too far. `serves`: the commit that it was
    compared with. `untouched`: nothing at all is done, not even to the record of which commit serves.
    """

    apps: tuple[AppChange, ...] = ()
    problems: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    resources: tuple[str, ...] = ()
    approval: str = ""
    serves: str = ""
    untouched: bool = False


def by_app(lines: Iterable[str]) -> dict[str, list[str]]:
    """What was explained, without its `app NAME:`; other lines are left out."""
    found: dict[str, list[str]] = {}
    for match in filter(None, map(_OF_AN_APP.fullmatch, lines)):
        found.setdefault(match["app"], []).append(match["line"])
    return found


def script_changes(
    app: str, old: Iterable[tuple[str, str]], new: Iterable[tuple[str, str]]
) -> tuple[ScriptChange, ...]:
    """From the scripts of an app before and after, process -> text: what machines do not run yet."""
    before = dict(old)
    changes = (ScriptChange(label=f"{app}.{name}", old=before.get(name), new=text) for name, text in new)
    return tuple(sorted((one for one in changes if one.old != one.new), key=lambda one: one.label))
