"""How much of what serves one update would end, because of one edit that many apps share. Pure."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final, TypedDict

from fleet.explain import BOOTSTRAP, is_count, replaces, where
from fleet.release import Release
from manifest import HASH_LENGTH, Said, Settings, dotted


class Plan(TypedDict):
    """What a fleet becomes.

    `versions`, `counts`: label -> version and instances (as text, for numbers come back as floats) of each
    process that has any. `own`: app -> hash of what its own file and its slug say. `shared`: what other files
    say, by file and place there; without lines, for a comment added above a key is no change.
    """

    versions: Mapping[str, str]
    counts: Mapping[str, str]
    own: Mapping[str, str]
    shared: Mapping[str, str]


Serving = Mapping[str, tuple[str, int]]
"""Label -> version and instances of it that were accepted."""

_NAMED_AT_MOST: Final = 6
"""Apps in a message."""


def plan_of(releases: Iterable[Release]) -> Plan:
    """What the files ask for."""
    releases = list(releases)
    running = [(one, process) for one in releases for process in one.app.processes if process.count]
    return {
        "versions": {process.label: one.scripts[process.name].version for one, process in running},
        "counts": {process.label: str(process.count) for _, process in running},
        "own": {release.app.name: _own(release) for release in releases},
        "shared": {place: said.value for place, said in shared_values(releases).items()},
    }


def shared_values(releases: Iterable[Release]) -> Mapping[str, Said]:
    """What replaces or ends instances and was written in no app's own file, by file and place there."""
    return {
        f"{said.origin.file} {dotted(said.origin.path)}": said
        for release in releases
        for key, said in release.app.written.items()
        if _matters(key) and not _is_own(said, release)
    }


def _own(release: Release) -> str:
    said = release.app.written.items()
    own = sorted(f"{key}: {one.value}" for key, one in said if _matters(key) and _is_own(one, release))
    return _hash([*own, f"slug: {release.slug.sha256}"])


def _matters(key: str) -> bool:
    return replaces(key) or is_count(key)


def _is_own(said: Said, release: Release) -> bool:
    return said.origin.file == release.app.processes[0].places.file


def _hash(lines: Iterable[str]) -> str:
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:HASH_LENGTH]


def serving_of(apps: Mapping[str, Any] | None) -> Serving:
    """What was accepted, out of the stack's output `apps`; None where there is none yet.

    An output that is older than plans are tells no counts: one each.
    """
    return {
        f"{app}.{process}": (version, int(summary.get("counts", {}).get(process, 1)))
        for app, summary in (apps or {}).items()
        if summary
        for process, version in summary["versions"].items()
    }


@dataclass(frozen=True, kw_only=True)
class Change:
    """What an update makes of a fleet. `before`: the plan that was let through last, None where none was."""

    serving: Serving
    before: Plan | None
    after: Plan

    @cached_property
    def ended(self) -> Mapping[str, int]:
        """Label -> instances that serve and will not, whether others take their place or none."""
        ended = {label: count - self._left(label) for label, (_, count) in sorted(self.serving.items())}
        return {label: count for label, count in ended.items() if count > 0}

    def _left(self, label: str) -> int:
        """How many may serve on: those of an unchanged version."""
        stays = self.after["versions"].get(label) == self.serving[label][0]
        return int(self.after["counts"][label]) if stays else 0

    @cached_property
    def apps(self) -> Mapping[str, int]:
        """App -> instances ended, the fewest first."""
        counts: Counter[str] = Counter()
        for label, count in self.ended.items():
            counts[_app(label)] += count
        return dict(sorted(counts.items(), key=lambda one: (one[1], one[0])))

    @cached_property
    def shared_edit(self) -> Mapping[str, str]:
        """Label -> what becomes of it, where that is new since the plan let through last, no more instances
        of the same, and by no word of its own file.
        """
        before = self.before["versions"] if self.before else self.serving
        return {
            label: f"{self.after['counts'].get(label, '0')} x {self.after['versions'].get(label)}"
            for label in sorted({*before, *self.after["versions"]})
            if self.before is None or self._changed_by_others(label, self.before)
        }

    def _changed_by_others(self, label: str, before: Plan) -> bool:
        app, after = _app(label), self.after
        if before["own"].get(app) != after["own"].get(app):
            return False
        fewer = int(after["counts"].get(label, 0)) < int(before["counts"].get(label, 0))
        return fewer or before["versions"].get(label) != after["versions"].get(label)

    @property
    def name(self) -> str:
        """Of exactly this edit, however far it is rolled out."""
        return f"plan-{_hash(f'{label} {becomes}' for label, becomes in self.shared_edit.items())}"

    def reaches_too_far(self, percent: int) -> bool:
        """Whether it ends more than `percent` of what serves, in more than one app, by a shared edit."""
        if len(self.apps) == 1 or not self.ended.keys() & self.shared_edit.keys():
            return False
        return self.instances * 100 > percent * self.total

    @property
    def first(self) -> str | None:
        """The app to try it on: of those in which something serves on, the one with the fewest ended."""
        tried = {_app(label) for label in self.ended if label in self.after["versions"]}
        return next((app for app in self.apps if app in tried), None)

    @property
    def instances(self) -> int:
        return sum(self.ended.values())

    @property
    def total(self) -> int:
        return sum(count for _, count in self.serving.values())

    def causes(self, shared: Mapping[str, Said]) -> Iterator[str]:
        """The edits that many apps share; `shared`: of `after`, with lines."""
        if self.before is None:
            yield "what changed is not known: no plan of this fleet was kept before"
            return
        yield from [*_changed(self.before["shared"], shared)] or [BOOTSTRAP]

    @property
    def extent(self) -> str:
        """How much it ends, in words."""
        named = list(self.apps)[:_NAMED_AT_MOST]
        more = len(self.apps) - len(named)
        apps = ", ".join([*named, f"{more} more"] if more else named)
        return f"{self.instances} of the {self.total} instances that serve, in {len(self.apps)} apps ({apps})"


def _changed(before: Mapping[str, str], after: Mapping[str, Said]) -> Iterator[str]:
    """Each value that differs, under the name that it has in its file."""
    for place in sorted({*before, *after}):
        (file, _, key), old, said = place.partition(" "), before.get(place), after.get(place)
        if not said:
            yield f"{key}: {old!r} holds no longer ({file})"
        elif said.value != old:
            change = f"now {said.value!r}" if old is None else f"{old!r} -> {said.value!r}"
            yield f"{key}: {change} ({where(said.origin)})"


def refusal(change: Change, shared: Mapping[str, Said], settings: Settings) -> Iterator[str]:
    """Why the change is stopped, and what to do; `shared`: with lines, what `change.after` keeps of it."""
    origin, stack = settings.origins.get("maxReplaced"), settings.stack
    bound = f"{settings.max_replaced}% ({where(origin) if origin else 'default'})"
    yield f"this update would replace or end {change.extent}; maxReplaced is {bound}"
    yield from (f"  because {cause}" for cause in change.causes(shared))
    yield "  nothing is launched, and what serves serves on"
    if settings.approved:
        yield f"  {settings.approved} ({where(settings.origin('approved'))}) names another change"
    if change.first:
        yield f"  next: one app first: make rollout STACK={stack} APP={change.first}"
    all_ = "or all, by naming" if change.first else "next: if all of them shall end, name"
    yield f"  {all_} the change: pulumi config set approved {change.name} --stack {stack}"


def _app(label: str) -> str:
    return label.partition(".")[0]
