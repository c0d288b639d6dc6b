"""The door for processes: what it gives, and how a failure reads."""

import pytest

from local.aws.run import run, succeeds
from local.errors import LocalError


def test_it_gives_what_was_printed() -> None:
    assert run("cat", stdin="some input") == "some input"


def test_a_failure_can_be_pasted_and_says_what_the_program_said() -> None:
    with pytest.raises(LocalError) as failure:
        run("sh", "-c", "echo told >&2; exit 3")
    assert str(failure.value) == "sh -c 'echo told >&2; exit 3'\n  ended with exit code 3: told"


def test_a_failure_with_input_shows_the_input() -> None:
    with pytest.raises(LocalError, match="its input was:\nadd rule"):
        run("false", stdin="add rule")


def test_a_missing_program_says_what_to_install() -> None:
    for door in (run, succeeds):
        with pytest.raises(LocalError, match="no-such-program is not installed\n  `make setup`"):
            door("no-such-program")


def test_an_answer_by_exit_code() -> None:
    assert succeeds("true")
    assert not succeeds("false")
