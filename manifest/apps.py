"""All apps of a stack: every file read, layered, checked, and resolved to frozen values."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from manifest.check import validate
from manifest.document import Document, read
from manifest.layers import Layer, layer_of, merge
from manifest.model import AppFile, Healthcheck
from manifest.names import name_fault
from manifest.origins import Origin, dotted
from manifest.problems import ManifestError, Problem, did_you_mean
from manifest.settings import Settings, stack_file

DEFAULTS: Final = "_defaults.yaml"
PROCESS: Final = "web"
"""The one process that the short form `cmd:` describes."""


@dataclass(frozen=True, kw_only=True)
class Process:
    """One command of an app, on instances of its own. Times are seconds."""

    app: str
    name: str
    cmd: str
    count: int
    port: int
    image_id: str
    instance_type: str
    key_name: str | None
    subnets: tuple[str, ...]
    env: Mapping[str, str]
    healthcheck: Healthcheck
    allow_from: tuple[str, ...]
    min_healthy_time: int
    healthy_deadline: int

    @property
    def label(self) -> str:
        """`hello.web`: the app and the process, as every name begins."""
        return f"{self.app}.{self.name}"


@dataclass(frozen=True, kw_only=True)
class App:
    """One release of one app. `source` is a folder, or else `slug_url` is set.

    `written`: each value that a layer wrote, by its dotted key, with where it was written.
    """

    name: str
    runtime: str
    source: Path | None
    slug_url: str | None
    slug_sha256: str | None
    processes: tuple[Process, ...]
    written: Mapping[str, tuple[str, Origin]]


def load_apps(root: Path, settings: Settings) -> tuple[App, ...]:
    """Every app of `root/apps` as the stack of `settings` runs it, in the order of their names.

    Raises ManifestError with all problems of all files, those of other stacks' `environments` included.
    """
    files = sorted(path.name for path in (root / "apps").glob("*.yaml") if path.name != DEFAULTS)
    defaults = (
        read(root, f"apps/{DEFAULTS}")
        if (root / "apps" / DEFAULTS).is_file()
        else Document(f"apps/{DEFAULTS}")
    )
    readings = [_Reading(root, settings, defaults, read(root, f"apps/{name}")) for name in files]
    problems = [*defaults.problems, *(problem for reading in readings for problem in reading.problems())]
    apps = [reading.app() for reading in readings] if not problems else []
    problems += [*_same_names(apps), *_unknown_counts(settings, [*apps], problems)]
    if problems:
        raise ManifestError(problems)
    return tuple(sorted(apps, key=lambda app: app.name))


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
        for stack in {self.settings.stack, *self.environments()}:
            layer = self.merged(stack)
            app, problems = validate(layer, self.file.file)
            yield from problems
            if app:
                yield from self.beyond_the_model(app, layer, stack)
        yield from self.unknown_environments()

    def environments(self) -> list[str]:
        both = merge(
            [layer_of("", self.defaults, ("environments",)), layer_of("", self.file, ("environments",))]
        )
        return sorted(both.data)

    def unknown_environments(self) -> Iterator[Problem]:
        stacks = [path.name.split(".")[1] for path in self.root.glob("Pulumi.*.yaml")]
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
            layer_of("_defaults.yaml", self.defaults),
            layer_of("app file", self.file),
            layer_of(f"environments.{stack}", self.defaults, ("environments", stack)),
            layer_of(f"environments.{stack}", self.file, ("environments", stack)),
        ]
        merged = merge(layers)
        own = {k: v for k, v in merged.data.items() if k != "environments" and not k.startswith("x-")}
        return replace(merged, data=own)

    def stack_defaults(self) -> Layer:
        if not self.settings.image_id:
            return Layer()
        return Layer({"image_id": self.settings.image_id}, {("image_id",): self.settings.origin("imageId")})

    def beyond_the_model(self, app: AppFile, layer: Layer, stack: str) -> Iterator[Problem]:
        if fault := name_fault(app.name):
            yield self.problem(layer, "name", fault)
        if app.source and not (self.path.parent / app.source).is_dir():
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
        count, origin = self.count(keys, written)
        if origin:
            written["count"] = (str(count), origin)
        return App(
            name=keys.name,
            runtime=keys.runtime,
            source=(self.path.parent / keys.source).resolve() if keys.source else None,
            slug_url=keys.slug_url,
            slug_sha256=keys.slug_sha256,
            processes=(_process(keys, count, self.settings),),
            written=written,
        )

    def count(self, keys: AppFile, written: Mapping[str, tuple[str, Origin]]) -> tuple[int, Origin | None]:
        """The stack's config beats every file."""
        match self.settings.counts.get(keys.name):
            case int() as count:
                return count, self.settings.origin(f"counts.{keys.name}")
            case {"web": int() as count}:
                return count, self.settings.origin(f"counts.{keys.name}.{PROCESS}")
            case _:
                return keys.count, written["count"][1] if "count" in written else None


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


def _leaves(
    layer: Layer, data: object, at: tuple[str | int, ...]
) -> Iterator[tuple[tuple[str | int, ...], object, Origin]]:
    """Every value below `at` that is no map, with its path and origin."""
    if isinstance(data, dict):
        for key, value in data.items():
            yield from _leaves(layer, value, (*at, key))
    elif at in layer.origins:
        yield at, data, layer.origins[at]


def _same_names(apps: list[App]) -> Iterator[Problem]:
    for n, app in enumerate(apps):
        for other in apps[:n]:
            if app.name == other.name:
                origin = app.written["cmd"][1]
                yield Problem(origin.file, 1, f"name: another file makes an app '{app.name}' too")


def _unknown_counts(settings: Settings, apps: list[App], problems: list[Problem]) -> Iterator[Problem]:
    """Names in `counts` that no app or process bears; not judged while a file with problems may hold them."""
    if problems:
        return
    known = {app.name: [process.name for process in app.processes] for app in apps}
    for name, count in settings.counts.items():
        origin = settings.origin(f"counts.{name}")
        if name not in known:
            yield Problem(
                origin.file, origin.line, f"counts.{name}: there is no such app" + did_you_mean(name, known)
            )
        elif isinstance(count, Mapping):
            for process in sorted({*count} - {*known[name]}):
                text = f"counts.{name}.{process}: there is no such process" + did_you_mean(
                    process, known[name]
                )
                yield Problem(origin.file, origin.line, text)
