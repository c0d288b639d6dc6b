"""An app's file among the layers of its project: its problems on every stack, its value on one."""

import os
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cached_property
from itertools import chain
from pathlib import Path

from manifest.app import App, Said
from manifest.counts import count_of
from manifest.document import read
from manifest.file import File
from manifest.layers import Layer, leaves, merge
from manifest.model import AppFile, ProcessKeys
from manifest.origins import Places, dotted
from manifest.problems import Problem, problem_at
from manifest.processes import effective, names_of, process_of
from manifest.project import Project
from manifest.rules import faults_of_process, faults_of_release
from manifest.settings import Settings, stack_file
from manifest.short import WEB
from manifest.validate import problems_of, validate


class Reading:
    """An app's file, read for all stacks."""

    def __init__(self, project: Project, name: str) -> None:
        self.project = project
        self.file = File("app file", read(project.root, f"apps/{name}"))

    def problems(self) -> Iterator[Problem]:
        """Everything wrong with this app, on this stack and on every other that its files name."""
        yield from self.file.problems(self.project.stacks)
        if self.file.document.problems or self.project.defaults.document.problems:
            return
        yield from self.here.problems
        for stack in sorted(self._named_stacks() - {self.project.settings.stack}):
            there = (one for one in self._on(stack).problems if one not in self.here.problems)
            yield from (replace(one, text=f"environments.{stack}: {one.text}") for one in there)

    @cached_property
    def here(self) -> "OnStack":
        """As the stack at hand sees it."""
        return self._on(self.project.settings.stack)

    def _on(self, stack: str) -> "OnStack":
        return OnStack(self.project, self.file, stack)

    def _named_stacks(self) -> frozenset[str]:
        return self.project.stacks & {*self.project.defaults.environments, *self.file.environments}


class OnStack:
    """An app as one stack sees it."""

    def __init__(self, project: Project, file: File, stack: str) -> None:
        self.project = project
        self.file = file.document.file
        self.stack = stack
        layers, said_twice = zip(*project.layers(file, stack), strict=True)
        self.layers = [layer for layer in layers if layer.data]
        self.merged = merge(self.layers)
        self.keys, problems = validate(AppFile, self.merged, self.file)
        self.problems_of_each_key = [*chain.from_iterable(said_twice), *problems]

    @cached_property
    def problems(self) -> list[Problem]:
        """Everything wrong; what keys are together only where each is right."""
        if not self.keys or self.problems_of_each_key:
            return self.problems_of_each_key
        of_processes = chain.from_iterable(problems for _, problems in self.processes.values())
        of_release = [*self._problems_of_release(self.keys), *self._problem_of_port(self.keys)]
        return [*of_processes, *of_release, *self._problem_of_image()]

    @cached_property
    def processes(self) -> Mapping[str, tuple[ProcessKeys | None, list[Problem]]]:
        """Each process with all that it inherits, or with what is wrong in that."""
        return {name: self._judged(name, self.keys) for name in self.effective} if self.keys else {}

    @cached_property
    def effective(self) -> Mapping[str, Layer]:
        """All that the layers say of each process."""
        return {name: effective(self.layers, name) for name in names_of(self.keys)} if self.keys else {}

    def _judged(self, name: str, keys: AppFile) -> tuple[ProcessKeys | None, list[Problem]]:
        layer = self.effective[name]
        own, problems = validate(ProcessKeys, layer, self.file)
        at = ("processes", name) if name in keys.processes else ()
        faults = faults_of_process(own) if own else ()
        return own, [*problems, *problems_of(faults, layer, self.merged, at, self.file)]

    def _problems_of_release(self, keys: AppFile) -> Iterator[Problem]:
        yield from problems_of(faults_of_release(keys), self.merged, self.merged, (), self.file)
        if (folder := self._source(keys)) and not os.path.isdir(folder):  # noqa: PTH112 - no error for a name that is too long
            text = f"there is no folder {keys.source} beside {self.file}"
            yield problem_at(self.merged.origins, ("source",), text, self.file)

    def _problem_of_port(self, keys: AppFile) -> Iterator[Problem]:
        """One that the defaults name for all may find no web here; one of the app's own file is meant."""
        origin = self.merged.origins.get(("port",))
        if origin and origin.file == self.file and WEB not in names_of(keys):
            text = f"is short for processes.{WEB}.port, and the app has no process {WEB}; say whose it is"
            yield problem_at(self.merged.origins, ("port",), text, self.file)

    def _problem_of_image(self) -> Iterator[Problem]:
        here = self.stack == self.project.settings.stack
        if here and not all(own.image_id for own, _ in self.processes.values() if own):
            text = f"is missing; name one here or in {stack_file(self.stack)} as imageId"
            yield problem_at(self.merged.origins, ("image_id",), text, self.file)

    def _source(self, keys: AppFile) -> Path | None:
        if not keys.source:
            return None
        return Path(os.path.realpath(self.project.root / "apps" / keys.source))  # resolve() fails at a circle

    def app(self) -> App | None:
        """The app as a value; None where something is wrong with it."""
        return self._app(self.keys) if self.keys and not self.problems else None

    def _app(self, keys: AppFile) -> App:
        settings = self.project.settings
        owns = {name: own for name, (own, _) in self.processes.items() if own}
        return App(
            name=keys.name,
            source=self._source(keys),
            slug_url=keys.slug_url,
            slug_sha256=keys.slug_sha256,
            processes=tuple(
                process_of(keys.name, name, own, self._places(name), settings) for name, own in owns.items()
            ),
            written={
                **{dotted(path): Said(str(value), origin) for path, value, origin in leaves(self.merged)},
                **_counts_of_config(settings, keys.name, owns),
            },
        )

    def _places(self, name: str) -> Places:
        return Places(self.file, self.effective[name].origins)


def _counts_of_config(settings: Settings, app: str, owns: Mapping[str, ProcessKeys]) -> Mapping[str, Said]:
    key = "processes.{}.count" if len(owns) > 1 else "count"
    counts = {name: count_of(app, name, own.count, settings) for name, own in owns.items()}
    return {key.format(name): Said(str(count), origin) for name, (count, origin) in counts.items() if origin}
