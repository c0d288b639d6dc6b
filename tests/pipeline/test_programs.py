"""Programs that a step needs and that are not there: told, not raised."""

import sys

import pytest

from pipeline.__main__ import main


@pytest.mark.parametrize(
    ("arguments", "name"),
    [
        (["comment"], "pulumi"),
        (["comment", "--base", "HEAD"], "git"),
        (["deploy"], "pulumi"),
        (["repair"], "pulumi"),
    ],
    ids=str,
)
def test_a_missing_one_is_told_with_where_it_is_had(arguments, name, capsys, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", "/nonexistent")
    monkeypatch.setenv("COMMIT", "" if name == "git" else "abc")
    monkeypatch.setattr(sys, "argv", ["pipeline", *arguments, "--stack", "dev"])
    assert main() == 1
    assert capsys.readouterr().err.splitlines()[-1].startswith(f"error: there is no {name} command; next: ")
