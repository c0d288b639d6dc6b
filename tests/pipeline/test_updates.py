"""Whose lock may be taken away."""

import getpass
import json
import os
import socket
from datetime import UTC, datetime, timedelta

import pytest
import yaml

from pipeline.locks import LONGEST, Lock, parse_locks, why_kept
from pipeline.updates import deployed_commit
from tests.repository import WORKFLOWS

TOLD = """\
error: the stack is currently locked by 2 lock(s). Either wait for the other process(es) to end or delete ...
  file:///x/1.json: created by runner@fv-az1 (pid 1234) at 2026-01-01T00:00:00Z
  file:///x/2.json: created by anna@laptop.local (pid 99) at 2026-01-01T00:00:00Z
"""
COMMIT = "a" * 40
ME, HERE = getpass.getuser(), socket.gethostname()


SINCE = datetime(2026, 1, 1, tzinfo=UTC)


def lock(user, host, pid):
    return Lock(user=user, host=host, pid=pid, since=SINCE)


def test_every_holder_is_read():
    assert parse_locks(TOLD) == [lock("runner", "fv-az1", 1234), lock("anna", "laptop.local", 99)]


@pytest.mark.parametrize(
    ("lock", "after", "why"),
    [
        (lock(ME, "another-runner", os.getpid()), LONGEST, None),
        (lock(ME, "another-runner", os.getpid()), LONGEST - timedelta(seconds=1), "until 01:00 UTC"),
        (lock("anna", "another-runner", 1), LONGEST, "anna@another-runner (pid 1) is a person"),
        (lock(ME, HERE, os.getpid()), LONGEST, "is at work"),
        (lock(ME, HERE, 2**22 + 1), timedelta(0), None),
    ],
)
def test_the_lock_of_one_who_may_be_at_work_stays(lock, after, why):
    said = why_kept(lock, SINCE + after)
    assert said is None if why is None else why in said


def test_no_job_takes_longer_than_its_lock_is_kept():
    jobs = yaml.safe_load((WORKFLOWS / "update.yml").read_text())["jobs"]
    assert timedelta(minutes=jobs["update"]["timeout-minutes"]) == LONGEST


@pytest.mark.parametrize(
    ("outputs", "commit"),
    [
        ({"commit": COMMIT}, COMMIT),
        ({"commit": f"{COMMIT}-dirty"}, None),
        ({"commit": None}, None),
        ({"apps": {}}, None),
    ],
)
def test_only_a_whole_commit_is_one_to_repair_from(outputs, commit, monkeypatch):
    monkeypatch.setattr("pipeline.updates.asked", lambda *_: json.dumps(outputs))
    assert deployed_commit("dev") == commit
