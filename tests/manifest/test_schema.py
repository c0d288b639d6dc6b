"""The JSON Schema that editors get: it takes what the program takes, and no wrong type and unknown key."""

import json
from pathlib import Path

import pytest
import yaml
from jsonschema import Draft202012Validator

from manifest.__main__ import PAGES
from tests.manifest.keys import OF_EVERY_TYPE, keys, wrong_values

ROOT = Path(__file__).parents[2]
SCHEMA = json.loads((ROOT / "manifest/app-file.schema.json").read_text())
KEYS = [*keys()]


def faults(text):
    return [*Draft202012Validator(SCHEMA).iter_errors(yaml.safe_load(text) or {})]


@pytest.mark.parametrize(
    ("page", "file"), [("schema", "manifest/app-file.schema.json"), ("reference", "docs/app-file.md")]
)
def test_what_is_made_of_the_model_is_fresh(page, file):
    assert (ROOT / file).read_text() == PAGES[page](), "run: make schema"


def test_it_is_a_schema():
    Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("key", KEYS, ids=lambda key: key.name)
def test_it_takes_what_the_program_takes_and_no_wrong_type(project, key):
    refused = 0
    for value in wrong_values(key):
        lines = key.file(value)
        project.write("apps/hello.yaml", *lines)
        if not project.problems():
            assert faults("\n".join(lines)) == []
        refused += value in OF_EVERY_TYPE and faults("\n".join(lines)) != []
    assert refused >= 4


@pytest.mark.parametrize("key", KEYS, ids=lambda key: key.name)
def test_null_may_stand_anywhere(key):
    assert faults("\n".join(key.file("null"))) == []


@pytest.mark.parametrize("key", KEYS, ids=lambda key: key.name)
def test_a_misspelt_key_is_refused_anywhere(key):
    (fault,) = faults("\n".join(key.file("null", misspelt=True)))
    unknown = [one.message for one in within(fault) if one.validator == "additionalProperties"]
    assert any(f"'{key.misspelt}'" in message for message in unknown)


def within(fault):
    """A fault and those of the choices that it found none of to fit."""
    return [fault, *(one for inner in fault.context for one in within(inner))]


APPS = sorted(ROOT.glob("apps/**/*.yaml"))


def test_apps_were_found():
    assert {"hello.yaml", "reference.yaml"} <= {file.name for file in APPS}


@pytest.mark.parametrize("file", APPS, ids=lambda file: file.name)
def test_it_takes_every_app_and_each_is_wired_to_it(file):
    first, _, rest = file.read_text().partition("\n")
    assert faults(rest) == []
    assert first == "# yaml-language-server: $schema=../manifest/app-file.schema.json"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x-own: {anything: [at, all]}",
        "subnet: subnet-0000000a",
        "healthcheck: /up",
        "env: {A: b, B: 5, C: null}",
        "tags: {a: b, c: 5, d: null}",
        "healthcheck: {success_codes: 200}",
        "deploy: {max_parallel: 2}",
        "deploy: {max_parallel: 25%}",
        "processes: {web: null, worker: {subnet: subnet-0000000a, healthcheck: /up}}",
        "environments: null",
        "environments: {dev: null}",
        "environments: {dev: {count: 0, x-own: 5, subnet: null, processes: {web: {count: 2}}}}",
    ],
)
def test_it_takes_what_a_layer_may_say(text):
    assert faults(text) == []


@pytest.mark.parametrize(
    "text",
    [
        "environments: [dev]",
        "environments: {dev: 5}",
        "environments: {dev: {count: three}}",
        "environments: {dev: {environments: {prod: {}}}}",
        "processes: {web: {source: .}}",
        "processes: {web: {x-own: 5}}",
        "processes: {Web: {}}",
        "env: {A-B: c}",
        "env: {A: true}",
        "subnet: [subnet-0000000a]",
        "healthcheck: up",
        "deploy: {max_parallel: 0}",
        "deploy: {max_parallel: half}",
        "- a list",
    ],
)
def test_it_refuses(text):
    assert faults(text) != []


def test_editors_show_help_for_every_key():
    def lacking(keys, at=""):
        return [at + key for key, schema in keys.items() if not {"description", "$ref"} & {*schema}]

    models = [SCHEMA, *SCHEMA["$defs"].values()]
    assert [lacking(model["properties"]) for model in models] == [[]] * len(models)
