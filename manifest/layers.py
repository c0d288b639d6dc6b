"""Layers of values: maps merge, lists replace, null removes. Every value keeps its origin."""

from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import cast

from manifest.document import Document
from manifest.origins import KeyPath, Origin

Data = dict[str, object]
Origins = dict[KeyPath, Origin]


@dataclass(frozen=True)
class Layer:
    """Values and where each was written; a value from a weaker layer keeps that layer's origin."""

    data: Data = field(default_factory=dict)
    origins: Mapping[KeyPath, Origin] = field(default_factory=dict)


def layer_of(name: str, document: Document, at: KeyPath = ()) -> Layer:
    """The part of a document below `at` as a layer called `name`; empty where the document has none."""
    data, size = _below(document.data, at), len(at)
    if not data:
        return Layer()
    below = ((path[size:], line) for path, line in document.lines.items() if path[:size] == at != path)
    return Layer(data, {path: Origin(name, document.file, line, path) for path, line in below})


def part_of(layer: Layer, at: KeyPath) -> Layer:
    """What a layer says below `at`, with its origins; empty where it says nothing."""
    data, size = _below(layer.data, at), len(at)
    if not data:
        return Layer()
    return Layer(
        data, {path[size:]: where for path, where in layer.origins.items() if path[:size] == at != path}
    )


def _below(data: object, at: KeyPath) -> Data:
    for key in at:
        data = data.get(key) if isinstance(data, dict) and isinstance(key, str) else None
    return data if isinstance(data, dict) else {}


def without(layer: Layer, keys: Container[str]) -> Layer:
    """A layer without these keys."""
    return Layer({key: value for key, value in layer.data.items() if key not in keys}, layer.origins)


def merge(layers: Iterable[Layer]) -> Layer:
    """One layer out of many, the weakest first."""
    data: Data = {}
    origins: Origins = {}
    for layer in layers:
        _lay(layer, layer.data, (), data, origins)
    return Layer(data, origins)


def _lay(layer: Layer, new: Data, at: KeyPath, data: Data, origins: Origins) -> None:
    """Lays `new`, which the layer says at `at`, over `data`; the origins of what goes are forgotten."""
    for key, value in new.items():
        path = (*at, key)
        if key in data and not (isinstance(value, dict) and isinstance(data[key], dict)):
            for place in _places(data.pop(key), path):
                origins.pop(place, None)
        if path in layer.origins:
            origins[path] = layer.origins[path]
        if isinstance(value, dict):
            _lay(layer, value, path, cast(Data, data.setdefault(key, {})), origins)
        elif value is not None:
            data[key] = value
            if isinstance(value, list):
                inside = (place for place in _places(value, path) if place in layer.origins)
                origins.update((place, layer.origins[place]) for place in inside)


def _places(value: object, at: KeyPath) -> Iterator[KeyPath]:
    """`at` and every place inside its value."""
    yield at
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        yield from _places(item, (*at, key))


def leaves(layer: Layer) -> Iterator[tuple[KeyPath, object, Origin]]:
    """Every value that is no map and was written somewhere: its place, itself, its origin."""
    return _leaves(layer, layer.data, ())


def _leaves(layer: Layer, data: Data, at: KeyPath) -> Iterator[tuple[KeyPath, object, Origin]]:
    for key, value in data.items():
        path = (*at, key)
        if isinstance(value, dict):
            yield from _leaves(layer, value, path)
        elif path in layer.origins:
            yield path, value, layer.origins[path]
