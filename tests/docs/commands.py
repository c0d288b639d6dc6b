"""What README and docs/ tell people to type, and which test types it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from tests.engine import page
from tests.stack import ROOT

PAGES: Final = (ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md")))

NAMED: Final = {
    page.PAGE.name: ("look", "cure"),  # every one is typed by tests/engine/test_cures.py
    page.FIRST_HOUR.name: ("do",),  # and by tests/engine/test_first_hour.py
    "aws-policies.md": ("do",),  # and by tests/engine/test_policies.py, but for gh, which would ask GitHub
}
"""Kinds of blocks whose tests read them from the page, and hold that none is left out."""

_PROGRAM: Final = (
    "make|pulumi|python3?|pip|aws|gh|git|curl|wget|ssh|docker|sudo|apt(?:-get)?|systemctl|journalctl|bash|sh"
    "|eval|export|unset|source|cd|cp|mv|rm|mkdir|chmod|cat|grep|find|sed|xargs|ps|kill|tail"
)
"""What a sentence quotes is a command if it begins with one of these, and more follows."""

_SPAN: Final = re.compile(rf"`((?:{_PROGRAM})\s(?:[^`\n]|\n(?!\n))+)`")
_COMMENT: Final = re.compile(r"\s+# .*$")


@dataclass(frozen=True)
class By:
    """The test that types it, or does exactly what it does: `FOLDER/FILE::TEST`."""

    test: str


@dataclass(frozen=True)
class Not:
    """No test does, and why."""

    why: str


HERE: Final = "typed as it stands, in this checkout, by tests/docs/test_commands.py"

_CURES, _HELLO, _FIRST_HOUR = "engine/test_cures", "machines/test_hello", "engine/test_first_hour"
_SHELL: Final = By("docs/test_shell::test_a_shell_of_the_local_aws")
_SCALED: Final = By(f"{_HELLO}::test_scaled_to_three_and_back_the_first_stays")
_FRESH: Final = By(f"{_CURES}::test_another_try_on_a_fresh_machine")
_INSTALLED: Final = By(f"{_FIRST_HOUR}::test_nothing_of_local_is_there_to_be_imported")
_COMES_UP: Final = By(f"{_FIRST_HOUR}::test_it_comes_up_and_a_second_up_changes_nothing")
_ANSWERS: Final = By(f"{_HELLO}::test_one_up_and_the_address_answers_hello_world")
_ALONE: Final = By("engine/test_blast_radius::test_each_apps_own_edit_and_one_app_alone_are_never_stopped")
_GITHUB: Final = Not("asks GitHub")
_PROFILE: Final = Not("needs an account with such a profile")

REGISTER: Final = {
    # the local AWS
    "make up": By(f"{_CURES}::test_a_killed_local_aws_comes_back_with_everything"),
    "make preview": By(f"{_CURES}::test_a_killed_local_aws_comes_back_with_everything"),
    "make down": _SHELL,
    "make local-env": _SHELL,
    'eval "$(make -s local-env)"': _SHELL,
    "aws ec2 describe-instances": _SHELL,
    "python -m local status": By("local/test_daemon::test_up_env_status_logs_down"),
    "make plugin": Not(
        "a large download; tests/engine/test_plugin.py shows that what is installed is what runs"
    ),
    "rm -r .local/pulumi/plugins": By("engine/test_plugin::test_an_installed_plugin_is_the_one_that_runs"),
    "curl http://127.237.112.2:5000": _ANSWERS,
    # apps and their life
    "cp apps/examples/node.yaml apps/": By(
        "machines/test_runtimes::test_every_sample_boots_from_its_file_alone"
    ),
    "python -m bootstrap hello --stack dev": HERE,
    "pulumi preview": _SHELL,
    "pulumi up": _SHELL,
    "pulumi preview --diff": By(
        "engine/test_rollout::test_preview_says_what_changes_and_why_and_creates_nothing"
    ),
    "pulumi config set --path counts.hello 3": _SCALED,
    "pulumi config set --path counts.APP 3": _SCALED,
    "make rollout": _ALONE,
    "make rollout STACK=dev APP=hello": _ALONE,
    "pulumi config set approved plan-9d2c5d28": By(
        "engine/test_blast_radius::test_an_edit_of_the_defaults_goes_out_when_it_is_named_and_the_next_one_not"
    ),
    "pulumi up --replace '**::hello.web.0.ffc8794c'": _FRESH,
    "pulumi up --refresh": By(f"{_CURES}::test_an_instance_that_was_terminated_is_made_again"),
    "pulumi stack output apps": _COMES_UP,
    # when something goes wrong
    "make orphans": By(f"{_CURES}::test_a_killed_update_leaves_lock_entry_and_orphan"),
    "python -m operate.orphans --stack dev [--yes]": By(
        f"{_CURES}::test_a_killed_update_leaves_lock_entry_and_orphan"
    ),
    "pulumi cancel": By(f"{_CURES}::test_a_killed_update_leaves_lock_entry_and_orphan"),
    "pulumi stack select dev": By("engine/test_cures::test_a_failed_gate"),
    "pulumi whoami -v": By(f"{_CURES}::test_a_state_that_a_kill_made_unreadable"),
    "aws s3api delete-bucket --bucket BUCKET": Not(
        "the local AWS is in us-east-1, where nothing has to be deleted"
    ),
    # on AWS
    "python3 -m venv ~/compute-instances && . ~/compute-instances/bin/activate": _INSTALLED,
    "pip install -r requirements.txt": _INSTALLED,
    "pulumi stack init dev": By(f"{_FIRST_HOUR}::test_the_stack_is_kept_there_and_encrypts_with_the_key"),
    "pulumi up -s dev": _COMES_UP,
    "pulumi login": By(f"{_FIRST_HOUR}::test_the_stack_is_kept_there_and_encrypts_with_the_key"),
    "curl ADDRESS": _ANSWERS,
    "aws configure": Not("asks for the keys of an account"),
    "aws configure sso": Not("opens a browser"),
    "aws sso login --profile work": Not("opens a browser"),
    "export AWS_PROFILE=work": _PROFILE,
    "pulumi config set aws:profile work": _PROFILE,
    "make test-aws STACK=dev": By(
        "engine/test_on_aws::test_without_confirm_make_says_what_it_costs_and_does_nothing"
    ),
    # pull requests
    "python -m pipeline comment --stack dev --base HEAD^1": By(
        "pipeline/test_fork::test_a_change_an_app_that_goes_and_one_that_comes"
    ),
    "pulumi stack output commit": By(
        "engine/test_unwatched::test_the_outputs_name_the_commit_that_was_accepted_last"
    ),
    'pulumi stack init NAME --secrets-provider "awskms://alias/pulumi-state?region=$REGION"': By(
        f"{_FIRST_HOUR}::test_the_stack_is_kept_there_and_encrypts_with_the_key"
    ),
    "git add Pulumi.NAME.yaml": Not("git's own"),
    'gh variable set PULUMI_BACKEND_URL_DEV --body "s3://$BUCKET?region=$REGION"': _GITHUB,
    'gh variable set PREVIEW_ROLE_DEV --body "arn:aws:iam::$ACCOUNT:role/preview-dev"': _GITHUB,
    'gh variable set DEPLOY_ROLE_DEV --body "arn:aws:iam::$ACCOUNT:role/deploy-dev"': _GITHUB,
    # the project itself
    "make test": Not("it is what runs this"),
    "make soak": Not("an hour; it is tests itself"),
    "make bench": Not("a measurement that wants the machine for itself"),
    "make schema": By("manifest/test_schema::test_what_is_made_of_the_model_is_fresh"),
    "make test-aws": By("engine/test_on_aws::test_without_confirm_make_says_what_it_costs_and_does_nothing"),
}
"""Command, without its comment -> who types it."""


def commands_of(name: str, text: str) -> Iterator[str]:
    """What a page tells to type: lines of console blocks that begin with `$ `, and what its sentences quote.

    But for the blocks that tests read from the page themselves.
    """
    for block in page.every_block(text):
        if block.language == "console" and block.kind not in NAMED.get(name, ()):
            yield from (_COMMENT.sub("", line[2:]) for line in block.lines if line.startswith("$ "))
    for span in _SPAN.findall(page.sentences(text)):
        yield " ".join(span.split())
