"""A stack of one's own: a copy of the project, an AWS and a Pulumi state, driven by the real pulumi."""

import json
import shutil
import subprocess
import sys
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

import yaml

from local import supervise
from local.connection import Connection
from local.environment import within
from local.home import Home
from manifest import OWN_TAGS, Settings, load_settings
from tests.command import DEADLINE, run

ROOT = Path(__file__).parents[1]
BEGIN, END = "resourcePreEvent", "resOutputsEvent"
"""The engine's events about a step."""

MAY_LOG = {"PULUMI_DEBUG_COMMANDS": "true"}
"""Without it pulumi knows no --event-log."""

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
class AnyStack(ABC):
    """A copy of the project and one stack of it, on whatever AWS."""

    name: ClassVar[str]
    project: Path

    @abstractmethod
    def environment(self) -> dict[str, str]:
        """Of a pulumi that may write its events."""

    @abstractmethod
    def client(self, service: str) -> Any:
        """A boto3 client of who may look at everything."""

    def settings(self) -> Settings:
        """What the stack's file says."""
        return load_settings(self.project, self.name)

    def select(self) -> None:
        """Makes the stack, unless there is one."""
        made = self.pulumi("stack", "select", "--create", self.name)
        assert made.code == 0, made.text

    def pulumi(self, *arguments: str) -> Done:
        """Runs pulumi in the project."""
        events = self.project / f"events-{time.monotonic_ns()}"
        logged = ("--event-log", str(events)) if arguments[0] in {"up", "preview", "destroy"} else ()
        command = ["pulumi", *arguments, "--non-interactive", "--color", "never", *logged]
        done = run(command, self.project, self.environment())
        lines = events.read_text().splitlines() if events.exists() else []
        return Done(done.returncode, done.stdout, [json.loads(line) for line in lines])

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

    def instances(self, *states: str) -> dict[str, str]:
        """Name -> id of the instances that are there, or in one of these states."""
        return {name: id_ for id_, name in self.there(*states).items()}

    def there(self, *states: str) -> dict[str, str]:
        """Id -> name of the same; of two of one name both. One that ends is gone."""
        wanted = states or ("pending", "running", "stopping", "stopped")
        filters = [{"Name": "instance-state-name", "Values": list(wanted)}, *self._ours()]
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

    def _ours(self) -> list[dict[str, Any]]:
        """Filters by which AWS tells only what may be this stack's."""
        return []


@dataclass(frozen=True)
class Stack(AnyStack):
    """With a local AWS of its own, where everything is this stack's."""

    name = "local"
    home: Home
    connection: Connection

    def environment(self) -> dict[str, str]:
        return within(self.home, self.connection) | MAY_LOG

    def client(self, service: str) -> Any:
        return self.connection.client(service)

    def image(self, description: str) -> str:
        """An image whose simulated machines behave as the description says."""
        ec2 = self.client("ec2")
        name = f"acts-{time.monotonic_ns()}"
        return str(ec2.register_image(Name=name, Description=f"simulate: {description}")["ImageId"])


def of_stack(settings: Settings) -> list[dict[str, Any]]:
    """Filters of EC2 that a stack's own things pass."""
    tags = {"project": settings.project, "stack": settings.stack}
    return [{"Name": f"tag:{OWN_TAGS}{key}", "Values": [value]} for key, value in tags.items()]


def _name(instance: Mapping[str, Any]) -> str:
    tags = {tag["Key"]: tag["Value"] for tag in instance.get("Tags", [])}
    return str(tags.get("Name", instance["InstanceId"]))


def eventually(holds: Callable[[], bool], what: str = "it") -> None:
    """Waits until it holds; nothing here should take long."""
    deadline = time.monotonic() + DEADLINE
    while not holds():
        assert time.monotonic() < deadline, f"{what} never came true"
        time.sleep(0.1)


def copy_project(folder: Path) -> Path:
    """What of the project a stack needs, in `folder`; without apps, and without any stack's file."""
    (folder / "apps").mkdir(parents=True)
    for room in ("manifest", "bootstrap", "fleet", "operate"):
        (folder / room).symlink_to(ROOT / room)
    for file in ("__main__.py", "Pulumi.yaml"):
        shutil.copy(ROOT / file, folder)
    shutil.copytree(ROOT / "slugs", folder / "slugs")
    return folder


@contextmanager
def own_stack(folder: Path, machines: str, *, iam_lag: float = 0.0) -> Iterator[Stack]:
    """A stack in `folder`, taken down with everything in it at the end; IAM may be so many seconds late."""
    project = copy_project(folder / "project")
    shutil.copy(ROOT / "Pulumi.local.yaml", project)
    home = Home(folder / "home")
    try:
        connection = supervise.start(home, machines, iam_lag=iam_lag)
        home.state.mkdir(exist_ok=True)
        stack = Stack(project, home, connection)
        stack.select()
        yield stack
    finally:
        supervise.end(home)
