"""A fleet of many apps of a few lines each: the real engine, simulated machines. What it took is printed."""

import time
from collections.abc import Callable

import pytest
import yaml

from tests.conftest import TOLD
from tests.stack import Done, Stack

pytestmark = pytest.mark.engine

DEFAULTS = {
    "cmd": "bin/web",
    "allow_from": ["0.0.0.0/0"],
    "env": {"TEAM": "core"},
    "deploy": {"canary": 1, "max_parallel": "50%", "min_healthy_time": "1s"},
}


class Fleet:
    """`apps` apps with `each` instances, by _defaults.yaml and one line per app."""

    def __init__(self, stack: Stack, apps: int, each: int) -> None:
        self.stack, self.each = stack, each
        self.names = [f"app-{n}" for n in range(apps)]
        self.took: list[str] = []
        self.write("_defaults", {**DEFAULTS, "count": each})
        for name in self.names:
            self.write(name, {})

    def write(self, name: str, more: dict[str, object]) -> None:
        own = {} if name == "_defaults" else {"slug_url": f"https://slugs.example.com/{name}.tar.gz"}
        (self.stack.project / f"apps/{name}.yaml").write_text(yaml.safe_dump({**own, **more}))

    def timed(self, what: str, run: Callable[[], Done]) -> Done:
        start = time.monotonic()
        done = run()
        self.took.append(f"{what} {time.monotonic() - start:.1f} s")
        return done

    def places(self) -> list[str]:
        return sorted(name.rpartition(".")[0] for name in self.stack.instances("running"))


def expected(names: list[str], each: int, **others: int) -> list[str]:
    counts = {**dict.fromkeys(names, each), **others}
    return sorted(f"{name}.web.{index}" for name, count in counts.items() for index in range(count))


def lives(stack: Stack, apps: int, each: int) -> str:
    """The life of such a fleet; says how long each part of it took."""
    fleet = Fleet(stack, apps, each)
    fleet.timed("up", stack.up)
    first = stack.instances()
    assert fleet.places() == expected(fleet.names, each)
    assert {len(app["instances"]) for app in stack.outputs().values()} == {each}

    fleet.write("app-3", {"env": {"CHANGED": "yes"}})
    changed = fleet.timed("one app changed", stack.up)
    others = {name: id_ for name, id_ in first.items() if not name.startswith("app-3.")}
    assert {change.split()[1].split(".")[0] for change in changed.changes()} == {"app-3", "fleet-plan"}
    assert others.items() < stack.instances().items()
    assert fleet.places() == expected(fleet.names, each)

    assert fleet.timed("no change", stack.up).changes() == []

    for app, count in (("app-1", each + 3), ("app-2", 1)):
        stack.pulumi("config", "set", "--path", f"counts.{app}", str(count))
    before = stack.instances()
    scaled = fleet.timed("scaled", stack.up)
    assert sorted(scaled.ended("update")) == ["app-1.accepted", "app-2.accepted", "fleet-plan"]
    assert fleet.places() == expected(fleet.names, each, **{"app-1": each + 3, "app-2": 1})
    kept = {name: id_ for name, id_ in before.items() if name in stack.instances()}
    assert len(kept) == len(before) - (each - 1)
    assert kept.items() < stack.instances().items()

    done = fleet.timed("destroy", lambda: stack.pulumi("destroy", "--yes", "--skip-preview"))
    assert done.code == 0, done.text
    assert stack.instances() == {}
    groups = stack.client("ec2").describe_security_groups()["SecurityGroups"]
    assert {group["GroupName"] for group in groups} == {"default"}
    return f"{apps * each} instances over {apps} apps: {', '.join(fleet.took)}"


def test_40_instances_over_8_apps(simulated, record_property):
    record_property(TOLD, lives(simulated, apps=8, each=5))


@pytest.mark.soak
def test_200_instances_over_20_apps(simulated, record_property):
    record_property(TOLD, lives(simulated, apps=20, each=10))
