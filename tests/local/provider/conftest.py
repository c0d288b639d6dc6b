"""A moto server on the loopback, and a driver that speaks with the plugin as the engine does."""

import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
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


@pytest.fixture(scope="session")
def session() -> boto3.Session:
    """One for all tests: reading the description of EC2's API takes most of a small test's time."""
    return boto3.Session("anyone", "anything", region_name="us-east-1")


@pytest.fixture
def cloud(moto: str, session: boto3.Session, monkeypatch: pytest.MonkeyPatch) -> boto3.Session:
    """An empty account; clients of this session look at it without the plugin."""
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_ENDPOINT_URL", moto)
    reset = Request(f"{moto}/moto-api/reset", method="POST")  # noqa: S310 - the server just started
    urlopen(reset, timeout=30).close()  # noqa: S310
    return session


@contextmanager
def started() -> Iterator[Plugin]:
    stop = threading.Event()
    running, port = server(stop)
    with Plugin(port) as plugin:
        yield plugin
    stop.set()
    running.stop(grace=None).wait()


@pytest.fixture
def unconfigured() -> Iterator[Plugin]:
    """A plugin that the engine has started but not configured."""
    with started() as plugin:
        yield plugin


@pytest.fixture(scope="session")
def configured(moto: str) -> Iterator[Plugin]:
    with started() as plugin:
        plugin.configure(near(moto))
        yield plugin


@pytest.fixture
def plugin(configured: Plugin, cloud: boto3.Session) -> Plugin:
    """A plugin configured for the emptied moto server, over the wire."""
    del cloud  # only emptied
    return configured


def near(moto: str) -> dict[str, str]:
    """The provider's configuration for the moto server, as the engine sends it."""
    return KEYS | {"endpoints": json.dumps([dict.fromkeys(("ec2", "iam", "s3", "sts"), moto)])}


@pytest.fixture
def image(cloud: boto3.Session) -> str:
    return cloud.client("ec2").register_image(Name="debian")["ImageId"]
