"""One version of an app: all that is plainly known of it before anything is declared."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from bootstrap import Script, Slug, render, slug_of
from manifest import App, ManifestError, Problem, Settings


@dataclass(frozen=True, kw_only=True)
class Release:
    """An app with its slug and each process's script."""

    app: App
    slug: Slug
    scripts: Mapping[str, Script]


def releases_of(apps: Iterable[App], settings: Settings) -> list[Release]:
    """Packs every slug and renders every script. Raises ManifestError with the problems of all of them."""
    releases: list[Release] = []
    problems: list[Problem] = []
    for app in apps:
        try:
            releases.append(_release(app, settings))
        except ManifestError as error:
            problems += error.problems
    if problems:
        raise ManifestError(problems)
    return releases


def _release(app: App, settings: Settings) -> Release:
    slug = slug_of(app, settings)
    scripts = {process.name: render(process, slug, settings) for process in app.processes}
    return Release(app=app, slug=slug, scripts=scripts)
