"""`python -m local` on a real machine: shell, logs, and what doctor finds when the daemon was killed."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest

from local.home import CHECKOUT
from tests.stack import Stack, eventually, own_stack

pytestmark = pytest.mark.machines

NAME = "by-hand.web.0.3fa9c1d2"


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with own_stack(tmp_path_factory.mktemp("hand"), "nspawn") as stack:
        yield stack


@pytest.fixture(scope="module")
def instance(stack: Stack) -> str:
    name = {"ResourceType": "instance", "Tags": [{"Key": "Name", "Value": NAME}]}
    launch = {"ImageId": "ami-0c0ffee0000000012", "InstanceType": "t3.micro", "TagSpecifications": [name]}
    launched = stack.client("ec2").run_instances(MinCount=1, MaxCount=1, **launch)["Instances"]
    eventually(lambda: " login:" in local(stack, "logs", NAME).stdout, "the end of its boot")
    return str(launched[0]["InstanceId"])


def local(stack: Stack, command: str, *words: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    argv = [sys.executable, "-m", "local", command, "--home", str(stack.home.path), *words]
    return subprocess.run(argv, cwd=CHECKOUT, input=stdin, capture_output=True, text=True, check=False)


def test_a_command_runs_in_the_machine_and_its_exit_code_is_ours(stack, instance):
    for word in (instance, instance[:8], NAME, "by-hand"):
        done = local(stack, "shell", word, "--", "sh", "-c", 'echo "$(hostname) $(whoami) $PWD"; exit 7')
        assert (done.returncode, done.stderr) == (7, "")
        assert done.stdout.startswith("ip-172-31-")
        assert done.stdout.endswith(" root /root\n")


def test_without_a_command_it_is_a_login_shell(stack, instance):
    done = local(stack, "shell", instance, stdin="shopt -q login_shell && systemctl is-active cron; exit 3\n")
    assert (done.returncode, done.stdout) == (3, "active\n"), done.stderr


def test_a_command_that_is_not_there_is_said(stack, instance):
    done = local(stack, "shell", instance, "no-such-command")
    assert done.returncode == 127
    assert "no-such-command" in done.stderr


def test_a_stopped_machine_is_not_entered(stack, instance):
    ec2 = stack.client("ec2")
    ec2.stop_instances(InstanceIds=[instance])
    eventually(lambda: NAME in stack.instances("stopped"), "its stop")
    done = local(stack, "shell", NAME)
    assert (done.returncode, "is stopped" in done.stderr) == (1, True)
    assert " login:" in local(stack, "logs", NAME).stdout
    ec2.start_instances(InstanceIds=[instance])
    eventually(lambda: NAME in stack.instances("running"), "its start")


def test_doctor_finds_what_a_killed_daemon_left_and_its_cure_removes_it(stack, instance):
    ours = f"left by {stack.home.name}: "
    before = local(stack, "doctor")
    assert f"ok  local AWS: answers on {stack.home.endpoint}" in before.stdout
    assert ours not in before.stdout
    os.kill(stack.connection.pid, signal.SIGKILL)
    eventually(lambda: ours in local(stack, "doctor").stdout, "the leftovers")
    after = local(stack, "doctor")
    assert after.returncode == 1
    assert f"--  local AWS: process {stack.connection.pid} was killed" in after.stdout
    (line,) = [line for line in after.stdout.splitlines() if ours in line]
    for kind in ("namespace", "veth", "nft table", "loop device", "process", "socket folder"):
        assert kind in line
    cure = f"down --home {stack.home.path.resolve()}"
    assert line.endswith(cure)
    subprocess.run([sys.executable, "-m", "local", *cure.split()], cwd=CHECKOUT, check=True)
    assert ours not in local(stack, "doctor").stdout
