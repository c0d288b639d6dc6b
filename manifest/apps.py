"""All apps of a stack: every file read, layered, checked, and resolved to frozen values."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from manifest.app import App
from manifest.counts import problems_of_counts
from manifest.problems import ManifestError, Problem, problem_at
from manifest.project import DEFAULTS, Project
from manifest.reading import Reading
from manifest.settings import Settings


def load_apps(root: Path, settings: Settings) -> tuple[App, ...]:
    """Every app of `root/apps` as the stack of `settings` runs it, in the order of their names.

    Raises ManifestError with all problems of all files, those of other stacks' `environments` included.
    """
    _refuse_strangers(root)
    project = Project(root, settings)
    names = sorted(path.name for path in (root / "apps").iterdir() if _is_app(path.name))
    readings = [Reading(project, name) for name in names if name != DEFAULTS]
    if problems := [*_problems(project, readings)]:
        raise ManifestError(problems)
    apps = [app for one in readings if (app := one.here.app())]
    if problems := [*_same_names(readings, apps), *problems_of_counts(settings, apps)]:
        raise ManifestError(problems)
    return tuple(sorted(apps, key=lambda app: app.name))


def _problems(project: Project, readings: Iterable[Reading]) -> Iterator[Problem]:
    yield from project.defaults.problems(project.stacks)
    for reading in readings:
        yield from reading.problems()


def _is_app(name: str) -> bool:
    return name.endswith(".yaml") and not name.startswith(".")


def _refuse_strangers(root: Path) -> None:
    """What would be passed over in silence, and its instances deleted. Raises ManifestError."""
    folder = root / "apps"
    if not folder.is_dir():
        raise ManifestError([Problem("apps", 0, "there is no such folder here; it holds a file per app")])
    faults = ((path, _fault(path)) for path in folder.iterdir())
    if problems := [Problem(f"apps/{path.name}", 0, fault) for path, fault in faults if fault]:
        raise ManifestError(problems)


def _fault(path: Path) -> str | None:
    if path.suffix != ".yaml" and path.suffix.lower() in {".yml", ".yaml"}:
        return "is not read; call it .yaml"
    if _is_app(path.name) and not path.is_file():
        return "is no file"
    if _is_app(path.name) and not path.name.isprintable():
        return "has a name that cannot be printed"
    return None


def _same_names(readings: Iterable[Reading], apps: Iterable[App]) -> Iterator[Problem]:
    first: dict[str, str] = {}
    for reading, app in zip(readings, apps, strict=True):
        file = reading.file.document.file
        if (other := first.setdefault(app.name, file)) != file:
            text = f"{other} and {file} both make an app '{app.name}'"
            yield problem_at(reading.here.merged.origins, ("name",), text, file)
