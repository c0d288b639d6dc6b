"""A stack of one's own: a copy of the project, a local AWS and a Pulumi state, driven by the real pulumi."""

import json
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from local import supervise
from local.connection import Connection
from local.environment import within
from local.home import Home
from tests.command import DEADLINE, run

ROOT = Path(__file__).parents[1]
BEGIN, END = "resourcePreEvent", "resOutputsEvent"
"""The engine's events about a step."""

Event = dict[str, Any]


def steps(events: Iterable[Event], moment: str) -> list[tuple[str, str]]:
    """What was done to which resource, in order: `("create", "hello.web.0.3fa9c1d2")`."""
    told = (event[moment]["metadata"] for event in events if moment in event)
    return [(one["op"], one["urn"].split("::")[-1]) for one in told]


@dataclass(frozen=True)
class Done:
    """A finished command: its exit code, all it printed, and the engine's events."""

    code: int
    text: str
    events: list[Event] = field(default_factory=list)

    def steps(self, *operations: str) -> list[str]:
        """The names that these operations were begun on, in order: `steps("create")`."""
        return [name for operation, name in steps(self.events, BEGIN) if operation in operations]

    def ended(self, *operations: str) -> list[str]:
        """The names that these operations succeeded on, in order."""
        return [name for operation, name in steps(self.events, END) if operation in operations]

    def changes(self) -> list[str]:
        """What was begun on which resource, but for what leaves everything as it is."""
        kept = {"same", "refresh", "read"}
        return [
            f"{operation} {name}" for operation, name in steps(self.events, BEGIN) if operation not in kept
        ]

    def story(self) -> list[tuple[str, str]]:
        """What was begun and what succeeded, in order: `("begin create", "hello.web.0.3fa9c1d2")`."""
        return [
            (f"{word} {operation}", name)
            for event in self.events
            for word, moment in (("begin", BEGIN), ("end", END))
            for operation, name in steps([event], moment)
        ]


@dataclass(frozen=True)
class Stack:
    """A project with a local AWS of its own."""

    project: Path
    home: Home
    connection: Connection

    def pulumi(self, *arguments: str) -> Done:
        """Runs pulumi in the project."""
        events = self.project / f"events-{time.monotonic_ns()}"
        logged = ("--event-log", str(events)) if arguments[0] in {"up", "preview", "destroy"} else ()
        command = ["pulumi", *arguments, "--non-interactive", "--color", "never", *logged]
        done = run(command, self.project, self.environment())
        lines = events.read_text().splitlines() if events.exists() else []
        return Done(done.returncode, done.stdout, [json.loads(line) for line in lines])

    def environment(self) -> dict[str, str]:
        """Of a pulumi that may write its events."""
        return within(self.home, self.connection) | {"PULUMI_DEBUG_COMMANDS": "true"}  # for --event-log

    def python(self, *arguments: str) -> str:
        """What python prints, run in the project."""
        command = [sys.executable, *arguments]
        return subprocess.run(command, cwd=self.project, check=True, capture_output=True, text=True).stdout

    def up(self, *arguments: str) -> Done:
        """`pulumi up` that must succeed."""
        done = self.pulumi("up", "--yes", "--skip-preview", *arguments)
        assert done.code == 0, done.text
        return done

    def failed_up(self, *arguments: str) -> Done:
        """`pulumi up` that must fail, and deletes nothing."""
        done = self.pulumi("up", "--yes", "--skip-preview", *arguments)
        assert done.code != 0, done.text
        assert not [change for change in done.changes() if "delete" in change], done.text
        assert "Traceback" not in done.text
        return done

    def preview(self, *arguments: str) -> Done:
        done = self.pulumi("preview", *arguments)
        assert done.code == 0, done.text
        return done

    def outputs(self) -> dict[str, Any]:
        """The stack's output `apps`."""
        apps: dict[str, Any] = json.loads(self.pulumi("stack", "output", "--json").text)["apps"]
        return apps

    def app(self, name: str, **keys: Any) -> None:
        """Writes an app's file; the slug is a URL that nobody fetches, unless keys say more."""
        data = {
            "slug_url": "https://slugs.example.com/a.tar.gz",
            "cmd": "bin/web",
            "allow_from": ["0.0.0.0/0"],
        }
        if "source" in keys:
            del data["slug_url"]
        (self.project / "apps" / f"{name}.yaml").write_text(yaml.safe_dump({**data, **keys}, sort_keys=False))

    def client(self, service: str) -> Any:
        return self.connection.client(service)

    def image(self, description: str) -> str:
        """An image whose simulated machines behave as the description says."""
        ec2 = self.client("ec2")
        name = f"acts-{time.monotonic_ns()}"
        return str(ec2.register_image(Name=name, Description=f"simulate: {description}")["ImageId"])

    def instances(self, *states: str) -> dict[str, str]:
        """Name -> id of the instances that are there, or in one of these states."""
        return {name: id_ for id_, name in self.there(*states).items()}

    def there(self, *states: str) -> dict[str, str]:
        """Id -> name of the same; of two of one name both. One that ends is gone."""
        wanted = states or ("pending", "running", "stopping", "stopped")
        filters = [{"Name": "instance-state-name", "Values": list(wanted)}]
        pages = self.client("ec2").get_paginator("describe_instances").paginate(Filters=filters)
        return {
            one["InstanceId"]: _name(one)
            for page in pages
            for reservation in page["Reservations"]
            for one in reservation["Instances"]
        }

    def console(self, instance: str) -> str:
        """What it has said by now."""
        answer = self.client("ec2").get_console_output(InstanceId=instance, Latest=True)
        return str(answer.get("Output", ""))


def _name(instance: Mapping[str, Any]) -> str:
    tags = {tag["Key"]: tag["Value"] for tag in instance.get("Tags", [])}
    return str(tags.get("Name", instance["InstanceId"]))


def eventually(holds: Callable[[], bool], what: str = "it") -> None:
    """Waits until it holds; nothing here should take long."""
    deadline = time.monotonic() + DEADLINE
    while not holds():
        assert time.monotonic() < deadline, f"{what} never came true"
        time.sleep(0.1)


@contextmanager
def own_stack(folder: Path, machines: str, *, iam_lag: float = 0.0) -> Iterator[Stack]:
    """A stack in `folder`, taken down with everything in it at the end; IAM may be so many seconds late."""
    project = folder / "project"
    project.mkdir(parents=True)
    for room in ("manifest", "bootstrap", "fleet"):
        (project / room).symlink_to(ROOT / room)
    for file in ("__main__.py", "Pulumi.yaml", "Pulumi.local.yaml"):
        shutil.copy(ROOT / file, project)
    shutil.copytree(ROOT / "slugs", project / "slugs")
    (project / "apps").mkdir()
    home = Home(folder / "home")
    try:
        connection = supervise.start(home, machines, iam_lag=iam_lag)
        home.state.mkdir(exist_ok=True)
        stack = Stack(project, home, connection)
        made = stack.pulumi("stack", "select", "--create", "local")
        assert made.code == 0, made.text
        yield stack
    finally:
        supervise.end(home)
