"""What a pull request from a fork is told: no account, the files of two commits."""

import shutil

import pytest

from tests.pipeline.conftest import golden
from tests.stack import ROOT

HELLO = """\
slug_url: https://slugs.example.com/hello.tar.gz
cmd: bin/web
allow_from: [0.0.0.0/0]
count: 3
env:
  GREETING: {greeting}
"""


@pytest.fixture
def pull_request(checkout):
    checkout.write("apps/hello.yaml", HELLO.format(greeting="hello"))
    checkout.write("apps/old.yaml", HELLO.format(greeting="bye"))
    checkout.commit("base")
    return checkout


def told(checkout, code=0, **variables):
    """The step of preview.yml."""
    done = checkout.step("preview.yml", "Say what the files tell", STACK="dev", **variables)
    assert done.returncode == code, done.stderr
    return (checkout.folder / "comment.md").read_text()


def test_a_change_an_app_that_goes_and_one_that_comes(pull_request):
    pull_request.write("apps/hello.yaml", HELLO.format(greeting="'@all, see #1 <b>now</b> `x`'"))
    pull_request.write("apps/new.yaml", "slug_url: https://slugs.example.com/new.tar.gz\ncmd: bin/web\n")
    pull_request.git("rm", "--quiet", "apps/old.yaml")
    pull_request.commit("change")
    golden("fork.md", told(pull_request))


def test_a_broken_file(pull_request):
    pull_request.write("apps/hello.yaml", HELLO.format(greeting="hi") + "cuont: 3\n")
    pull_request.commit("change")
    text = told(pull_request, 1)
    assert "nothing can be rolled out" in text
    assert "- `apps/hello.yaml:7`: cuont: unknown key (did you mean 'count'?)" in text


def test_no_change(pull_request):
    pull_request.write("README.md", "more words")
    pull_request.commit("change")
    assert "## dev: nothing changes" in told(pull_request)


def test_a_base_that_is_broken_is_said(checkout):
    checkout.write("apps/hello.yaml", "cuont: 3\n")
    checkout.commit("base")
    checkout.write("apps/hello.yaml", HELLO.format(greeting="hi"))
    checkout.commit("change")
    text = told(checkout)
    assert "shown as if it were new" in text
    assert "apps/hello.yaml:1: cuont" in text


def test_the_base_is_rendered_by_its_own_program(pull_request):
    """A change of the template alone changes every script."""
    template = pull_request.folder / "bootstrap"
    template.unlink()
    own_room(template)
    pull_request.commit("base with a room of its own")
    changed = template / "templates/user-data.sh.j2"
    changed.write_text(changed.read_text() + "# one more line\n")
    pull_request.commit("change")
    text = told(pull_request)
    assert "bootstrap: what every machine gets has changed" in text
    assert "+# one more line" in text


def test_another_program_is_asked_by_its_command_alone(pull_request):
    """However its modules call what they are made of."""
    room = pull_request.folder / "pipeline"
    room.unlink()
    pull_request.write("pipeline/__init__.py", "")
    pull_request.write("pipeline/rendered.py", "import sys\nprint('{}') if sys.argv[1] == 'dev' else 1 / 0\n")
    pull_request.commit("base with another program")
    shutil.rmtree(room)
    room.symlink_to(ROOT / "pipeline")
    pull_request.commit("change")
    text = told(pull_request)
    assert "has problems" not in text
    assert "- new: web 3 x t3.micro" in text


def test_a_base_that_is_none_is_gits_word_without_a_traceback(pull_request):
    done = pull_request.pipeline("comment", "--stack", "dev", "--base", "nonsense")
    assert done.returncode == 1
    assert done.stderr.startswith("error: `git worktree add")
    assert "invalid reference: nonsense" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_variable_that_is_not_set_is_said(pull_request):
    pull_request.commit("change")
    assert "the repository has no variable PREVIEW\\_ROLE\\_DEV" in told(pull_request, VARS=VARIABLES)


def test_a_forks_run_knows_no_variables_and_misses_none(pull_request):
    pull_request.commit("change")
    assert "variable" not in told(pull_request, VARS="null")


VARIABLES = '{"PULUMI_BACKEND_URL_DEV": "s3://x", "DEPLOY_ROLE_DEV": "arn:x"}'


def own_room(folder):
    shutil.copytree(ROOT / "bootstrap", folder, ignore=shutil.ignore_patterns("__pycache__"))


def test_an_environment_as_shipped_is_said_not_failed(pull_request):
    pull_request.write("Pulumi.dev.yaml", SHIPPED)
    pull_request.commit("change")
    text = told(pull_request)
    assert (
        "dev is not set up: Pulumi.dev.yaml:3: aws:allowedAccountIds: is AWS's documentation account" in text
    )


SHIPPED = """\
config:
  aws:region: eu-central-1
  aws:allowedAccountIds: ["111122223333"]
  shop:imageId: ami-00000000000000000
"""
