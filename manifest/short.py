"""Short forms of keys, written out in each layer before layers are merged.

So a layer may say shortly what another says at length: `healthcheck: /up` over `healthcheck: {interval: 2s}`
keeps the interval.
"""

from collections.abc import Iterator
from typing import Final

from manifest.layers import Data, Layer, Origins
from manifest.origins import KeyPath, dotted
from manifest.problems import Problem

WEB: Final = "web"
"""The process that the app's own `cmd` and `port` are short for."""

SHORT_KEYS: Final = {"subnet": "subnets"}
"""Keys of files that no model has: each is short for a list of one."""

OF_WEB: Final = frozenset({"cmd", "port"})


def written_out(layer: Layer) -> tuple[Layer, list[Problem]]:
    """The layer without short forms, and what it says twice."""
    data, origins = _copied(layer.data), dict(layer.origins)
    for at, keys in _owners(data):
        _write_out(keys, origins, at)
    if _no_web(data):
        data = {**dict.fromkeys(OF_WEB), **data}
    return Layer(data, origins), [*_said_twice(layer)]


def _copied(data: Data) -> Data:
    return {key: _copied(value) if isinstance(value, dict) else value for key, value in data.items()}


def _owners(data: Data) -> Iterator[tuple[KeyPath, Data]]:
    """The app's own keys, and those of each process."""
    yield (), data
    processes = data.get("processes")
    for name, keys in processes.items() if isinstance(processes, dict) else ():
        if isinstance(keys, dict):
            yield ("processes", name), keys


def _no_web(data: Data) -> bool:
    """`processes: {web: null}` takes away what is short for its keys, too."""
    processes = data.get("processes")
    return isinstance(processes, dict) and processes.get(WEB, {}) is None


def _write_out(keys: Data, origins: Origins, at: KeyPath) -> None:
    if "subnet" in keys:
        _one_subnet(keys, origins, at)
    check = keys.get("healthcheck")
    if isinstance(check, str):
        _move(origins, (*at, "healthcheck"), (*at, "healthcheck", "path"))
        check = keys["healthcheck"] = {"path": check}
    if isinstance(check, dict):
        _one_kind(check)


def _one_subnet(keys: Data, origins: Origins, at: KeyPath) -> None:
    """`subnet: ID`; null takes away whatever a weaker layer names."""
    value = keys.pop("subnet")
    for new in ((*at, "subnets"), (*at, "subnets", 0)):
        _move(origins, (*at, "subnet"), new)
    keys["subnets"] = None if value is None else [value]


def _one_kind(check: Data) -> None:
    """A path takes away a weaker layer's command, and a command its path."""
    for one, other in (("path", "command"), ("command", "path")):
        if check.get(one) is not None:
            check.setdefault(other, None)


def _move(origins: Origins, old: KeyPath, new: KeyPath) -> None:
    if old in origins:
        origins[new] = origins[old]


def _said_twice(layer: Layer) -> Iterator[Problem]:
    for at, keys in _owners(layer.data):
        if "subnet" in keys and "subnets" in keys:
            yield _twice(layer, (*at, "subnet"), "subnets")
        check = keys.get("healthcheck")
        if isinstance(check, dict) and check.get("path") is not None and check.get("command") is not None:
            text = "command is another way to check; name one of them"
            yield _problem(layer, (*at, "healthcheck", "path"), text)
    yield from _web_twice(layer)


def _web_twice(layer: Layer) -> Iterator[Problem]:
    web = next((keys for at, keys in _owners(layer.data) if at[1:] == (WEB,)), {})
    for key in OF_WEB:
        if layer.data.get(key) is not None and web.get(key) is not None:
            yield _twice(layer, (key,), f"processes.web.{key}")


def _twice(layer: Layer, path: KeyPath, long: str) -> Problem:
    return _problem(layer, path, f"is short for {long}, which stands here too")


def _problem(layer: Layer, path: KeyPath, text: str) -> Problem:
    origin = layer.origins[path]
    return Problem(origin.file, origin.line, f"{dotted(path)}: {text}")
