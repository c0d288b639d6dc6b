"""Environments are found by their files."""

import json
from dataclasses import dataclass

import pytest

from pipeline.environments import environments
from tests.pipeline.conftest import DEV
from tests.repository import Repository
from tests.stack import ROOT

VARIABLES = {
    f"{name}_{stack}": f"{name.lower()} of {stack.lower()}"
    for name in ("PULUMI_BACKEND_URL", "PREVIEW_ROLE", "DEPLOY_ROLE")
    for stack in ("DEV", "EU_WEST")
}


@dataclass(frozen=True)
class Step:
    """The one of deploy.yml that finds them, and what GitHub has of it."""

    checkout: Repository

    def __call__(self, only="", variables=VARIABLES):
        files = {name: self.checkout.folder / name for name in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY")}
        for file in files.values():
            file.write_text("")
        told = {
            "ONLY": only,
            "VARS": json.dumps(variables),
            **{name: str(file) for name, file in files.items()},
        }
        done = self.checkout.step("deploy.yml", "Find the environments", **told)
        return done, files["GITHUB_STEP_SUMMARY"].read_text()

    def outputs(self, **keys):
        """Name -> stacks."""
        done, _ = self(**keys)
        assert done.returncode == 0, done.stderr
        lines = (self.checkout.folder / "GITHUB_OUTPUT").read_text().splitlines()
        return {name: json.loads(value) for name, value in (line.split("=", 1) for line in lines)}


@pytest.fixture
def found(checkout):
    return Step(checkout)


def stacks(outputs):
    return {name: [one["stack"] for one in rows] for name, rows in outputs.items()}


def test_as_shipped_there_are_two_and_what_they_lack_is_said():
    shipped = environments(ROOT, None)
    assert [(one.stack, one.region) for one in shipped] == [("dev", "eu-central-1"), ("prod", "eu-central-1")]
    assert all("documentation account" in " ".join(one.missing()) for one in shipped)


def test_a_third_one_joins_by_its_file(checkout, found):
    checkout.write("Pulumi.eu-west.yaml", DEV.replace("eu-central-1", "eu-west-1"))
    checkout.write("Pulumi.local.yaml", DEV)
    outputs = found.outputs()
    assert stacks(outputs) == {
        "all": ["dev", "eu-west"],
        "ready": ["dev", "eu-west"],
        "first": ["dev"],
        "others": ["eu-west"],
    }
    assert outputs["others"] == [
        {
            "stack": "eu-west",
            "region": "eu-west-1",
            "backend": "pulumi_backend_url of eu_west",
            "preview_role": "preview_role of eu_west",
            "deploy_role": "deploy_role of eu_west",
            "problems": [],
            "unset": [],
            "previews": True,
        }
    ]
    assert stacks(found.outputs(only="eu-west"))["all"] == ["eu-west"]


@pytest.mark.parametrize(
    ("unset", "previews", "deploys"),
    [("PULUMI_BACKEND_URL", False, False), ("PREVIEW_ROLE", False, True), ("DEPLOY_ROLE", True, False)],
)
def test_what_a_variable_is_missing_for_is_left_out_and_said(found, unset, previews, deploys):
    """Without a backend pulumi would go to Pulumi Cloud."""
    some = {name: value for name, value in VARIABLES.items() if not name.startswith(unset)}
    outputs = found.outputs(variables=some)
    assert [one["previews"] for one in outputs["all"]] == [previews]
    assert [bool(outputs[name]) for name in ("first", "ready")] == [deploys, deploys]
    done, summary = found(variables=some)
    for told in (done.stderr, summary):
        assert f"dev is not set up: the repository has no variable {unset}_DEV" in told


def test_where_nobody_is_told_the_variables_none_is_missed(found):
    outputs = found.outputs(variables=None)
    assert [one["previews"] for one in outputs["all"]] == [False]
    assert found(variables=None)[1] == ""


def test_one_that_cannot_be_read_is_not_ready(checkout, found):
    checkout.write("Pulumi.dev.yaml", "config: [\n")
    assert stacks(found.outputs()) == {"all": ["dev"], "ready": [], "first": [], "others": []}
    assert "Pulumi.dev.yaml" in found()[1]


def test_a_name_that_is_none_is_refused(found):
    done, _ = found(only="prdo")
    assert done.returncode == 1
    assert "there is no Pulumi.prdo.yaml" in done.stderr
