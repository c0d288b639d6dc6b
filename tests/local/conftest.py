"""A local AWS with simulated machines, for the tests of a session."""

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from local import supervise
from local.connection import Connection
from local.environment import within
from local.home import Home

IMAGE = "ami-0c0ffee0000000012"
SCRIPT = "#!/bin/bash\nreadonly version=3fa9c1d2\n"
DEADLINE = 60.0
"""Seconds; nothing here takes one."""


@dataclass(frozen=True)
class Aws:
    """The AWS as people have it: boto3, and the aws command line."""

    home: Home
    connection: Connection

    def client(self, service: str) -> Any:
        return self.connection.client(service)

    @property
    def ec2(self) -> Any:
        return self.client("ec2")

    def image(self, description: str) -> str:
        name = f"acts-{time.monotonic_ns()}"
        return str(self.ec2.register_image(Name=name, Description=description)["ImageId"])

    def run(self, description: str | None = None, **launch: Any) -> str:
        image = self.image(description) if description else IMAGE
        wanted = {"ImageId": image, "InstanceType": "t3.micro", "UserData": SCRIPT} | launch
        return str(self.ec2.run_instances(MinCount=1, MaxCount=1, **wanted)["Instances"][0]["InstanceId"])

    def describe(self, instance: str) -> dict[str, Any]:
        found = self.ec2.describe_instances(InstanceIds=[instance])
        described: dict[str, Any] = found["Reservations"][0]["Instances"][0]
        return described

    def state(self, instance: str) -> str:
        return str(self.describe(instance)["State"]["Name"])

    def becomes(self, instance: str, state: str) -> dict[str, Any]:
        eventually(lambda: self.state(instance) == state)
        return self.describe(instance)

    def console(self, instance: str) -> str:
        return str(self.ec2.get_console_output(InstanceId=instance, Latest=True).get("Output", ""))

    def says(self, instance: str, words: str) -> str:
        eventually(lambda: words in self.console(instance))
        return self.console(instance)

    def cli(self, *arguments: str) -> Any:
        """The aws command line; its JSON answer."""
        command = [str(Path(sys.executable).parent / "aws"), *arguments, "--output", "json"]
        environment = within(self.home, self.connection)
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
        return json.loads(done.stdout or "null")


def eventually(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + DEADLINE
    while not holds():
        assert time.monotonic() < deadline, "it never came true"
        time.sleep(0.02)


@pytest.fixture(scope="session")
def aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Aws]:
    home = Home(tmp_path_factory.mktemp("aws") / "home")
    try:
        yield Aws(home, supervise.start(home, "simulated"))
    finally:
        supervise.end(home)
