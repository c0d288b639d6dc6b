"""Every key with values that it may not have: what people are told, in golden/messages.txt.

`UPDATE_GOLDEN=1 pytest tests/manifest` writes it anew.
"""

import os
import re
from pathlib import Path

import pytest

from manifest.model import AppFile, Deploy, Healthcheck, ProcessKeys, RootVolume
from tests.manifest.keys import OF_EVERY_TYPE, keys, wrong_values

GOLDEN = Path(__file__).parent / "golden/messages.txt"
OF_THE_APP = [key for key in keys() if not key.of_a_process]
OF_A_PROCESS = [key for key in keys() if key.of_a_process]
NOT_OURS = re.compile(
    r"[Ii]nput should|[Vv]alid |Field |permitted|Value error|Extra |Assertion|pydantic|type=|\\d|\^|\$$"
)
"""Words of pydantic and Python, and patterns."""


@pytest.fixture
def told(project):
    """What is said of a key with a value."""

    def told(key, value, **how):
        project.write("apps/hello.yaml", *key.file(value, **how))
        return project.problems()

    return told


def shown(key, told):
    """A paragraph of the golden file."""
    yield key.name
    for value in wrong_values(key):
        short = value if len(value) < 16 else f"{value[:8]}... ({len(value)})"
        yield from (f"  {short:<18} {problem}" for problem in told(key, value) or ["is taken"])
    yield from (f"  {key.misspelt:<18} {problem}" for problem in told(key, "7", misspelt=True))


def test_every_message(told):
    text = "\n\n".join("\n".join(shown(key, told)) for key in OF_THE_APP) + "\n"
    if os.environ.get("UPDATE_GOLDEN"):
        GOLDEN.write_text(text)
    assert text == GOLDEN.read_text()
    assert not NOT_OURS.search(text)
    assert NOT_OURS.search("Input should be a valid string")


def test_every_key_was_looked_at():
    own = len(ProcessKeys.model_fields)
    nested = sum(len(model.model_fields) for model in (Healthcheck, RootVolume, Deploy))
    assert (own, nested) > (15, 10)
    assert len(OF_THE_APP) == len(AppFile.model_fields) + nested
    assert len(OF_A_PROCESS) == own + nested


@pytest.mark.parametrize("key", OF_THE_APP, ids=lambda key: key.name)
def test_a_wrong_value_is_told_under_its_key_and_at_its_line(key, told):
    problems = [told(key, value) for value in wrong_values(key)]
    refused = [problem for some in problems for problem in some]
    place = f"apps/hello.yaml:{len(key.file(''))}: {key.name}"
    assert [problem for problem in refused if not re.match(rf"{place}(\W|$)", problem)] == []
    assert sum(map(bool, problems[: len(OF_EVERY_TYPE)])) >= 4
    assert told(key, "7", misspelt=True)[0].endswith(f"unknown key (did you mean '{key.path[-1]}'?)")


@pytest.mark.parametrize("key", OF_A_PROCESS, ids=lambda key: key.name)
def test_of_a_process_the_same_is_told(key, told):
    """In its own place: processes.worker.port as port."""
    (of_the_app,) = [one for one in OF_THE_APP if one.path == key.path[2:]]
    for value in wrong_values(key):
        texts = [problem.partition(": ")[2] for problem in told(of_the_app, value)]
        line = len(key.file(""))
        if texts:
            expected = [f"apps/hello.yaml:{line}: processes.worker.{text}" for text in texts]
            assert told(key, value) == expected
