"""Pull requests against what runs: git repositories with a change in, the comments' texts out.

`UPDATE_GOLDEN=1 pytest tests/engine/test_pull_requests.py` writes them anew.
"""

import re
from dataclasses import dataclass

import pytest

from tests.engine.merged import Merged, merged
from tests.pipeline.conftest import golden
from tests.stack import own_stack

pytestmark = pytest.mark.engine


@dataclass(frozen=True)
class PullRequest:
    """A change on top of what was merged and rolled out."""

    merged: Merged
    serves: str

    def comment(self):
        """What the step of preview.yml makes of it, and its exit code."""
        commit = self.merged.commit("change")
        done = self.merged.step("preview.yml", "Say what changes", STACK="local")
        text = (self.merged.folder / "comment.md").read_text()
        return text.replace(commit[:8], "COMMIT").replace(self.serves[:8], "BASE"), done.returncode


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    with own_stack(tmp_path_factory.mktemp("pull-requests"), "simulated") as stack:
        made = merged(stack)
        assert stack.pulumi("config", "set", "maxReplaced", "50%").code == 0
        stack.app("hello", source="../slugs/hello", count=3, env={"GREETING": "hello"})
        stack.app("worker", cmd="bin/work", processes={"worker": {"cmd": "bin/work"}}, healthcheck={})
        made.commit("base")
        stack.up()
        yield made


@pytest.fixture
def pull_request(base):
    before = base.head()
    yield PullRequest(base, before)
    base.git("reset", "--quiet", "--hard", before)


def test_one_env_value(pull_request):
    pull_request.merged.stack.app("hello", source="../slugs/hello", count=3, env={"GREETING": "good day"})
    text, code = pull_request.comment()
    assert code == 0
    golden("env-value.md", text)


def test_a_further_app(pull_request):
    pull_request.merged.stack.app("shop", count=2, env={"CURRENCY": "EUR"}, allow_from=[])
    text, _ = pull_request.comment()
    golden("further-app.md", text)


def test_a_broken_file(pull_request):
    pull_request.merged.stack.app("hello", source="../slugs/hello", cuont=3, port="80", cmd="")
    text, code = pull_request.comment()
    assert code != 0
    golden("broken-file.md", text)


def test_the_defaults(pull_request):
    folder = pull_request.merged.stack.project / "apps"
    (folder / "_defaults.yaml").write_text("instance_type: t3.small\n")
    text, code = pull_request.comment()
    assert code != 0
    golden("defaults.md", text)
    (line,) = re.findall(r"^  compute-instances:approved: plan-\w+$", text, re.MULTILINE)
    file = pull_request.merged.folder / "Pulumi.local.yaml"
    file.write_text(file.read_text().replace("config:\n", f"config:\n{line}\n"))
    text, code = pull_request.comment()
    assert code == 0
    golden("defaults-approved.md", text)


def test_an_app_that_goes(pull_request):
    (pull_request.merged.stack.project / "apps/worker.yaml").unlink()
    text, _ = pull_request.comment()
    golden("app-goes.md", text)


def test_nothing(pull_request):
    (pull_request.merged.stack.project / "README.md").write_text("words\n")
    text, _ = pull_request.comment()
    golden("nothing.md", text)


def test_a_stack_that_there_is_not(pull_request):
    """Pulumi says so before it tells any JSON."""
    merged = pull_request.merged
    assert merged.step("preview.yml", "Say what changes", STACK="lcoal").returncode == 1
    text = (merged.folder / "comment.md").read_text()
    assert "## lcoal: nothing can be rolled out" in text
    assert "no stack named" in text
