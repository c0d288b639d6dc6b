"""Every command of README and docs/ is typed by a test, or it is said why not."""

import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from local.toolchain import versions
from tests.docs.commands import HERE, PAGES, REGISTER, By, commands_of
from tests.engine.page import FIRST_HOUR
from tests.stack import ROOT

STANDING = {command: page.name for page in PAGES for command in commands_of(page.name, page.read_text())}


def test_every_command_is_in_the_register():
    assert len(STANDING) > 20, "the pages have commands at all"
    assert {command: page for command, page in STANDING.items() if command not in REGISTER} == {}


def test_the_register_has_no_command_that_stands_nowhere():
    assert [command for command in REGISTER if command not in STANDING] == []


def test_every_test_that_it_names_exists():
    missing = [who.test for who in REGISTER.values() if isinstance(who, By) and not _exists(who.test)]
    assert missing == []


def _exists(test: str) -> bool:
    file, _, name = test.partition("::")
    path = ROOT / "tests" / f"{file}.py"
    return path.is_file() and f"\ndef {name}(" in path.read_text()


@pytest.mark.parametrize("command", [command for command, who in REGISTER.items() if who == HERE])
def test_typed_as_it_stands_it_succeeds(command):
    words = command.split()
    words[0] = str(Path(sys.executable).with_name(words[0]))
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout


def test_the_oldest_pulumi_is_the_same_wherever_it_is_said():
    """Pulumi itself refuses to run an older one, and the local AWS does not take it from PATH."""
    oldest = ".".join(map(str, versions.OLDEST_ON_PATH))
    project = yaml.safe_load((ROOT / "Pulumi.yaml").read_text())
    assert project["requiredPulumiVersion"] == f">={oldest}.0"
    assert f"{oldest} or newer" in FIRST_HOUR.read_text()


def test_commands_are_found_in_blocks_and_in_sentences():
    block = "```console\n$ make tea     # hot\n$ pulumi up\ntea\n```\n"
    text = f"Type `make\ncoffee` or `rm -r tea`, not `cuont`.\n{block}"
    assert [*commands_of("README.md", text)] == ["make tea", "pulumi up", "make coffee", "rm -r tea"]


def test_only_blocks_that_a_test_reads_are_passed_over():
    text = "```console do=up\n$ make tea\n```\n"
    assert [*commands_of("README.md", text)] == ["make tea"]
    assert [*commands_of("aws.md", text)] == []
