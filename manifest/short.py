"""Short forms of keys, written out in each layer before layers are merged.

So a layer may say shortly what another says at length: `healthcheck: /up` over `healthcheck: {interval: 2s}`
keeps the interval.
"""

from collections.abc import Iterator

from manifest.layers import Data, Layer
from manifest.origins import Origin, Path, dotted
from manifest.problems import Problem


def written_out(layer: Layer) -> tuple[Layer, list[Problem]]:
    """The layer without short forms, and what it says twice."""
    long = Layer(_copied(layer.data), dict(layer.origins))
    problems = [problem for at, keys in _owners(long) for problem in _write_out(long, at, keys)]
    return long, [*problems, *_two_commands(long)]


def _copied(data: Data) -> Data:
    return {key: _copied(value) if isinstance(value, dict) else value for key, value in data.items()}


def _owners(layer: Layer) -> Iterator[tuple[Path, Data]]:
    """The app's own keys, and those of each process."""
    yield (), layer.data
    processes = layer.data.get("processes")
    for name, keys in processes.items() if isinstance(processes, dict) else ():
        if isinstance(keys, dict):
            yield ("processes", name), keys


def _write_out(layer: Layer, at: Path, keys: Data) -> Iterator[Problem]:
    if "subnet" in keys:
        if "subnets" in keys:
            yield _twice(layer, (*at, "subnet"), "subnets says it too")
        _one_subnet(layer, at, keys)
    if isinstance(keys.get("healthcheck"), str):
        _move(layer, (*at, "healthcheck"), (*at, "healthcheck", "path"))
        keys["healthcheck"] = {"path": keys["healthcheck"]}
    if isinstance(check := keys.get("healthcheck"), dict):
        yield from _one_kind(layer, (*at, "healthcheck"), check)


def _one_subnet(layer: Layer, at: Path, keys: Data) -> None:
    """`subnet: ID`; null takes away whatever a weaker layer names."""
    value = keys.pop("subnet")
    for new in ((*at, "subnets"), (*at, "subnets", 0)):
        _move(layer, (*at, "subnet"), new)
    keys["subnets"] = None if value is None else [value]


def _one_kind(layer: Layer, at: Path, check: Data) -> Iterator[Problem]:
    """A path takes away a weaker layer's command, and a command its path."""
    for one, other in (("path", "command"), ("command", "path")):
        if check.get(one) is not None and check.setdefault(other, None) is not None:
            yield _twice(layer, (*at, one), f"{other} is another way to check; name one of them")


def _two_commands(layer: Layer) -> Iterator[Problem]:
    processes = layer.data.get("processes")
    web = processes.get("web") if isinstance(processes, dict) else None
    if layer.data.get("cmd") is not None and isinstance(web, dict) and web.get("cmd") is not None:
        yield _twice(layer, ("cmd",), "is short for processes.web.cmd, which stands here too")


def _move(layer: Layer, old: Path, new: Path) -> None:
    origins = layer.origins
    if isinstance(origins, dict) and old in origins:
        origins[new] = origins[old]


def _twice(layer: Layer, path: Path, text: str) -> Problem:
    origin = layer.origins.get(path, Origin("", "", 0))
    return Problem(origin.file, origin.line, f"{dotted(path)}: {text}")
