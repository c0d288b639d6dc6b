"""Whose lock may be taken away."""

import getpass
import json
import os
import socket

import pytest

from pipeline.updates import Lock, _may_live, deployed_commit, parse_locks

TOLD = """\
error: the stack is currently locked by 2 lock(s). Either wait for the other process(es) to end or delete ...
  file:///x/1.json: created by runner@fv-az1 (pid 1234) at 2026-01-01T00:00:00Z
  file:///x/2.json: created by anna@laptop.local (pid 99) at 2026-01-01T00:00:00Z
"""
COMMIT = "a" * 40
ME, HERE = getpass.getuser(), socket.gethostname()


def test_every_holder_is_read():
    assert parse_locks(TOLD) == [
        Lock(user="runner", host="fv-az1", pid=1234),
        Lock(user="anna", host="laptop.local", pid=99),
    ]


@pytest.mark.parametrize(
    ("lock", "lives"),
    [
        (Lock(user=ME, host="another-runner", pid=os.getpid()), False),
        (Lock(user="anna", host="another-runner", pid=1), True),
        (Lock(user=ME, host=HERE, pid=os.getpid()), True),
        (Lock(user=ME, host=HERE, pid=2**22 + 1), False),
    ],
)
def test_a_persons_lock_and_one_of_a_living_process_stay(lock, lives):
    assert _may_live(lock) is lives


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
    monkeypatch.setattr("pipeline.updates._asked", lambda *_: json.dumps(outputs))
    assert deployed_commit("dev") == commit
