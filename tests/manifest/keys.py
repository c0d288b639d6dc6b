"""Every key of the models, with values that it may not have. Derived from the models alone."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, get_args

from pydantic import BaseModel

from manifest.model import AppFile

OF_EVERY_TYPE = ["'~'", "7", "true", "[[7]]", "{'~': 7}", "''", "[]", "{}"]
"""YAML's types, each in a form that suits hardly any key, and empty."""

GOOD = {"slug_url": "slug_url: https://slugs.example.com/a.tar.gz", "cmd": "cmd: bin/web"}


@dataclass(frozen=True)
class Key:
    """A key and where it stands: ("healthcheck", "interval")."""

    path: tuple[str, ...]
    schema: dict[str, Any]

    @property
    def name(self) -> str:
        return ".".join(self.path)

    @property
    def of_a_process(self) -> bool:
        return self.path[:2] == ("processes", "worker")

    @property
    def misspelt(self) -> str:
        """Nearly the key's last word, and no key."""
        return f"{self.path[-1]}z"

    def file(self, value: str, *, misspelt: bool = False) -> list[str]:
        """The lines of a file that is good but for this value, which stands on its last line."""
        words = [*self.path[:-1], self.misspelt if misspelt else self.path[-1]]
        left_out = {words[0], *(["slug_url"] if self.path == ("source",) else [])}
        good = [line for name, line in GOOD.items() if name not in left_out]
        above = [f"{'  ' * depth}{word}:" for depth, word in enumerate(words)]
        if self.of_a_process and words[2] != "cmd":
            above.insert(2, "    cmd: bin/work")
        return [*good, *above[:-1], f"{above[-1]} {value}"]


def keys(model: type[BaseModel] = AppFile, at: tuple[str, ...] = ()) -> Iterator[Key]:
    """Every key that one may write below `at`."""
    schemas = model.model_json_schema()["properties"]
    for name, field in model.model_fields.items():
        yield Key((*at, name), schemas[name])
        for inner in filter(is_model, (field.annotation, *get_args(field.annotation))):
            yield from keys(inner, (*at, name, *(["worker"] if name == "processes" else [])))


def is_model(annotation: object) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)


def wrong_values(key: Key) -> Iterator[str]:
    """Values of every type, and those just outside of the bounds."""
    yield from OF_EVERY_TYPE
    for schema in [key.schema, *key.schema.get("anyOf", [])]:
        edges = (("minimum", -1), ("maximum", 1))
        yield from (str(schema[bound] + by) for bound, by in edges if bound in schema)
        if "maxLength" in schema:
            yield "k" * (schema["maxLength"] + 1)
        if "maxProperties" in schema:
            yield "{" + ", ".join(f"k{n}: v" for n in range(schema["maxProperties"] + 1)) + "}"
        if schema.get("type") == "array":
            yield "[7]"
            yield "['~']"
