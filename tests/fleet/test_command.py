"""Other programs: what they print is kept, and a missing one is told alike by all who call it."""

import sys

import pytest

from fleet import command
from fleet.command import MissingError
from fleet.commit import checked_out
from operate import rollout


@pytest.fixture
def nothing(monkeypatch):
    """A shell that finds no command."""
    monkeypatch.setenv("PATH", "/nonexistent")


def test_what_it_prints_is_kept_whatever_its_exit_code(tmp_path):
    done = command.ask("git", "rev-parse", "HEAD", folder=tmp_path)
    assert (done.returncode, done.stdout) == (128, "")
    assert "not a git repository" in done.stderr


@pytest.mark.usefixtures("nothing")
@pytest.mark.parametrize("how", [command.ask, command.become])
@pytest.mark.parametrize(
    ("name", "where"), [("pulumi", "https://www.pulumi.com/docs/install/"), ("git", "https://git-scm.com/")]
)
def test_a_missing_one_is_told_with_where_it_is_had(how, name, where):
    with pytest.raises(MissingError, match=f"there is no {name} command; next: {where}"):
        how(name, "version")


@pytest.mark.usefixtures("nothing", "ready_dev")
def test_a_rollout_without_pulumi_begins_nothing(capsys, monkeypatch):
    monkeypatch.setattr(sys, "argv", ["rollout", "hello", "--stack", "dev"])
    assert rollout.main() == 2
    assert capsys.readouterr().err.startswith("error: there is no pulumi command; next: ")


@pytest.mark.usefixtures("nothing")
def test_without_git_nobody_knows_the_commit(tmp_path):
    assert checked_out(tmp_path) is None
