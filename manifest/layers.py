"""Layers of values: maps merge, lists replace, null removes. Every value keeps its origin."""

from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from manifest.document import Document
from manifest.origins import Origin, Path

Data = dict[str, object]


@dataclass(frozen=True)
class Layer:
    """Values and where each was written; a value from a weaker layer keeps that layer's origin."""

    data: Data = field(default_factory=dict)
    origins: Mapping[Path, Origin] = field(default_factory=dict)


def layer_of(name: str, document: Document, at: Path = ()) -> Layer:
    """The part of a document below `at` as a layer called `name`; empty where the document has none."""
    data: object = document.data
    for part in at:
        data = data.get(part) if isinstance(data, dict) and isinstance(part, str) else None
    if not isinstance(data, dict):
        return Layer()
    origins = {
        path[len(at) :]: Origin(name, document.file, line, path[len(at) :])
        for path, line in document.lines.items()
        if path[: len(at)] == at and len(path) > len(at)
    }
    return Layer(data, origins)


def part_of(layer: Layer, at: Path) -> Layer:
    """What a layer says below `at`, with its origins; empty where it says nothing."""
    data: object = layer.data
    for key in at:
        data = data.get(key) if isinstance(data, dict) else None
    if not isinstance(data, dict):
        return Layer()
    size = len(at)
    below = {path[size:]: origin for path, origin in layer.origins.items() if path[:size] == at}
    return Layer(data, {path: origin for path, origin in below.items() if path})


def without(layer: Layer, keys: Container[str]) -> Layer:
    """A layer without these keys."""
    return replace(layer, data={key: value for key, value in layer.data.items() if key not in keys})


def merge(layers: Iterable[Layer]) -> Layer:
    """One layer out of many, the weakest first."""
    data: Data = {}
    origins: dict[Path, Origin] = {}
    for layer in layers:
        _put(data, origins, layer.data, ())
        places = (place for place in _places(layer.data, ()) if place in layer.origins)
        origins.update({place: layer.origins[place] for place in places})
    return Layer(data, origins)


def _put(data: Data, origins: dict[Path, Origin], new: Data, at: Path) -> None:
    """Lays `new` over `data`, and forgets the origins of what goes."""
    for key, value in new.items():
        path = (*at, key)
        below = data.get(key)
        if not (isinstance(value, dict) and isinstance(below, dict)):
            for place in _places(data.pop(key, None), path):
                origins.pop(place, None)
            below = {}
        if isinstance(value, dict):
            data[key] = below
            _put(below, origins, value, path)
        elif value is not None:
            data[key] = value


def _places(value: object, at: Path) -> Iterator[Path]:
    """`at` and every place inside its value."""
    yield at
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        yield from _places(item, (*at, key))


def origin_of(layer: Layer, path: Path) -> Origin | None:
    """The origin of the value at `path`, or of the nearest value around it."""
    while path:
        if path in layer.origins:
            return layer.origins[path]
        path = path[:-1]
    return None
