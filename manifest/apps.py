"""All apps of a stack: every file read, layered, checked, and resolved to frozen values."""

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Final

from manifest.app import App, Process
from manifest.check import validate
from manifest.document import Document, read, read_if_there
from manifest.layers import Layer, layer_of, merge
from manifest.model import AppFile
from manifest.origins import Origin, dotted
from manifest.problems import ManifestError, Problem, did_you_mean
from manifest.settings import Settings, stack_file

DEFAULTS: Final = "_defaults.yaml"
PROCESS: Final = "web"
"""The one process that the short form `cmd:` describes."""


def load_apps(root: Path, settings: Settings) -> tuple[App, ...]:
    """Every app of `root/apps` as the stack of `settings` runs it, in the order of their names.

    Raises ManifestError with all problems of all files, those of other stacks' `environments` included.
    """
    _refuse_strangers(root)
    names = sorted(path.name for path in (root / "apps").iterdir() if _is_app(path.name))
    defaults = read_if_there(root, f"apps/{DEFAULTS}")
    files = [read(root, f"apps/{name}") for name in names if name != DEFAULTS]
    readings = [_Reading(root, settings, defaults, file) for file in files]
    problems = [*defaults.problems, *(problem for reading in readings for problem in reading.problems())]
    apps = [] if problems else [reading.app() for reading in readings]
    if problems := problems or [*_same_names(readings, apps), *_unknown_counts(settings, apps)]:
        raise ManifestError(problems)
    return tuple(sorted(apps, key=lambda app: app.name))


def _is_app(name: str) -> bool:
    return name.endswith(".yaml") and not name.startswith(".")


def _refuse_strangers(root: Path) -> None:
    """What would be passed over in silence, and its instances deleted. Raises ManifestError."""
    folder = root / "apps"
    if not folder.is_dir():
        raise ManifestError([Problem("apps", 0, "there is no such folder here; it holds a file per app")])
    problems = [
        Problem(
            f"apps/{path.name}", 0, "is no file" if path.suffix == ".yaml" else "is not read; call it .yaml"
        )
        for path in folder.iterdir()
        if path.suffix == ".yml" or (_is_app(path.name) and not path.is_file())
    ]
    if problems:
        raise ManifestError(problems)


class _Reading:
    """One app's file with what lies below and above it."""

    def __init__(self, root: Path, settings: Settings, defaults: Document, file: Document) -> None:
        self.root = root
        self.settings = settings
        self.defaults = defaults
        self.file = file
        self.path = root / file.file

    def problems(self) -> Iterator[Problem]:
        """Everything wrong with this app, on this stack and on every other that its file names."""
        yield from self.file.problems
        if self.file.problems or self.defaults.problems:
            return
        here = [*self.problems_on(self.settings.stack)]
        yield from here
        for stack in sorted(self.environments() - {self.settings.stack}):
            there = (problem for problem in self.problems_on(stack) if problem not in here)
            yield from (replace(one, text=f"environments.{stack}: {one.text}") for one in there)
        yield from self.unknown_environments()

    def problems_on(self, stack: str) -> Iterator[Problem]:
        layer = self.merged(stack)
        app, problems = validate(layer, self.file.file)
        yield from problems
        if app:
            yield from self.beyond_the_model(app, layer, stack)

    def stacks(self) -> list[str]:
        files = self.root.glob(stack_file("*"))
        return [path.name.removeprefix("Pulumi.").removesuffix(".yaml") for path in files]

    def environments(self) -> set[str]:
        """The stacks that the files say something special for."""
        both = merge(layer_of("", file, ("environments",)) for file in (self.defaults, self.file))
        return {*both.data} & {*self.stacks()}

    def unknown_environments(self) -> Iterator[Problem]:
        stacks = self.stacks()
        for document in (self.defaults, self.file):
            environments = document.data.get("environments", {})
            if not isinstance(environments, dict):
                yield Problem(
                    document.file, document.lines["environments",], "environments: must be a map of stacks"
                )
                continue
            for name in environments:
                line = document.lines["environments", name]
                if name not in stacks:
                    text = f"there is no {stack_file(name)}, so no such stack" + did_you_mean(name, stacks)
                    yield Problem(document.file, line, f"environments.{name}: {text}")
                elif not isinstance(environments[name], dict | None):
                    yield Problem(document.file, line, f"environments.{name}: must be a map of keys")

    def merged(self, stack: str) -> Layer:
        """The layers of app-file keys as `stack` sees them, the weakest first."""
        layers = [
            Layer({"name": Path(self.file.file).stem}),
            self.stack_defaults() if stack == self.settings.stack else Layer(),
            _without_environments(layer_of("_defaults.yaml", self.defaults)),
            _without_environments(layer_of("app file", self.file)),
            layer_of(f"environments.{stack}", self.defaults, ("environments", stack)),
            layer_of(f"environments.{stack}", self.file, ("environments", stack)),
        ]
        merged = merge(layers)
        return replace(merged, data={k: v for k, v in merged.data.items() if not k.startswith("x-")})

    def stack_defaults(self) -> Layer:
        if not self.settings.image_id:
            return Layer()
        return Layer({"image_id": self.settings.image_id}, {("image_id",): self.settings.origin("imageId")})

    def beyond_the_model(self, app: AppFile, layer: Layer, stack: str) -> Iterator[Problem]:
        if app.source and not os.path.isdir(self.path.parent / app.source):  # noqa: PTH112 - is_dir may raise
            yield self.problem(layer, "source", f"there is no folder {app.source} beside {self.file.file}")
        if stack == self.settings.stack and not app.image_id:
            yield self.problem(
                layer, "image_id", f"is missing; name one here or in {stack_file(stack)} as imageId"
            )

    def problem(self, layer: Layer, key: str, text: str) -> Problem:
        origin = layer.origins.get((key,))
        return Problem(
            origin.file if origin else self.file.file, origin.line if origin else 1, f"{key}: {text}"
        )

    def app(self) -> App:
        """The app on this stack. Only for a file without problems."""
        layer = self.merged(self.settings.stack)
        keys = AppFile.model_validate(layer.data)
        written = {
            dotted(path): (str(value), origin) for path, value, origin in _leaves(layer, layer.data, ())
        }
        count, origin = self.count(keys)
        if origin:
            written["count"] = (str(count), origin)
        if self.settings.subnets and not keys.subnet:
            written["subnets"] = (str([*self.settings.subnets]), self.settings.origin("subnets"))
        return App(
            name=keys.name,
            runtime=keys.runtime,
            source=(self.path.parent / keys.source).resolve() if keys.source else None,
            slug_url=keys.slug_url,
            slug_sha256=keys.slug_sha256,
            processes=(_process(keys, count, self.settings),),
            written=written,
        )

    def count(self, keys: AppFile) -> tuple[int, Origin | None]:
        """The stack's config beats every file; the origin where it does."""
        match self.settings.counts.get(keys.name):
            case int() as count:
                return count, self.settings.origin(f"counts.{keys.name}")
            case {"web": int() as count}:
                return count, self.settings.origin(f"counts.{keys.name}.{PROCESS}")
            case _:
                return keys.count, None


def _process(keys: AppFile, count: int, settings: Settings) -> Process:
    return Process(
        app=keys.name,
        name=PROCESS,
        cmd=keys.cmd,
        count=count,
        port=keys.port,
        image_id=keys.image_id or "",
        instance_type=keys.instance_type,
        key_name=keys.key_name,
        subnets=(keys.subnet,) if keys.subnet else settings.subnets,
        env=keys.env,
        healthcheck=keys.healthcheck,
        allow_from=keys.allow_from,
        min_healthy_time=keys.deploy.min_healthy_time,
        healthy_deadline=keys.deploy.healthy_deadline,
    )


def _without_environments(layer: Layer) -> Layer:
    return replace(layer, data={key: value for key, value in layer.data.items() if key != "environments"})


def _leaves(
    layer: Layer, data: object, at: tuple[str | int, ...]
) -> Iterator[tuple[tuple[str | int, ...], object, Origin]]:
    """Every value below `at` that is no map, with its path and origin."""
    if isinstance(data, dict):
        for key, value in data.items():
            yield from _leaves(layer, value, (*at, key))
    elif at in layer.origins:
        yield at, data, layer.origins[at]


def _same_names(readings: list[_Reading], apps: list[App]) -> Iterator[Problem]:
    first: dict[str, str] = {}
    for reading, app in zip(readings, apps, strict=True):
        file = reading.file.file
        if (other := first.setdefault(app.name, file)) != file:
            line = reading.file.lines.get(("name",), 1)
            yield Problem(file, line, f"name: {other} makes an app '{app.name}' too")


def _unknown_counts(settings: Settings, apps: list[App]) -> Iterator[Problem]:
    """Names in `counts` that no app or process bears."""
    known = {app.name: [process.name for process in app.processes] for app in apps}
    for name, count in settings.counts.items():
        if name not in known:
            yield _no_such("app", name, known, settings.origin(f"counts.{name}"), f"counts.{name}")
        for process in count if isinstance(count, Mapping) and name in known else ():
            if process not in known[name]:
                key = f"counts.{name}.{process}"
                yield _no_such("process", process, known[name], settings.origin(key), key)


def _no_such(kind: str, name: str, known: Iterable[str], origin: Origin, key: str) -> Problem:
    return Problem(origin.file, origin.line, f"{key}: there is no such {kind}{did_you_mean(name, known)}")
