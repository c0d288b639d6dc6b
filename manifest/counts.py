"""The stack's `counts` against the apps: the config beats every file, so a name in it must mean something."""

from collections.abc import Iterable, Iterator, Mapping

from manifest.app import App
from manifest.origins import Origin
from manifest.problems import Problem, did_you_mean
from manifest.settings import Settings


def count_of(app: str, process: str, written: int, settings: Settings) -> tuple[int, Origin | None]:
    """How many instances, and where the stack's config says so; None where the files decide."""
    match settings.counts.get(app):
        case int() as count:
            return count, settings.origin(f"counts.{app}")
        case Mapping() as counts if process in counts:
            return counts[process], settings.origin(f"counts.{app}.{process}")
        case _:
            return written, None


def problems_of_counts(settings: Settings, apps: Iterable[App]) -> Iterator[Problem]:
    """Names that no app or process bears, and one number for several processes."""
    known = {app.name: [process.name for process in app.processes] for app in apps}
    for name, count in settings.counts.items():
        key = f"counts.{name}"
        if name not in known:
            yield _no_such("app", name, known, settings.origin(key), key)
        elif isinstance(count, Mapping):
            for process in count.keys() - {*known[name]}:
                below = f"{key}.{process}"
                yield _no_such("process", process, known[name], settings.origin(below), below)
        elif len(known[name]) > 1:
            yield _several(known[name], count, settings.origin(key), key)


def _no_such(kind: str, name: str, known: Iterable[str], origin: Origin, key: str) -> Problem:
    return Problem(origin.file, origin.line, f"{key}: there is no such {kind}{did_you_mean(name, known)}")


def _several(processes: list[str], count: int, origin: Origin, key: str) -> Problem:
    choices = ", ".join(processes)
    command = f"pulumi config set --path {key}.{processes[0]} {count}"
    text = f"{key}: the app has several processes ({choices}); say which: {command}"
    return Problem(origin.file, origin.line, text)
