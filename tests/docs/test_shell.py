"""The README's shell that talks to the local AWS, typed as it stands there."""

import pytest

from tests.docs.commands import commands_of
from tests.engine.operator import operator
from tests.stack import ROOT

pytestmark = pytest.mark.engine

BLOCK = 'eval "$(make -s local-env)"'


def block_of(command):
    """The commands of the README's block that begins with this one."""
    before, _, rest = (ROOT / "README.md").read_text().partition(f"```console\n$ {command}")
    assert before
    return [*commands_of("README.md", f"```console\n$ {command}{rest.partition('```')[0]}```")]


def test_a_shell_of_the_local_aws(simulated):
    simulated.app("hello", source="../slugs/hello")
    hands = operator(simulated, "local")
    first, *lines, status = block_of(BLOCK)
    assert (first, status) == (BLOCK, "python -m local status")  # which asks about the checkout's own
    seen = hands.runs("\n".join(["set -e", first, *lines]))
    assert seen.returncode == 0, seen.stdout
    (instance,) = simulated.instances().values()
    assert instance in seen.stdout
    down = hands.runs("make down")
    assert down.returncode == 0, down.stdout
    assert not simulated.home.connection_file.exists()
