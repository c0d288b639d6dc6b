"""One file of apps/ as layers: what it says for every stack, and what for one."""

from collections.abc import Collection, Iterator
from functools import cached_property

from manifest.document import Document
from manifest.layers import Layer, layer_of, without
from manifest.problems import Problem, did_you_mean
from manifest.settings import stack_file
from manifest.short import written_out

WrittenOut = tuple[Layer, list[Problem]]
"""A layer with its short forms written out, and what it says twice."""

_NOTHING: WrittenOut = (Layer(), [])


class File:
    """An app's file, or `_defaults.yaml`. `layer_name`: what its values are said to be of."""

    def __init__(self, layer_name: str, document: Document) -> None:
        self.layer_name = layer_name
        self.document = document

    @cached_property
    def plain(self) -> WrittenOut:
        """What holds on every stack."""
        return self._written(self.layer_name, ())

    def on(self, stack: str) -> WrittenOut:
        """What holds on this stack only."""
        return self._on_stacks.get(stack, _NOTHING)

    @cached_property
    def _on_stacks(self) -> dict[str, WrittenOut]:
        return {
            stack: self._written(f"environments.{stack}", ("environments", stack))
            for stack in self.environments
        }

    @cached_property
    def environments(self) -> dict[str, object]:
        """The stacks that the file names, null where it takes away what the defaults say of one."""
        environments = self.document.data.get("environments")
        return environments if isinstance(environments, dict) else {}

    def problems(self, stacks: Collection[str]) -> Iterator[Problem]:
        """What is wrong with the file on whatever stack; nothing is to be made of it then."""
        yield from self.document.problems
        if not isinstance(self.document.data.get("environments"), dict | None):
            yield self._problem("must be a map of stacks")
        for stack, keys in self.environments.items():
            if stack not in stacks:
                no_such = f"there is no {stack_file(stack)}, so no such stack"
                yield self._problem(no_such + did_you_mean(stack, stacks), stack)
            elif not isinstance(keys, dict | None):
                yield self._problem("must be a map of keys", stack)

    def _written(self, name: str, at: tuple[str, ...]) -> WrittenOut:
        layer = layer_of(name, self.document, at)
        own = [key for key in layer.data if key.startswith("x-")]  # people's, for anchors
        return written_out(without(layer, own if at else [*own, "environments"]))

    def _problem(self, text: str, *stack: str) -> Problem:
        path = ("environments", *stack)
        return Problem(self.document.file, self.document.lines[path], f"{'.'.join(path)}: {text}")
