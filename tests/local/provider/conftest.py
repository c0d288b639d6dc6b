"""A moto server on the loopback, and a driver that speaks with the plugin as the engine does."""

import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from urllib.request import Request, urlopen

import boto3
import pytest

from local.provider.serve import server
from tests.local.provider.driver import Plugin

ACCOUNT = "123456789012"
KEYS = {"accessKey": "anyone", "secretKey": "anything", "region": "us-east-1"}


@pytest.fixture(scope="session")
def moto() -> Iterator[str]:
    """The address of a plain moto server; a process of its own, because moto keeps its state in modules."""
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", "0"]
    environment = {**os.environ, "MOTO_EC2_LOAD_DEFAULT_AMIS": "false"}  # hundreds, with each reset
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment) as process:
        assert process.stderr is not None
        address = next(found[0] for line in process.stderr if (found := re.search(r"http://[\d.:]+", line)))
        drain = threading.Thread(target=process.stderr.read, daemon=True)
        drain.start()
        yield address
        process.terminate()
        process.wait(timeout=30)
        drain.join(timeout=30)


@pytest.fixture
def cloud(moto: str, monkeypatch: pytest.MonkeyPatch) -> boto3.Session:
    """An empty account; clients of this session look at it without the plugin."""
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_ENDPOINT_URL", moto)
    reset = Request(f"{moto}/moto-api/reset", method="POST")  # noqa: S310 - the server just started
    urlopen(reset, timeout=30).close()  # noqa: S310
    return boto3.Session("anyone", "anything", region_name="us-east-1")


@pytest.fixture
def unconfigured() -> Iterator[Plugin]:
    """A plugin that the engine has started but not configured."""
    stop = threading.Event()
    running, port = server(stop)
    with Plugin(port, stop) as plugin:
        yield plugin
    stop.set()
    running.stop(grace=None).wait()


@pytest.fixture
def plugin(unconfigured: Plugin, moto: str, cloud: boto3.Session) -> Plugin:
    """A plugin configured for the moto server, over the wire."""
    del cloud  # only emptied
    unconfigured.configure({**KEYS, "endpoints": f'[{{"ec2": "{moto}", "iam": "{moto}"}}]'})
    return unconfigured


@pytest.fixture
def image(cloud: boto3.Session) -> str:
    return cloud.client("ec2").register_image(Name="debian")["ImageId"]
