"""Environments are found by their files."""

import json

import pytest

from pipeline.environments import environments
from tests.pipeline.conftest import DEV
from tests.stack import ROOT


@pytest.fixture
def told(checkout):
    def told(*arguments):
        done = checkout.pipeline("environments", *arguments)
        return json.loads(done.stdout) if done.returncode == 0 else done.stderr

    return told


def test_as_shipped_there_are_two_and_what_they_lack_is_said():
    found = environments(ROOT)
    assert [(one.stack, one.variable, one.region) for one in found] == [
        ("dev", "DEV", "eu-central-1"),
        ("prod", "PROD", "eu-central-1"),
    ]
    assert all("documentation account" in " ".join(one.problems) for one in found)


def test_a_third_one_joins_by_its_file(checkout, told):
    checkout.write("Pulumi.eu-west.yaml", DEV.replace("eu-central-1", "eu-west-1"))
    checkout.write("Pulumi.local.yaml", DEV)
    assert told() == [
        {"stack": "dev", "variable": "DEV", "region": "eu-central-1", "problems": [], "ready": True},
        {"stack": "eu-west", "variable": "EU_WEST", "region": "eu-west-1", "problems": [], "ready": True},
    ]
    assert [one["stack"] for one in told("--only", "eu-west")] == ["eu-west"]


def test_one_that_cannot_be_read_is_not_ready(checkout, told):
    checkout.write("Pulumi.dev.yaml", "config: [\n")
    (one,) = told()
    assert not one["ready"]
    assert "Pulumi.dev.yaml" in one["problems"][0]


def test_a_name_that_is_none_is_refused(told):
    assert "there is no Pulumi.prdo.yaml" in told("--only", "prdo")
