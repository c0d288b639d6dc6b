"""What all apps of a project have in common, and in which order their layers lie."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Final

from manifest.document import read_if_there
from manifest.file import File, WrittenOut
from manifest.layers import Data, Layer, Origins
from manifest.settings import Settings, stack_file

DEFAULTS: Final = "_defaults.yaml"


@dataclass(frozen=True)
class Project:
    """The stack at hand, the other stacks, and the defaults."""

    root: Path
    settings: Settings

    @cached_property
    def defaults(self) -> File:
        return File(DEFAULTS, read_if_there(self.root, f"apps/{DEFAULTS}"))

    @cached_property
    def stacks(self) -> frozenset[str]:
        """The stacks that have a file."""
        files = self.root.glob(stack_file("*"))
        return frozenset(path.name.removeprefix("Pulumi.").removesuffix(".yaml") for path in files)

    @cached_property
    def stack_config(self) -> Layer:
        """What the stack at hand says for files that say nothing."""
        said: Data = {"image_id": self.settings.image_id, "subnets": [*self.settings.subnets]}
        origin = self.settings.origin
        origins: Origins = {("image_id",): origin("imageId"), ("subnets",): origin("subnets")}
        for n in range(len(self.settings.subnets)):
            item = origin(f"subnets.{n}")
            origins["subnets", n] = replace(item, path=("subnets", n))
        return Layer({key: value for key, value in said.items() if value}, origins)

    def layers(self, file: File, stack: str) -> Iterator[WrittenOut]:
        """The layers of an app as `stack` sees them, the weakest first."""
        yield Layer({"name": Path(file.document.file).stem}), []
        if stack == self.settings.stack:
            yield self.stack_config, []
        yield self.defaults.plain
        yield file.plain
        if file.environments.get(stack, {}) is not None:
            yield self.defaults.on(stack)
        yield file.on(stack)
