"""Apps of every runtime on machines that really boot: the tests run in their order, on one stack."""

import re
import shutil
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from tests.machine import Inside, get
from tests.stack import ROOT, Stack, own_stack

pytestmark = pytest.mark.machines

ANSWERS = {
    "hello": r"Hello World\n",
    "java": r"Hello from Java\n",
    "node": r"Hello from Node, up \d+\w+\n",
    "python": r"Hello from Python\n",
}


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with own_stack(tmp_path_factory.mktemp("runtimes"), "nspawn") as stack:
        yield stack


def instance_of(stack: Stack, process: str) -> str:
    (instance,) = [instance for name, instance in stack.instances().items() if name.startswith(f"{process}.")]
    return instance


def report_of(stack: Stack, instance: str) -> str:
    """How long each step took, in milliseconds."""
    steps = re.findall(r"step=(\w+) status=ok ms=(\d+)|(ready) ms=(\d+)", stack.console(instance))
    return " ".join(f"{a or b}={ms or total}" for a, ms, b, total in steps)


def test_every_sample_boots_from_its_file_alone(stack):
    for file in [ROOT / "apps" / "hello.yaml", *(ROOT / "apps" / "examples").glob("*.yaml")]:
        if file.stem != "reference":  # which has no slug to run
            shutil.copy(file, stack.project / "apps")
    stack.up()
    for name, instance in sorted(stack.instances().items()):
        print(f"{name}: {report_of(stack, instance)}")  # noqa: T201 - figures for people, shown by -s
    answers = {name: get(app["addresses"][0])[1] for name, app in stack.outputs().items() if app["addresses"]}
    assert answers.keys() == ANSWERS.keys()
    for name, answer in answers.items():
        assert re.fullmatch(ANSWERS[name], answer), answer


def test_a_worker_works_as_app_and_nobody_can_reach_it(stack):
    inside = Inside(instance_of(stack, "worker.worker"))
    assert inside.run("stat", "-c", "%U", "/srv/app/beat") == "app\n"
    assert "worked at " in inside.read("/var/log/app/current").decode()
    assert "PORT" not in inside.run("ls", "/etc/sv/app/env")


def write(stack: Stack, **keys: Any) -> None:
    (stack.project / "apps" / "both.yaml").write_text(yaml.safe_dump(keys))


def both(**worker: Any) -> dict[str, Any]:
    """The keys of an app with a web and a worker process, the worker with some more."""
    web = {
        "cmd": "exec python3 -m http.server $PORT",
        "runtime": "python",
        "healthcheck": "/bin/work",
        "allow_from": ["0.0.0.0/0"],
    }
    return {
        "source": "../slugs/worker",
        "deploy": {"min_healthy_time": "2s"},
        "processes": {
            "web": web,
            "worker": {"cmd": "exec bin/work", "healthcheck": {"command": "bin/check"}, **worker},
        },
    }


def test_web_and_worker_of_one_release(stack):
    write(stack, **both())
    done = stack.up()
    created = [name for name in done.ended("create") if re.fullmatch(r"both\.\w+\.0\.\w+", name)]
    assert len(created) == 2
    release = (stack.project / "slugs" / "worker" / "bin" / "work").read_text()
    assert get(f"{stack.outputs()['both']['addresses'][0]}/bin/work") == (200, release)
    assert Inside(instance_of(stack, "both.worker")).read("/srv/app/bin/work").decode() == release
    assert [change for change in done.changes() if not re.search(" both| fleet-plan|-local", change)] == []


def test_a_change_of_the_worker_replaces_the_worker_alone(stack):
    before = stack.instances()
    write(stack, **both(env={"QUEUE": "high"}))
    stack.up()
    after = stack.instances()
    (gone,) = before.keys() - after.keys()
    (new,) = after.keys() - before.keys()
    assert gone.startswith("both.worker.0.")
    assert new.startswith("both.worker.0.")
    assert before.items() - after.items() == {(gone, before[gone])}
    assert Inside(after[new]).run("cat", "/etc/sv/app/env/QUEUE") == "high\n"
