"""What a change of an app does and why, in a few lines. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, NotRequired, TypedDict, cast

from bootstrap import SCRIPT_MAX
from manifest import App, Origin, Said


class Values(TypedDict):
    """What layers wrote, by dotted key, and in which layer and file each stands."""

    values: Mapping[str, str]
    origins: Mapping[str, str]


class ProcessOf(TypedDict):
    """What is kept of a process. `waves`: in words; `type`: of its instances."""

    count: str
    waves: str
    type: str
    version: str
    script: str


class Accepted(Values):
    """What fleet.accepted keeps of an app. Every number is text, for numbers come back as floats.

    `slug`: the sha256 of a packed one; a state gives None back as nothing. `vcpus`: of one instance of each
    process, where AWS told; left out where nobody asks it (pipeline).
    """

    slug: NotRequired[str | None]
    processes: Mapping[str, ProcessOf]
    vcpus: NotRequired[Mapping[str, str]]


_NOTHING: Final[Accepted] = {"values": {}, "origins": {}, "processes": {}}

_REPLACES_NOTHING: Final = frozenset(
    {
        *("count", "allow_from", "tags"),
        *("deploy.canary", "deploy.max_parallel", "deploy.healthy_deadline"),
    }
)
"""Keys that are in no version."""

BOOTSTRAP: Final = "bootstrap: what every machine gets has changed"


def explain(app: App, old: Mapping[str, Any] | None, new: Mapping[str, Any]) -> Iterator[str]:
    """Lines about what `new` changes; `old` is None for an app that was never accepted.

    Both are Accepted, as a state or another commit's program gives them back.
    """
    return _explained(app, cast("Accepted | None", old), cast("Accepted", new))


def _explained(app: App, old: Accepted | None, new: Accepted) -> Iterator[str]:
    if old is None:
        yield from (_first(app, name, process) for name, process in sorted(new["processes"].items()))
        yield from _peak(app, _NOTHING, new)
        return
    causes = list(_causes(app, old, new))
    effects = [*_effects(old["processes"], new["processes"])]
    if effects or causes:
        yield f"app {app.name}: {'; '.join(effects) or 'no instance is replaced'}"
    yield from _peak(app, old, new)
    if _any_replaced(old["processes"], new["processes"]) and not any(replaces for _, replaces in causes):
        causes.append((BOOTSTRAP, True))
    yield from (f"app {app.name}:   because {cause}" for cause, _ in causes)


def _first(app: App, name: str, process: ProcessOf) -> str:
    what = f"{name} {_amount(process)} of version {process['version']}"
    return f"app {app.name}: new: {what}{_waves(process)}{_size(process)}"


def _effects(old: Mapping[str, ProcessOf], new: Mapping[str, ProcessOf]) -> Iterator[str]:
    for name, process in sorted(new.items()):
        if effect := _effect(name, old.get(name), process):
            yield effect
    yield from (f"{name} goes: {_amount(old[name])}" for name in sorted(old.keys() - new.keys()))


def _effect(name: str, old: ProcessOf | None, new: ProcessOf) -> str | None:
    if old is None:
        return f"{name} is new: {_amount(new)}{_waves(new)}"
    before, after, version = old["count"], new["count"], new["version"]
    if old["version"] == version:
        return f"{name}: {before} -> {after} instances, version {version} stays" if before != after else None
    if not _replaced(old, new):
        return f"{name}: {before} -> {after} instances{_waves(new)}" if before != after else None
    return (
        f"{name}: {before} of version {old['version']} replaced by {after} of {version}"
        f"{_waves(new)}{_size(new)}"
    )


def _any_replaced(old: Mapping[str, ProcessOf], new: Mapping[str, ProcessOf]) -> bool:
    return any(_replaced(old[name], new[name]) for name in old.keys() & new.keys())


def _replaced(old: ProcessOf, new: ProcessOf) -> bool:
    """Where there was or will be no instance, none is replaced."""
    return old["version"] != new["version"] and "0" not in (old["count"], new["count"])


def _peak(app: App, old: Accepted, new: Accepted) -> Iterator[str]:
    """What runs at once when the last new one is proved, for all that is old goes after that.

    Said of a new app, and where it is more than runs before or after.
    """
    names = old["processes"].keys() | new["processes"].keys()
    instances, vcpus = _sum(_at_once(name, old, new) for name in names)
    usual = max(_sum(_running(name, one) for name in names) for one in (old, new))
    is_new = old is _NOTHING
    if is_new or (instances, vcpus) > usual:
        together = "" if is_new else ", since no old one goes before every new one is proved"
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
    return count, count * int(_vcpus(accepted).get(name, 0))


def _tells_vcpus(accepted: Accepted) -> bool:
    """Whether AWS told, when this was written, those of every type that runs."""
    running = [name for name, process in accepted["processes"].items() if process["count"] != "0"]
    return all(name in _vcpus(accepted) for name in running)


def _vcpus(accepted: Accepted) -> Mapping[str, str]:
    return accepted.get("vcpus", {})


def _has(name: str, accepted: Accepted) -> bool:
    return name in accepted["processes"]


def _causes(app: App, old: Accepted, new: Accepted) -> Iterator[tuple[str, bool]]:
    """Each changed value, and whether it replaces instances."""
    yield from _changed_values(app.written, old, new)
    before, after = old.get("slug"), new.get("slug")
    if before and after and before != after:
        source = app.written["source"].value
        yield f"the slug's content: {before[:8]} -> {after[:8]} ({source})", True


def values_of(written: Mapping[str, Said]) -> Values:
    """What explains a later change. Lines are left out: a comment added above a key is no change."""
    return {
        "values": {key: said.value for key, said in written.items()},
        "origins": {key: f"{said.origin.layer}, {said.origin.file}" for key, said in written.items()},
    }


def _changed_values(written: Mapping[str, Said], old: Values, new: Values) -> Iterator[tuple[str, bool]]:
    """Each value that differs, in words, and whether it replaces instances."""
    for key in sorted({*old["values"], *new["values"]}):
        before, after = old["values"].get(key), new["values"].get(key)
        if before != after:
            at = where(written[key].origin) if key in written else _no_longer(old["origins"][key])
            yield f"{key}: {_shown(before)} -> {_shown(after)} ({at})", replaces(key)


def _no_longer(origin: str) -> str:
    return f"no longer in {origin.rpartition(', ')[2]}"


def where(origin: Origin) -> str:
    """File and line; the layer alone where it has no line, for then the file does not hold it."""
    return origin.place if origin.line else origin.layer


def replaces(key: str) -> bool:
    """Whether the key's value is in a version.

    Of `processes.web.count` the end counts, of `tags.team` the beginning.
    """
    own = _of_process(key)
    return not {own, own.partition(".")[0]} & _REPLACES_NOTHING


def is_count(key: str) -> bool:
    """Whether the key's value says how many instances there are: it replaces none, but may end some."""
    return _of_process(key) == "count"


def _of_process(key: str) -> str:
    return key.split(".", 2)[2] if key.startswith("processes.") else key


def _shown(value: str | None) -> str:
    return "default" if value is None else repr(value)


def _amount(process: ProcessOf) -> str:
    return f"{process['count']} x {process['type']}"


def _waves(process: ProcessOf) -> str:
    return f", started {process['waves']}" if process["waves"] else ""


def _size(process: ProcessOf) -> str:
    """Said where AWS soon takes it compressed only."""
    size = len(process["script"].encode())
    return f", script {size / 1024:.1f} KiB" if size * 4 > SCRIPT_MAX * 3 else ""
