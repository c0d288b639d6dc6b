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
            yield settings.problem(key, f"there is no such app{did_you_mean(name, known)}")
        elif isinstance(count, Mapping):
            for process in count.keys() - {*known[name]}:
                text = f"there is no such process{did_you_mean(process, known[name])}"
                yield settings.problem(f"{key}.{process}", text)
        elif len(known[name]) > 1:
            yield settings.problem(key, _several(known[name], count, key))


def _several(processes: list[str], count: int, key: str) -> str:
    command = f"pulumi config set --path {key}.{processes[0]} {count}"
    return f"the app has several processes ({', '.join(processes)}); say which: {command}"
