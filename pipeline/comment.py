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
from pipeline.markdown import Fold, fenced, plain, problem

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
_OTHERWISE: Final = "replaced or looked up"
_OF_A_COMMIT: Final = 8
"""So many digits name one."""


def marker(stack: str) -> str:
    """By which the environment's comment is found again. Invisible."""
    return f"<!-- compute-instances: what changes in {stack} -->"


def comment(changes: Changes, stack: str, commit: str = "", limit: int = LIMIT) -> str:
    """The whole text, of at most `limit` bytes; `commit`: the one that is told of, where that is known."""
    head = [marker(stack), f"## {stack}: {_headline(changes)}"]
    if changes.notes:
        head.append(_bullets(map(plain, changes.notes)))
    if changes.problems:
        head += _refusal(changes, stack)
    return _fitted(
        [*head, *_story(changes, stack), *_compared(changes, stack, commit)], _folds(changes), limit
    )


def _headline(changes: Changes) -> str:
    if not changes.apps:
        return _without_apps(changes)
    one = changes.apps[0].name if len(changes.apps) == 1 else ""
    apps = one or f"{len(changes.apps)} apps"
    if changes.approval:
        return f"{apps} would change; stopped, because it reaches too far"
    if changes.problems:
        return f"{apps} would change, but this cannot be rolled out"
    return f"{apps} changes" if one else f"{apps} change"


def _without_apps(changes: Changes) -> str:
    if changes.problems:
        return "nothing can be rolled out"
    return "no app changes" if changes.resources else "nothing changes"


def _refusal(changes: Changes, stack: str) -> Iterator[str]:
    yield "Merged like this, nothing would change here, and what serves would serve on:"
    yield _bullets(map(problem, changes.problems))
    if changes.approval:
        yield f"To let exactly this change through, add to `Pulumi.{stack}.yaml` in this pull request:"
        yield fenced(f"config:\n  {changes.approval}", "yaml")


def _compared(changes: Changes, stack: str, commit: str) -> Iterator[str]:
    """Nothing where the notes say it already, or where nothing came to be compared."""
    if not changes.notes and (changes.apps or not changes.problems):
        serves = f" ({_short(changes.serves)})" if changes.serves else ""
        told = f"{_short(commit)} compared" if commit else "Compared"
        yield (
            f"{told} with what serves in {stack}{serves}. "
            "What was merged since and is not deployed yet is in it too."
        )


def _short(commit: str) -> str:
    """With the mark of a folder that differed from it."""
    return commit[:_OF_A_COMMIT] + ("-dirty" if commit.endswith("-dirty") else "")


def _story(changes: Changes, stack: str) -> Iterator[str]:
    for app in changes.apps:
        yield f"### {app.name}\n\n{_bullets(_lines(app, stack))}"
    if any(script.old for app in changes.apps for script in app.scripts):
        yield _PROMISE


def _lines(app: AppChange, stack: str) -> Iterator[str]:
    yield from map(plain, app.lines)
    yield from (f":warning: {plain(warning)}" for warning in app.warnings)
    new = [script.label for script in app.scripts if script.old is None]
    yield from (f"`python -m bootstrap {label} --stack {stack}` prints its script" for label in new)


def _folds(changes: Changes) -> Iterator[Fold]:
    if changes.resources and not changes.problems:  # a preview that failed did not come to all of them
        title = f"Every resource: {_operations(changes.resources)}"
        yield Fold(title=title, kind="diff", text="\n".join(changes.resources))
    yield from filter(None, (_script(script) for app in changes.apps for script in app.scripts))
    if changes.warnings:
        title = f"{_count(len(changes.warnings), 'warning')} about what stays as it is"
        yield Fold(title=title, kind="text", text="\n".join(changes.warnings))


def _script(change: ScriptChange) -> Fold | None:
    """How it differs, but for the version, which is another one whatever changed."""
    old, new = _versionless(change.old or ""), _versionless(change.new)
    if not old or old == new:
        return None
    lines = [*difflib.unified_diff(old, new, lineterm="")][2:]
    signs = Counter(line[0] for line in lines)
    title = f"Script of {change.label}: {_count(signs['+'], 'line')} in, {signs['-']} out"
    return Fold(title=title, kind="diff", text="\n".join(lines))


def _versionless(script: str) -> list[str]:
    return [line for line in script.splitlines() if not line.startswith("readonly version=")]


def _operations(resources: Iterable[str]) -> str:
    counts = Counter(_WORDS.get(line.split()[0], _OTHERWISE) for line in resources)
    words = (*_WORDS.values(), _OTHERWISE)
    return ", ".join(f"{counts[word]} {word}" for word in words if counts[word])


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
