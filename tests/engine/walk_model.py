"""What a fleet must be, as plain values: the other half of the walk in test_walk.py."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

FAULTS = {"fails": "fail step=fetch exit=22", "hangs": "hang step=packages", "dies": "die step=user"}
SOUND = ""


@dataclass(frozen=True, kw_only=True)
class Process:
    """What is in its version, and how many there are."""

    env: int = 0
    cmd: str = "bin/run"
    kind: str = "t3.micro"
    fault: str = SOUND
    count: int = 1

    @property
    def version(self) -> tuple[object, ...]:
        return (self.env, self.cmd, self.kind, self.fault)

    def keys(self, images: Mapping[str, str]) -> dict[str, Any]:
        """As an app's file says it."""
        image = {"image_id": images[self.fault]} if self.fault else {}
        env = {"EDIT": str(self.env)}
        return {"cmd": self.cmd, "count": self.count, "instance_type": self.kind, "env": env, **image}


@dataclass(frozen=True, kw_only=True)
class App:
    """An app's file."""

    processes: Mapping[str, Process] = field(default_factory=lambda: {"web": Process()})
    max_parallel: int = 1

    @property
    def faulty(self) -> bool:
        return any(process.fault and process.count for process in self.processes.values())

    def changed(self, name: str, **how: Any) -> "App":
        return replace(self, processes={**self.processes, name: replace(self.processes[name], **how)})

    def keys(self, images: Mapping[str, str]) -> dict[str, Any]:
        hangs = any(process.fault == "hangs" for process in self.processes.values())
        deadline = {"healthy_deadline": "8s"} if hangs else {}
        return {
            "cmd": None,
            "processes": {name: process.keys(images) for name, process in self.processes.items()},
            "healthcheck": {"start_timeout": "5s"},
            "deploy": {"max_parallel": self.max_parallel, "min_healthy_time": "1s", **deadline},
        }


Apps = Mapping[str, App]


def places(apps: Apps) -> set[str]:
    """`shop.web.0`: the instances that there must be, without their versions."""
    return {
        f"{app}.{name}.{index}"
        for app, file in apps.items()
        for name, process in file.processes.items()
        for index in range(process.count)
    }


def stay(before: Apps, after: Apps) -> set[str]:
    """The places that a change has nothing to do with: same version, and still asked for."""
    return {
        place for place in places(before) & places(after) if _version(before, place) == _version(after, place)
    }


def _version(apps: Apps, place: str) -> tuple[object, ...]:
    app, process, _ = place.split(".")
    return apps[app].processes[process].version


def place_of(resource: str) -> str:
    """Of `shop.web.0.3fa9c1d2` or its gate."""
    return ".".join(resource.split(".")[:3])
