"""The processes of an app: which there are, and all that each of them inherits."""

from collections.abc import Iterable
from typing import Final

from manifest.app import Process
from manifest.counts import count_of
from manifest.layers import Layer, merge, part_of, without
from manifest.model import OF_A_RELEASE, AppFile, Healthcheck, ProcessKeys
from manifest.origins import Places
from manifest.settings import Settings
from manifest.short import OF_WEB, WEB

WEB_PORT: Final = 5000


def names_of(keys: AppFile) -> list[str]:
    """The app's processes in the order of their names. An app that names none has its web."""
    return sorted({*keys.processes, *([WEB] if keys.cmd or not keys.processes else [])})


def effective(layers: Iterable[Layer], name: str) -> Layer:
    """All that the layers of an app say of one process.

    A stronger layer wins; within a layer the process's own keys win over the app's.
    """
    dropped = OF_A_RELEASE if name == WEB else OF_A_RELEASE | OF_WEB
    said: list[tuple[Layer, Layer]] = []
    for layer in layers:
        if _removes(layer, name):
            said = [(of_the_app, Layer()) for of_the_app, _ in said]
        said.append((without(layer, dropped), part_of(layer, ("processes", name))))
    merged = merge(part for parts in said for part in parts)
    if name == WEB:
        merged.data.setdefault("port", WEB_PORT)
    return merged if "port" in merged.data else _without_inherited_port_keys(merged)


def _removes(layer: Layer, name: str) -> bool:
    processes = layer.data.get("processes", {})
    return processes is None or (isinstance(processes, dict) and processes.get(name, {}) is None)


def _without_inherited_port_keys(layer: Layer) -> Layer:
    """What an app says of ports is not meant for its process that has none."""
    data, check = dict(layer.data), layer.data.get("healthcheck")
    if "allow_from" in data and not _own(layer, "allow_from"):
        del data["allow_from"]
    if isinstance(check, dict) and "path" in check and not _own(layer, "healthcheck", "path"):
        data["healthcheck"] = {key: value for key, value in check.items() if key != "path"}
    return Layer(data, layer.origins)


def _own(layer: Layer, *path: str) -> bool:
    return path in layer.origins and layer.origins[path].of_a_process


def process_of(app: str, name: str, keys: ProcessKeys, places: Places, settings: Settings) -> Process:
    """The process as a value. Only of keys without faults."""
    return Process(
        app=app,
        places=places,
        name=name,
        cmd=keys.cmd or "",
        runtime=keys.runtime,
        packages=keys.packages,
        count=count_of(app, name, keys.count, settings)[0],
        port=keys.port,
        image_id=keys.image_id or "",
        instance_type=keys.instance_type,
        key_name=keys.key_name,
        subnets=keys.subnets or (),
        env=keys.env,
        healthcheck=_with_default_path(keys),
        allow_from=keys.allow_from,
        public_ip=keys.public_ip,
        root_volume=keys.root_volume,
        tags=keys.tags,
        deploy=keys.deploy,
    )


def _with_default_path(keys: ProcessKeys) -> Healthcheck:
    check = keys.healthcheck
    if keys.port is None or check.path or check.command:
        return check
    return check.model_copy(update={"path": "/"})
