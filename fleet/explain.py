"""What a change of an app does and why, in a few lines. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from manifest import App, Said

Accepted = Mapping[str, Any]
"""What fleet.accepted keeps of an app: slug, values, origins, vcpus per process, and of each process in
`processes` count, waves, type, version and script. Every number is text.
"""

_REPLACES_NOTHING: Final = frozenset(
    {
        *("count", "allow_from", "tags"),
        *("deploy.canary", "deploy.max_parallel", "deploy.healthy_deadline"),
    }
)
"""Keys that are in no version."""

BOOTSTRAP: Final = "bootstrap: what every machine gets has changed"


def explain(app: App, old: Accepted | None, new: Accepted) -> Iterator[str]:
    """Lines about what `new` changes; `old` is None for an app that was never accepted."""
    if old is None:
        yield from (_first(app, name, process) for name, process in sorted(new["processes"].items()))
        yield from _peak(app, {}, new)
        return
    causes = list(_causes(app, old, new))
    effects = [*_effects(old["processes"], new["processes"])]
    if effects or causes:
        yield f"app {app.name}: {'; '.join(effects) or 'no instance is replaced'}"
    yield from _peak(app, old, new)
    if _any_replaced(old["processes"], new["processes"]) and not any(replaces for _, replaces in causes):
        causes.append((BOOTSTRAP, True))
    yield from (f"app {app.name}:   because {cause}" for cause, _ in causes)


def _first(app: App, name: str, process: Mapping[str, Any]) -> str:
    what = f"{name} {_amount(process)}{_waves(process)}, version {process['version']}"
    return f"app {app.name}: new: {what}, {_size(process)}"


def _effects(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[str]:
    for name, process in sorted(new.items()):
        if effect := _effect(name, old.get(name), process):
            yield effect
    yield from (f"{name} goes: {_amount(old[name])}" for name in sorted(old.keys() - new.keys()))


def _effect(name: str, old: Mapping[str, Any] | None, new: Mapping[str, Any]) -> str | None:
    if old is None:
        return f"{name} is new: {_amount(new)}{_waves(new)}"
    before, after, version = old["count"], new["count"], new["version"]
    if old["version"] == version:
        return f"{name}: {before} -> {after} instances, version {version} stays" if before != after else None
    if not _replaced(old, new):
        return f"{name}: {before} -> {after} instances{_waves(new)}" if before != after else None
    return (
        f"{name}: {before} of version {old['version']} replaced by {after} of {version}"
        f"{_waves(new)}, {_size(new)}"
    )


def _any_replaced(old: Mapping[str, Any], new: Mapping[str, Any]) -> bool:
    return any(_replaced(old[name], new[name]) for name in old.keys() & new.keys())


def _replaced(old: Mapping[str, Any], new: Mapping[str, Any]) -> bool:
    """Where there was or will be no instance, none is replaced."""
    return old["version"] != new["version"] and "0" not in (old["count"], new["count"])


def _peak(app: App, old: Accepted, new: Accepted) -> Iterator[str]:
    """What runs at once when the last new one is proved, for all that is old goes after that.

    Said of a new app, and where it is more than runs before or after.
    """
    names = old.get("processes", {}).keys() | new["processes"].keys()
    instances, vcpus = _sum(_at_once(name, old, new) for name in names)
    usual = max(_sum(_running(name, one) for name in names) for one in (old, new))
    if not old or (instances, vcpus) > usual:
        together = ", since no old one goes before every new one is proved" if old else ""
        noun = "instance" if instances == 1 else "instances"
        power = f" ({vcpus} vCPU)" if _tells_vcpus(old) and _tells_vcpus(new) else ""
        yield f"app {app.name}:   at most {instances} {noun}{power} at once{together}"


def _sum(running: Iterable[tuple[int, int]]) -> tuple[int, int]:
    instances, vcpus = zip(*running, strict=True)
    return sum(instances), sum(vcpus)


def _at_once(name: str, old: Accepted, new: Accepted) -> tuple[int, int]:
    """Instances and vCPUs of a process: of both versions, or the more of the one that stays."""
    before, after = _running(name, old), _running(name, new)
    versions = {accepted["processes"][name]["version"] for accepted in (old, new) if _has(name, accepted)}
    return max(before, after) if len(versions) == 1 else (before[0] + after[0], before[1] + after[1])


def _running(name: str, accepted: Accepted) -> tuple[int, int]:
    if not _has(name, accepted):
        return 0, 0
    count = int(accepted["processes"][name]["count"])
    return count, count * int(accepted.get("vcpus", {}).get(name, 0))


def _tells_vcpus(accepted: Accepted) -> bool:
    """Whether AWS told, when this was written, those of every type that runs."""
    processes = accepted.get("processes", {})
    return all(name in accepted.get("vcpus", {}) for name, one in processes.items() if one["count"] != "0")


def _has(name: str, accepted: Accepted) -> bool:
    return name in accepted.get("processes", {})


def _causes(app: App, old: Accepted, new: Accepted) -> Iterator[tuple[str, bool]]:
    """Each changed value, and whether it replaces instances."""
    yield from changed_values(app.written, old, new)
    if old.get("slug") and new["slug"] and old["slug"] != new["slug"]:
        source = app.written["source"][0]
        yield f"the slug's content: {old['slug'][:8]} -> {new['slug'][:8]} ({source})", True


def kept_values(written: Mapping[str, Said]) -> Mapping[str, Any]:
    """What explains a later change. Lines are left out: a comment added above a key is no change."""
    return {
        "values": {key: value for key, (value, _) in written.items()},
        "origins": {key: f"{origin.layer}, {origin.file}" for key, (_, origin) in written.items()},
    }


def changed_values(
    written: Mapping[str, Said], old: Mapping[str, Any], new: Mapping[str, Any]
) -> Iterator[tuple[str, bool]]:
    """Each value that differs between two `kept_values`, in words, and whether it replaces instances."""
    for key in sorted({*old["values"], *new["values"]}):
        before, after = old["values"].get(key), new["values"].get(key)
        if before == after:
            continue
        where = str(written[key][1]) if key in written else f"no longer in {old['origins'].get(key)}"
        yield f"{key}: {_shown(before)} -> {_shown(after)} ({where})", replaces(key)


def replaces(key: str) -> bool:
    """Whether the key's value is in a version.

    Of `processes.web.count` the end counts, of `tags.team` the beginning.
    """
    own = key.split(".", 2)[2] if key.startswith("processes.") else key
    return not {own, own.partition(".")[0]} & _REPLACES_NOTHING


def _shown(value: object) -> str:
    return "default" if value is None else repr(value)


def _amount(process: Mapping[str, Any]) -> str:
    return f"{process['count']} x {process['type']}"


def _waves(process: Mapping[str, Any]) -> str:
    """Said where there is more than one."""
    waves = process["waves"]
    return f" in waves of {waves}" if waves not in ("", process["count"]) else ""


def _size(process: Mapping[str, Any]) -> str:
    return f"script {len(process['script'].encode()) / 1024:.1f} KiB"
