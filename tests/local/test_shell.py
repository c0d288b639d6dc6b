"""`python -m local shell`: where there is nothing to enter, and what is carried in."""

from datetime import UTC, datetime

import pytest

from local import shell
from local.connection import Connection
from local.errors import LocalError
from local.instances import Instance

NSPAWN = Connection(
    pid=1, endpoint="", region="", account="", access_key="", secret_key="", machines="nspawn"
)


def instance(state: str) -> Instance:
    launched = datetime(2026, 1, 1, tzinfo=UTC)
    return Instance(
        id="i-0a1", name="", state=state, image="", private_ip="", public_ip="", launched=launched
    )


@pytest.mark.parametrize("state", ["stopped", "terminated"])
def test_what_does_not_run_is_not_entered(state: str) -> None:
    with pytest.raises(LocalError, match=f"instance i-0a1 is {state}: there is nothing to enter"):
        shell.enter(NSPAWN, instance(state), [])


def test_a_machine_that_is_not_there_is_not_entered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shell, "become_root", lambda: None)
    with pytest.raises(LocalError, match="no machine of instance i-0a1 runs here"):
        shell.enter(NSPAWN, instance("running"), [])


def test_nothing_of_ours_goes_in_but_the_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "planted")
    monkeypatch.setenv("TERM", "vt100")
    assert "planted" not in shell.environment().values()
    assert shell.environment()["TERM"] == "vt100"


def test_a_command_is_carried_word_by_word() -> None:
    argv = shell.entering(4711, ["sh", "-c", "exit 7", "--help"])
    assert argv[:2] == ["nsenter", "--target=4711"]
    assert argv[argv.index("--") :] == ["--", "sh", "-c", "exit 7", "--help"]
