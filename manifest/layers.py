"""Layers of values: maps merge, lists replace, null removes. Every value keeps its origin."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

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
        path[len(at) :]: Origin(name, document.file, line)
        for path, line in document.lines.items()
        if path[: len(at)] == at and len(path) > len(at)
    }
    return Layer(data, origins)


def merge(layers: Iterable[Layer]) -> Layer:
    """One layer out of many, the weakest first."""
    data: Data = {}
    origins: dict[Path, Origin] = {}
    for layer in layers:
        _put(data, origins, layer.data, layer.origins, ())
    return Layer(data, origins)


def _put(data: Data, origins: dict[Path, Origin], new: Data, news: Mapping[Path, Origin], at: Path) -> None:
    for key, value in new.items():
        path = (*at, key)
        below = data.get(key)
        if isinstance(value, dict):
            if not isinstance(below, dict):
                _forget(origins, path)
                below = data[key] = {}
            _put(below, origins, value, news, path)
        else:
            _forget(origins, path)
            data.pop(key, None)
            if value is not None:
                data[key] = value
        _remember(origins, news, path, whole=value is not None and not isinstance(value, dict))


def _forget(origins: dict[Path, Origin], at: Path) -> None:
    for path in [path for path in origins if path[: len(at)] == at]:
        del origins[path]


def _remember(origins: dict[Path, Origin], news: Mapping[Path, Origin], at: Path, *, whole: bool) -> None:
    """Takes over the origin of the value at `at`, and with `whole` of all that stands in it."""
    if at in news:
        origins[at] = news[at]
    if whole:
        origins.update({path: origin for path, origin in news.items() if path[: len(at)] == at})


def origin_of(layer: Layer, path: Path) -> Origin | None:
    """The origin of the value at `path`, or of the nearest value around it."""
    while path:
        if path in layer.origins:
            return layer.origins[path]
        path = path[:-1]
    return None
