"""One app's file with what lies below and above it: its problems on every stack, its value on one."""

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Final

from manifest.app import App
from manifest.check import problem_at, told, validate
from manifest.counts import count_of
from manifest.document import Document, read_if_there
from manifest.layers import Layer, layer_of, merge
from manifest.model import AppFile, ProcessKeys
from manifest.origins import Origin, dotted
from manifest.problems import Problem, did_you_mean
from manifest.processes import effective, names_of, process_of
from manifest.rules import faults_of_process, faults_of_release
from manifest.settings import Settings, stack_file
from manifest.short import written_out

DEFAULTS: Final = "_defaults.yaml"


@dataclass(frozen=True)
class Surroundings:
    """What every app of a project lies in: its stack, the other stacks, and the defaults."""

    root: Path
    settings: Settings

    @cached_property
    def defaults(self) -> Document:
        return read_if_there(self.root, f"apps/{DEFAULTS}")

    @cached_property
    def stacks(self) -> list[str]:
        files = self.root.glob(stack_file("*"))
        return [path.name.removeprefix("Pulumi.").removesuffix(".yaml") for path in files]

    @cached_property
    def image(self) -> Layer:
        """What the stack says for files that say nothing."""
        image = self.settings.image_id
        origin = self.settings.origin("imageId")
        return Layer({"image_id": image}, {("image_id",): origin}) if image else Layer()

    def layers(self, file: Document, stack: str) -> list[Layer]:
        """The layers of an app as `stack` sees them, the weakest first, as they are written."""
        return [
            self.image if stack == self.settings.stack else Layer(),
            _plain("_defaults.yaml", self.defaults),
            _plain("app file", file),
            layer_of(f"environments.{stack}", self.defaults, ("environments", stack)),
            layer_of(f"environments.{stack}", file, ("environments", stack)),
        ]


def _plain(name: str, document: Document) -> Layer:
    layer = layer_of(name, document)
    data = {key: value for key, value in layer.data.items() if key != "environments"}
    return replace(layer, data=data)


class Reading:
    """An app's file, read for all stacks."""

    def __init__(self, around: Surroundings, file: Document) -> None:
        self.around = around
        self.file = file

    def problems(self) -> Iterator[Problem]:
        """Everything wrong with this app, on this stack and on every other that its file names."""
        yield from self.file.problems
        if self.file.problems or self.around.defaults.problems:
            return
        here = self.here.problems
        yield from here
        for stack in sorted(self.environments() - {self.around.settings.stack}):
            there = (problem for problem in self.on(stack).problems if problem not in here)
            yield from (replace(one, text=f"environments.{stack}: {one.text}") for one in there)
        yield from self.unknown_environments()

    @cached_property
    def here(self) -> "OnStack":
        return self.on(self.around.settings.stack)

    def on(self, stack: str) -> "OnStack":
        return OnStack(self.around, self.file, stack)

    def environments(self) -> set[str]:
        """The stacks that the files say something special for."""
        documents = (self.around.defaults, self.file)
        both = merge(layer_of("", document, ("environments",)) for document in documents)
        return {*both.data} & {*self.around.stacks}

    def unknown_environments(self) -> Iterator[Problem]:
        for document in (self.around.defaults, self.file):
            environments = document.data.get("environments", {})
            if not isinstance(environments, dict):
                line = document.lines["environments",]
                yield Problem(document.file, line, "environments: must be a map of stacks")
                continue
            for name in environments:
                if text := self._environment_fault(name, environments[name]):
                    line = document.lines["environments", name]
                    yield Problem(document.file, line, f"environments.{name}: {text}")

    def _environment_fault(self, name: str, value: object) -> str | None:
        if name not in self.around.stacks:
            return f"there is no {stack_file(name)}, so no such stack" + did_you_mean(
                name, self.around.stacks
            )
        return None if isinstance(value, dict | None) else "must be a map of keys"


class OnStack:
    """An app as one stack sees it."""

    def __init__(self, around: Surroundings, file: Document, stack: str) -> None:
        self.around = around
        self.file = file
        self.stack = stack
        written = [written_out(layer) for layer in around.layers(file, stack)]
        name = Layer({"name": Path(file.file).stem})
        self.layers = [name, *(_without_own(layer) for layer, _ in written)]
        self.merged = merge(self.layers)
        self.keys, found = validate(AppFile, self.merged, file.file)
        self.problems = [problem for _, problems in written for problem in problems] + found
        self.processes: Mapping[str, ProcessKeys] = {}
        if self.keys and not self.problems:
            self.processes = dict(self._judged(self.keys))
            self.problems += [*self._release_faults(self.keys), *self._image_fault()]

    def app(self, keys: AppFile) -> App:
        """The app as a value. Only for a file without problems."""
        settings = self.around.settings
        written = {
            dotted(path): (str(value), origin)
            for path, value, origin in _leaves(self.merged, self.merged.data, ())
        }
        processes = []
        for name, own in self.processes.items():
            count, origin = count_of(keys.name, name, own.count, settings)
            if origin:
                written[f"processes.{name}.count" if len(self.processes) > 1 else "count"] = (
                    str(count),
                    origin,
                )
            processes.append(process_of(keys.name, name, own, count, settings))
        if settings.subnets and not all(own.subnets for own in self.processes.values()):
            written["subnets"] = (str([*settings.subnets]), settings.origin("subnets"))
        return App(
            name=keys.name,
            source=self._source(keys),
            slug_url=keys.slug_url,
            slug_sha256=keys.slug_sha256,
            processes=tuple(processes),
            written=written,
        )

    def _judged(self, keys: AppFile) -> Iterator[tuple[str, ProcessKeys]]:
        """Each process with what it inherits; what is wrong in that joins the problems."""
        for name in names_of(keys):
            layer = effective(self.layers, name)
            own, problems = validate(ProcessKeys, layer, self.file.file)
            at = ("processes", name) if name in keys.processes else ()
            faults = faults_of_process(own) if own else iter(())
            self.problems += [*problems, *told(faults, layer, self.merged, at, self.file.file)]
            if own:
                yield name, own

    def _release_faults(self, keys: AppFile) -> Iterator[Problem]:
        yield from told(faults_of_release(keys), self.merged, self.merged, (), self.file.file)
        if (folder := self._source(keys)) and not os.path.isdir(folder):  # noqa: PTH112 - no error for a name that is too long
            text = f"there is no folder {keys.source} beside {self.file.file}"
            yield problem_at(self.merged, ("source",), text, self.file.file)

    def _image_fault(self) -> Iterator[Problem]:
        here = self.stack == self.around.settings.stack
        if here and not all(own.image_id for own in self.processes.values()):
            text = f"is missing; name one here or in {stack_file(self.stack)} as imageId"
            yield problem_at(self.merged, ("image_id",), text, self.file.file)

    def _source(self, keys: AppFile) -> Path | None:
        folder = (self.around.root / self.file.file).parent
        return (folder / keys.source).resolve() if keys.source else None


def _without_own(layer: Layer) -> Layer:
    """Without the keys that are people's own, for anchors."""
    return replace(layer, data={key: value for key, value in layer.data.items() if not key.startswith("x-")})


def _leaves(
    layer: Layer, data: object, at: tuple[str | int, ...]
) -> Iterable[tuple[tuple[str | int, ...], object, Origin]]:
    """Every value below `at` that is no map, with its path and origin."""
    if isinstance(data, dict):
        for key, value in data.items():
            yield from _leaves(layer, value, (*at, key))
    elif at in layer.origins:
        yield at, data, layer.origins[at]
