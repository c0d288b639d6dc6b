"""How much of what serves one update would replace, because of one edit that many apps share. Pure."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from fleet.explain import BOOTSTRAP, changed_values, kept_values, replaces
from fleet.release import Release
from manifest import HASH_LENGTH, Said, Settings

Plan = Mapping[str, Any]
"""What a fleet becomes. `processes`: label -> version, of those that have instances; `own`: app -> hash of
what its own file and its slug say; `shared`: what other files say, as fleet.explain.kept_values keeps it.
"""

Serving = Mapping[str, tuple[str, int]]
"""Label -> version and instances of it that were accepted."""

_NAMED_AT_MOST: Final = 6
"""Apps in a message."""


def plan_of(releases: Iterable[Release]) -> Plan:
    """What the files ask for."""
    releases = list(releases)
    return {
        "processes": {
            process.label: release.scripts[process.name].version
            for release in releases
            for process in release.app.processes
            if process.count
        },
        "own": {release.app.name: _own(release) for release in releases},
        "shared": kept_values(shared_values(releases)),
    }


def shared_values(releases: Iterable[Release]) -> Mapping[str, Said]:
    """What replaces instances and was written in no app's own file: for all apps, or all of a stack."""
    return {
        key: said
        for release in releases
        for key, said in release.app.written.items()
        if replaces(key) and not _is_own(said, release)
    }


def _own(release: Release) -> str:
    said = release.app.written.items()
    own = sorted(f"{key}: {one[0]}" for key, one in said if replaces(key) and _is_own(one, release))
    return _hash([*own, f"slug: {release.slug.sha256}"])


def _is_own(said: Said, release: Release) -> bool:
    return said[1].file == release.app.processes[0].places.file


def _hash(lines: Iterable[str]) -> str:
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:HASH_LENGTH]


def serving_of(apps: Mapping[str, Any] | None) -> Serving:
    """What was accepted, out of the stack's output `apps`; None where there is none yet."""
    return {
        f"{app}.{process}": (version, int(summary.get("counts", {}).get(process, 1)))
        for app, summary in (apps or {}).items()
        if summary
        for process, version in summary.get("versions", {}).items()
    }


@dataclass(frozen=True, kw_only=True)
class Change:
    """What an update makes of a fleet. `before`: the plan that was let through last, None where none was."""

    serving: Serving
    before: Plan | None
    after: Plan

    @cached_property
    def replaced(self) -> Mapping[str, int]:
        """Label -> instances that serve and whose successors are of another version."""
        planned = self.after["processes"]
        return {
            label: count
            for label, (version, count) in sorted(self.serving.items())
            if count and planned.get(label, version) != version
        }

    @cached_property
    def apps(self) -> Mapping[str, int]:
        """App -> instances replaced, the fewest first."""
        counts: Counter[str] = Counter()
        for label, count in self.replaced.items():
            counts[_app(label)] += count
        return dict(sorted(counts.items(), key=lambda one: (one[1], one[0])))

    @cached_property
    def shared_edit(self) -> Mapping[str, str]:
        """Label -> version of what is new since the plan let through last, by no word of its own file."""
        return {
            label: version
            for label, version in sorted(self.after["processes"].items())
            if self.before is None or self._changed_by_others(label, self.before)
        }

    def _changed_by_others(self, label: str, before: Plan) -> bool:
        app = _app(label)
        same = before["processes"].get(label) == self.after["processes"][label]
        return not same and before["own"].get(app) == self.after["own"][app]

    @property
    def name(self) -> str:
        """Of exactly this edit, however far it is rolled out."""
        return f"plan-{_hash(f'{label} {version}' for label, version in self.shared_edit.items())}"

    def reaches_too_far(self, percent: int) -> bool:
        """Whether it replaces more than `percent` of what serves, in more than one app, by a shared edit."""
        if len(self.apps) == 1 or not self.replaced.keys() & self.shared_edit.keys():
            return False
        return self.instances * 100 > percent * self.total

    @property
    def instances(self) -> int:
        return sum(self.replaced.values())

    @property
    def total(self) -> int:
        return sum(count for _, count in self.serving.values())

    def causes(self, shared: Mapping[str, Said]) -> Iterator[str]:
        """The edits that many apps share; `shared`: of `after`, with lines."""
        if self.before is None:
            yield "what changed is not known: no plan of this fleet was kept before"
            return
        changed = [text for text, _ in changed_values(shared, self.before["shared"], self.after["shared"])]
        yield from changed or [BOOTSTRAP]

    @property
    def extent(self) -> str:
        """How much it replaces, in words."""
        named = list(self.apps)[:_NAMED_AT_MOST]
        more = len(self.apps) - len(named)
        apps = ", ".join([*named, f"{more} more"] if more else named)
        return f"{self.instances} of the {self.total} instances that serve, in {len(self.apps)} apps ({apps})"


def refusal(change: Change, shared: Mapping[str, Said], settings: Settings) -> Iterator[str]:
    """Why the change is stopped, and what to do; `shared`: with lines, what `change.after` keeps of it."""
    bound, stack = settings.origins.get("maxReplaced", "default"), settings.stack
    yield f"this update would replace {change.extent}; maxReplaced is {settings.max_replaced}% ({bound})"
    yield from (f"  because {cause}" for cause in change.causes(shared))
    yield "  nothing is launched, and what serves serves on"
    if settings.approved:
        yield f"  {settings.approved} ({settings.origin('approved')}) names another change"
    yield f"  next: one app first: make rollout STACK={stack} APP={next(iter(change.apps))}"
    yield f"  or all, by naming the change: pulumi config set approved {change.name} --stack {stack}"


def _app(label: str) -> str:
    return label.partition(".")[0]
