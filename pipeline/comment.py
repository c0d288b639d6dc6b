"""The comment on a pull request for one environment. Pure.

Written for people who have never seen Pulumi: what happens to which app and why, then the details.
"""

import difflib
import itertools
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Final

from pipeline.changes import AppChange, Changes, ScriptChange
from pipeline.markdown import Fold, plain, problem

LIMIT: Final = 65_000
"""Bytes of a comment. GitHub refuses bodies of more than 65,536 characters."""

SUMMARY_LIMIT: Final = 1_000_000
"""Bytes of what a step adds to its job's summary, at most 1 MiB:
https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands#adding-a-job-summary
"""

_RESERVE: Final = 400
"""Bytes kept free for saying what was left out."""

_WORTH_SHOWING: Final = 600
"""Bytes below which the beginning of a fold is not worth showing."""

_NAMED: Final = 3
"""Of what is left out so many are named."""

_ELSEWHERE: Final = "all of it stands in the summary of this run"

_PROMISE: Final = (
    "An old instance goes only when every new one of the whole rollout has proved that it serves. "
    "If one does not, the rollout stops, and what served before serves on."
)

_WORDS: Final = {"+": "made", "~": "changed", "-": "deleted"}


def marker(stack: str) -> str:
    """By which the environment's comment is found again. Invisible."""
    return f"<!-- compute-instances: what changes in {stack} -->"


def comment(changes: Changes, stack: str, limit: int = LIMIT) -> str:
    """The whole text, of at most `limit` bytes."""
    head = [marker(stack), f"## {stack}: {_headline(changes)}"]
    if changes.notes:
        head.append(_bullets(map(plain, changes.notes)))
    if changes.problems:
        head += _refusal(changes.problems)
    return _fitted([*head, *_story(changes)], _folds(changes), limit)


def _headline(changes: Changes) -> str:
    apps = f"{_count(len(changes.apps), 'app')} {'changes' if len(changes.apps) == 1 else 'change'}"
    if changes.problems:
        return f"{apps}, and nothing can be rolled out" if changes.apps else "nothing can be rolled out"
    if changes.apps:
        return apps
    return "no app changes" if changes.resources else "nothing changes"


def _refusal(problems: Iterable[str]) -> Iterator[str]:
    yield "Merged like this, nothing would change here, and what serves would serve on. To mend:"
    yield _bullets(map(problem, problems))


def _story(changes: Changes) -> Iterator[str]:
    for app in changes.apps:
        yield f"### {app.name}\n\n{_bullets(_lines(app))}"
    if any(script.old for app in changes.apps for script in app.scripts):
        yield _PROMISE


def _lines(app: AppChange) -> list[str]:
    return [*map(plain, app.lines), *(f":warning: {plain(warning)}" for warning in app.warnings)]


def _folds(changes: Changes) -> Iterator[Fold]:
    yield from (_script(script) for app in changes.apps for script in app.scripts)
    if changes.resources and not changes.problems:  # a preview that failed did not come to all of them
        title = f"Every resource: {_operations(changes.resources)}"
        yield Fold(title=title, kind="diff", text="\n".join(changes.resources))
    if changes.warnings:
        title = f"{_count(len(changes.warnings), 'warning')} about what stays as it is"
        yield Fold(title=title, kind="text", text="\n".join(changes.warnings))


def _script(change: ScriptChange) -> Fold:
    if change.old is None:
        title = f"Script of {change.label}: new, {_count(len(change.new.splitlines()), 'line')}"
        return Fold(title=title, kind="sh", text=change.new)
    lines = [*difflib.unified_diff(change.old.splitlines(), change.new.splitlines(), lineterm="")][2:]
    signs = Counter(line[0] for line in lines)
    title = f"Script of {change.label}: {_count(signs['+'], 'line')} in, {signs['-']} out"
    return Fold(title=title, kind="diff", text="\n".join(lines))


def _operations(resources: Iterable[str]) -> str:
    counts = Counter(_WORDS.get(line.split()[0], "replaced or looked up") for line in resources)
    return ", ".join(f"{count} {word}" for word, count in counts.items())


def _bullets(lines: Iterable[str]) -> str:
    return "\n".join(f"- {line}" for line in lines)


def _count(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"


def _fitted(head: Iterable[str], folds: Iterable[Fold], limit: int) -> str:
    """All of the head, then what of the folds has room; says what has not."""
    room = limit - _RESERVE
    told, left = _cut("\n\n".join(head), room)
    left_out = [f"{left} lines above"] if left else []
    for fold in folds:
        shown = _whole_or_beginning(fold, room - _size(told))
        told += f"\n\n{shown}" if shown else ""
        left_out += [] if shown else [fold.title]
    return told + _left_out(left_out)


def _whole_or_beginning(fold: Fold, room: int) -> str:
    """Empty where not even a beginning has room."""
    if _size(str(fold)) <= room:
        return str(fold)
    if room < _WORTH_SHOWING:
        return ""
    text, left = _cut(fold.text, room - _WORTH_SHOWING // 2)
    return str(replace(fold, text=f"{text}\n... {left} more lines, {_ELSEWHERE}"))


def _cut(text: str, room: int) -> tuple[str, int]:
    """Its first lines that take at most `room` bytes, and how many more there are."""
    lines = text.splitlines()
    ends = itertools.accumulate(_size(line) + 1 for line in lines)
    kept = sum(end <= room + 1 for end in ends)
    return "\n".join(lines[:kept]), len(lines) - kept


def _left_out(what: Sequence[str]) -> str:
    if not what:
        return "\n"
    named, more = what[:_NAMED], len(what) - _NAMED
    told = plain("; ".join(named)) + (f"; and {more} more" if more > 0 else "")
    return f"\n\nLeft out, because a comment may not be longer ({_ELSEWHERE}): {told}.\n"


def _size(text: str) -> int:
    return len(text.encode())
