"""`python -m bootstrap APP --stack STACK`."""

import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from bootstrap import render, slug_of
from bootstrap.__main__ import main
from manifest import load_apps, load_settings

ROOT = Path(__file__).parents[2]


@pytest.fixture
def project(tmp_path, monkeypatch):
    """The repository as shipped, and nobody to talk to."""
    for name in ("apps", "slugs"):
        shutil.copytree(ROOT / name, tmp_path / name)
    for file in ROOT.glob("Pulumi*.yaml"):
        shutil.copy(file, tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(socket, "socket", lambda *_, **__: pytest.fail("the network was asked"))
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: pytest.fail("a name was looked up"))
    return tmp_path


@pytest.fixture
def run(project, monkeypatch, capsys):
    """Runs the command: its exit code, stdout and stderr."""

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["bootstrap", *arguments])
        code = main()
        return code, *capsys.readouterr()

    return run


def test_prints_the_script_that_an_instance_gets(run, project):
    settings = load_settings(project, "dev")
    (app,) = [app for app in load_apps(project, settings) if app.name == "hello"]
    script = render(app.processes[0], slug_of(app, settings), settings)
    assert run("hello", "--stack", "dev") == (0, script.text, "")


TWO = "slug_url: https://slugs.example.com/a\ncmd: a\nprocesses: {worker: {cmd: b}}\n"


@pytest.mark.parametrize(
    ("wanted", "text"),
    [
        ("helo", "there is no app 'helo' (did you mean 'hello'?)"),
        ("x", "there is no app 'x' (known: hello, shop)"),
        ("shop", "app shop has several processes; say which of shop.web, shop.worker"),
        ("shop.wrker", "app shop has no process 'wrker' (did you mean 'shop.worker'?)"),
    ],
)
def test_what_is_not_there(run, project, wanted, text):
    (project / "apps/shop.yaml").write_text(TWO)
    assert run(wanted, "--stack", "dev") == (1, "", f"apps: {text}\n")


def test_one_process_of_several(run, project):
    (project / "apps/shop.yaml").write_text(TWO)
    code, out, _ = run("shop.worker", "--stack", "dev")
    assert (code, out.splitlines()[1][:22]) == (0, "# shop.worker on stack")


def test_a_stack_that_is_not_there(run):
    text = "Pulumi.nope.yaml: does not exist, so there is no stack 'nope'\n"
    assert run("hello", "--stack", "nope") == (1, "", text)


def test_all_problems_of_the_files(run, project):
    (project / "apps/a.yaml").write_text("cmd: x\nport: 0\n")
    (project / "apps/b.yaml").write_text("on: off")
    code, out, err = run("hello", "--stack", "dev")
    assert (code, out) == (1, "")
    assert (
        err
        == "apps/a.yaml:2: port: must be 1024 or more\napps/b.yaml:1: a key must be text; quote it: 'on'\n"
    )


def test_a_slug_that_cannot_be_packed(run, project):
    (project / "slugs/hello/out").symlink_to("/etc/passwd")
    code, out, err = run("hello", "--stack", "dev")
    assert (code, out) == (1, "")
    assert "slugs/hello/out: is a link to /etc/passwd, out of the slug" in err


def test_outside_of_a_project(run, project):
    (project / "Pulumi.yaml").unlink()
    assert run("hello", "--stack", "dev")[0] == 1
    (project / "Pulumi.dev.yaml").unlink()
    assert run("hello", "--stack", "dev")[0] == 1


def test_as_people_call_it():
    def bootstrap(*arguments):
        command = [sys.executable, "-m", "bootstrap", *arguments]
        return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    done = bootstrap("hello", "--stack", "dev")
    assert (done.returncode, done.stdout[:12], done.stderr) == (0, "#!/bin/bash\n", "")
    done = bootstrap("hello", "--stack", "nope")
    assert (done.returncode, done.stdout) == (1, "")
    assert "Traceback" not in done.stderr
