"""What a change of an app does and why, in a line or two. Pure."""

from collections.abc import Iterator, Mapping
from typing import Any

from manifest import App

Accepted = Mapping[str, Any]
"""See fleet.accepted.accepted_of: slug, values, origins, and per process count, type, version, script."""

_REPLACES_NOTHING = frozenset({"count", "allow_from", "deploy.healthy_deadline"})
"""Keys that are in no version."""


def explain(app: App, old: Accepted | None, new: Accepted) -> Iterator[str]:
    """Lines about what `new` changes; `old` is None for an app that was never accepted."""
    if old is None:
        yield from (_first(app, name, process) for name, process in new["processes"].items())
        return
    causes = list(_causes(app, old, new))
    effects = [
        effect
        for name, process in new["processes"].items()
        if (effect := _effect(name, old["processes"].get(name), process))
    ]
    if effects or causes:
        yield f"app {app.name}: {'; '.join(effects) or 'no instance is replaced'}"
    if any(" replaced" in effect for effect in effects) and not any(replaces for _, replaces in causes):
        causes.append(("bootstrap: what every machine gets has changed", True))
    yield from (f"app {app.name}:   because {cause}" for cause, _ in causes)


def _first(app: App, name: str, process: Mapping[str, str]) -> str:
    return f"app {app.name}: new: {name} {_amount(process)}, version {process['version']}, {_size(process)}"


def _effect(name: str, old: Mapping[str, str] | None, new: Mapping[str, str]) -> str | None:
    if old is None:
        return f"{name} is new: {_amount(new)}"
    before, after = int(old["count"]), int(new["count"])
    if old["version"] != new["version"]:
        return (
            f"{name}: {before} of version {old['version']} replaced by {after} of {new['version']}, "
            f"each proved before an old one goes (at most {before + after} at once), {_size(new)}"
        )
    if before != after:
        return f"{name}: {before} -> {after} instances, version {new['version']} stays"
    return None


def _causes(app: App, old: Accepted, new: Accepted) -> Iterator[tuple[str, bool]]:
    """Each changed value, and whether it replaces instances."""
    for key in sorted({*old["values"], *new["values"]}):
        before, after = old["values"].get(key), new["values"].get(key)
        if before == after:
            continue
        where = str(app.written[key][1]) if key in app.written else f"no longer in {old['origins'].get(key)}"
        yield f"{key}: {_shown(before)} -> {_shown(after)} ({where})", key not in _REPLACES_NOTHING
    if old.get("slug") and new["slug"] and old["slug"] != new["slug"]:
        source = app.written["source"][0]
        yield f"the slug's content: {old['slug'][:8]} -> {new['slug'][:8]} ({source})", True


def _shown(value: object) -> str:
    return "default" if value is None else repr(value)


def _amount(process: Mapping[str, str]) -> str:
    return f"{process['count']} x {process['type']}"


def _size(process: Mapping[str, str]) -> str:
    return f"script {len(process['script'].encode()) / 1024:.1f} KiB"
