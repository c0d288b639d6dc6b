"""The plugin's process, started as the engine starts it."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import grpc
import pytest
from google.protobuf import empty_pb2
from pulumi.runtime.proto import provider_pb2_grpc

PLUGIN = Path(__file__).parents[3] / "local" / "provider" / "bin" / "pulumi-resource-aws"
ENGINE = "127.0.0.1:1"
DEADLINE = 60.0
"""Seconds; a process needs far less than one."""


def start(folder, *command):
    environment = {**os.environ, "PULUMI_PYTHON_CMD": sys.executable}
    environment.pop("PYTHONPATH", None)
    return subprocess.Popen(command, cwd=folder, env=environment, stdout=subprocess.PIPE, text=True)


def answers(process):
    """Whether the port that the process prints is the plugin's."""
    with grpc.insecure_channel(f"127.0.0.1:{int(process.stdout.readline())}") as channel:
        stub = provider_pb2_grpc.ResourceProviderStub(channel)
        return stub.GetPluginInfo(empty_pb2.Empty(), wait_for_ready=True, timeout=DEADLINE).version


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_serves_from_any_folder_and_ends_when_told(tmp_path, number):
    (tmp_path / "local.py").write_text("raise SystemExit('the program is not to be imported')")
    with start(tmp_path, PLUGIN, ENGINE) as process:
        assert answers(process) == "7.51.1"
        process.send_signal(number)
        assert process.wait(DEADLINE) == 0
        assert process.stdout.read() == ""


def test_it_ends_on_an_interrupt_in_the_background_too(tmp_path):
    with start(tmp_path, "sh", "-c", 'trap "" INT; exec "$0" "$1"', PLUGIN, ENGINE) as process:
        assert answers(process)
        process.send_signal(signal.SIGINT)
        assert process.wait(DEADLINE) == 0


def test_it_does_not_outlive_a_killed_engine(tmp_path):
    with start(tmp_path, "sh", "-c", '"$0" "$1" & echo $! >pid; wait', PLUGIN, ENGINE) as engine:
        assert answers(engine)
        plugin = Path(f"/proc/{int((tmp_path / 'pid').read_text())}")
        engine.kill()
        engine.wait(DEADLINE)
        end = time.monotonic() + DEADLINE
        while runs(plugin):
            assert time.monotonic() < end, "the plugin outlived the engine"
            time.sleep(0.05)


def runs(process):
    """Whether it is there and no zombie: in a container nobody may collect an orphan."""
    try:
        return (process / "stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
