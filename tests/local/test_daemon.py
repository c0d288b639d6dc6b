"""`python -m local`: up, env, status, logs, down, and what a killed daemon leaves behind."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from local import supervise
from local.connection import known
from local.home import CHECKOUT, Home
from tests.local.conftest import eventually

if TYPE_CHECKING:
    from tests.local.conftest import Aws


def local(command: str, home: Home, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "local", command, "--home", str(home.path), *arguments],
        cwd=CHECKOUT, capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    place = Home(tmp_path / "home")
    yield place
    supervise.end(place)


def test_up_env_status_logs_down(home: Home) -> None:
    up = local("up", home, "--machines", "simulated")
    assert (up.returncode, up.stdout) == (0, ""), up.stderr
    assert home.endpoint in up.stderr

    exports = json.loads(local("env", home, "--json").stdout)
    assert exports["AWS_ENDPOINT_URL"] == home.endpoint
    launched = aws_cli(exports, "ec2", "run-instances", "--image-id", "ami-0c0ffee0000000012",
                       "--instance-type", "t3.micro")  # fmt: skip
    instance = launched["Instances"][0]["InstanceId"]

    status = local("status", home)
    assert instance in status.stdout
    assert local("logs", home, instance).stdout.endswith("login: ")
    unknown = local("logs", home, "i-0123456789abcdef0")
    assert (unknown.returncode, "Traceback" in unknown.stderr) == (1, False)
    assert "'i-0123456789abcdef0' does not exist" in unknown.stderr
    assert local("logs", home, instance[:-1]).stdout.endswith("login: ")
    simulated = local("shell", home, instance)
    assert (simulated.returncode, "is simulated" in simulated.stderr) == (1, True)

    (home.machines / instance).mkdir(parents=True)
    down = local("down", home)
    assert (down.returncode, down.stdout) == (0, ""), down.stderr
    assert not home.path.exists()
    assert supervise.serving(home) is None


def aws_cli(exports: dict[str, str], *arguments: str) -> dict[str, list[dict[str, str]]]:
    command = [str(Path(sys.executable).parent / "aws"), *arguments, "--output", "json"]
    done = subprocess.run(command, env=os.environ | exports, capture_output=True, text=True, check=True)
    answer: dict[str, list[dict[str, str]]] = json.loads(done.stdout)
    return answer


def test_the_environment_is_a_shell_s_and_tells_that_it_changes_it(home: Home) -> None:
    local("up", home, "--machines", "simulated")
    env = local("env", home)
    assert "now talks to the local AWS" in env.stderr
    script = f'export AWS_PROFILE=mine\n{env.stdout}\necho "$AWS_ENDPOINT_URL ${{AWS_PROFILE-unset}}"'
    assert subprocess.check_output(["bash", "-euc", script], text=True) == f"{home.endpoint} unset\n"


def test_a_second_up_finds_the_first(home: Home) -> None:
    first = supervise.start(home, "simulated")
    assert local("up", home).returncode == 0
    assert supervise.start(home, "simulated") == known(home) == first
    other = local("up", home, "--machines", "nspawn")
    assert other.returncode == 1
    assert "is up, with simulated machines" in other.stderr


def test_a_lag_of_iam_is_said_and_not_changed_by_another_up(home: Home) -> None:
    up = local("up", home, "--machines", "simulated", "--iam-lag", "7.5")
    assert "simulated machines, IAM 7.5 s late" in up.stderr
    assert local("up", home).returncode == 0
    other = local("up", home, "--iam-lag", "0")
    assert other.returncode == 1
    assert "is up, with simulated machines, IAM 7.5 s late" in other.stderr
    assert local("up", home, "--iam-lag", "-1").returncode == 2


def test_nothing_is_up_is_said_without_a_traceback(home: Home) -> None:
    assert local("status", home).returncode == 3
    assert local("down", home).returncode == 0
    for command in (("env",), ("addresses",), ("logs", "i-1"), ("shell", "i-1")):
        asked = local(command[0], home, *command[1:])
        assert asked.returncode == 1
        assert asked.stderr.startswith("error: the local AWS of ")
        assert "Traceback" not in asked.stderr


def test_wrong_usage_is_told_apart(home: Home) -> None:
    assert local("up", home, "--machines").returncode == 2
    unknown = local("up", home, "--machines", "quantum")
    assert (unknown.returncode, "no 'quantum' machines" in unknown.stderr) == (1, True)


def test_after_a_kill_up_starts_another_with_nothing_of_the_old(home: Home) -> None:
    killed = supervise.start(home, "simulated")
    killed.client("ec2").create_key_pair(KeyName="before")
    os.kill(killed.pid, signal.SIGKILL)
    assert local("status", home).returncode == 3
    assert local("up", home, "--machines", "simulated").returncode == 0
    fresh = supervise.required(home)
    assert fresh.pid != killed.pid
    assert fresh.client("ec2").describe_key_pairs()["KeyPairs"] == []


def test_after_a_kill_down_removes_what_is_left(home: Home) -> None:
    killed = supervise.start(home, "simulated")
    os.kill(killed.pid, signal.SIGKILL)
    assert local("down", home).returncode == 0
    assert not home.path.exists()


def test_after_a_start_that_was_cut_short_down_removes_what_is_left(home: Home) -> None:
    home.path.mkdir()
    home.log_file.touch()
    assert local("down", home).returncode == 0
    assert not home.path.exists()


def test_a_daemon_that_no_longer_answers_is_replaced(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    stuck = supervise.start(home, "simulated")
    monkeypatch.setattr(supervise, "_ANSWER_SECONDS", 1.0)
    os.kill(stuck.pid, signal.SIGSTOP)
    assert supervise.start(home, "simulated").pid != stuck.pid


def test_two_stand_side_by_side(home: Home, aws: "Aws") -> None:
    other = supervise.start(home, "simulated")
    instance = aws.run()
    assert other.endpoint != aws.connection.endpoint
    assert other.client("ec2").describe_instances()["Reservations"] == []
    supervise.end(home)
    aws.becomes(instance, "running")


def test_keys_of_one_are_no_keys_of_another(home: Home, aws: "Aws") -> None:
    other = supervise.start(home, "simulated")
    assert (other.access_key, other.secret_key) != (aws.connection.access_key, aws.connection.secret_key)
    assert other.secret_key not in repr(other)
    assert home.connection_file.stat().st_mode & 0o777 == 0o600


def test_a_start_that_was_broken_off_leaves_no_daemon(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    def break_off(_: Home) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(supervise, "known", lambda _: break_off(_) if supervise._daemon(home) else None)
        with pytest.raises(KeyboardInterrupt):
            supervise.start(home, "simulated")
    assert supervise._daemon(home) is None


def test_one_that_still_starts_is_waited_for_by_up_and_ended_by_down(home: Home) -> None:
    home.path.mkdir()
    with supervise._spawn(home, "simulated", 0.0) as first:  # and nobody waits for it
        eventually(lambda: supervise._daemon(home) == first.pid)
        assert supervise.start(home, "simulated").pid == first.pid
        supervise.end(home)
    home.path.mkdir(exist_ok=True)
    with supervise._spawn(home, "simulated", 0.0) as second:
        eventually(lambda: supervise._daemon(home) == second.pid)
        supervise.end(home)
        assert second.wait() is not None
    assert not home.path.exists()
