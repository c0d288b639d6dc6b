"""`python -m pipeline VERB`: what the workflows' steps run in the checkout; a person may run it as well."""

import argparse
import json
import os
import sys
import urllib.error
from collections.abc import Iterable
from dataclasses import asdict, replace
from pathlib import Path

from fleet.command import MissingError
from operate.state import StateError
from pipeline import actions, offline, updates
from pipeline.changes import Changes
from pipeline.commands import PipelineError, asked, say
from pipeline.comment import SUMMARY_LIMIT, comment, marker
from pipeline.environments import Environment, Variables, environment, environments
from pipeline.github import Repository, post, reviewers
from pipeline.preview import preview

_FIRST = "dev"
"""What is merged goes there at once, and to the others after it."""


def main() -> int:
    """Data on stdout, progress and faults on stderr; exits 1 with what is to be done."""
    arguments = _parser().parse_args()
    try:
        arguments.run(arguments)
    except (MissingError, PipelineError, StateError, urllib.error.URLError) as error:
        say(f"error: {error}")
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


def _environments(arguments: argparse.Namespace) -> None:
    found = [
        one
        for one in environments(Path.cwd(), _variables())
        if not arguments.only or one.stack == arguments.only
    ]
    if arguments.only and not found:
        raise PipelineError(f"there is no Pulumi.{arguments.only}.yaml, so no environment of that name")
    for line in (line for one in found for line in one.missing()):
        actions.warn(line)
    ready = [one for one in found if one.deploys]
    actions.output("all", _matrix(found))
    actions.output("ready", _matrix(ready))
    actions.output("first", _matrix(one for one in ready if one.stack == _FIRST))
    actions.output("others", _matrix(one for one in ready if one.stack != _FIRST))
    sys.stdout.write(f"{_matrix(found)}\n")


def _variables() -> Variables | None:
    """The repository's, as a step is given them; None where it is not, as in a run for a fork."""
    told: Variables | None = json.loads(os.environ.get("VARS") or "null")
    return told


def _matrix(of: Iterable[Environment]) -> str:
    return json.dumps([asdict(one) | {"previews": one.previews} for one in of])


def _comment(arguments: argparse.Namespace) -> None:
    stack, commit = arguments.stack, os.environ.get("COMMIT") or asked("git", "rev-parse", "HEAD").strip()
    changes = _from_files(arguments) if arguments.base else preview(stack, Path.cwd())
    actions.summarize(comment(changes, stack, commit, SUMMARY_LIMIT))
    actions.output("changes", json.dumps(bool(changes.apps or changes.resources or changes.problems)))
    sys.stdout.write(comment(changes, stack, commit))
    if changes.problems:
        raise PipelineError(f"as it is, this cannot be rolled out on {stack}; why stands above")


def _from_files(arguments: argparse.Namespace) -> Changes:
    changes = offline.changes_since(arguments.base, arguments.stack, Path.cwd())
    missing = environment(Path.cwd(), arguments.stack, _variables()).missing()
    return changes if changes.problems else replace(changes, notes=(*missing, *changes.notes))


def _post(arguments: argparse.Namespace) -> None:
    body = sys.stdin.read()
    if not body.startswith(marker(arguments.stack)):
        raise PipelineError(f"what stands on stdin is no comment for {arguments.stack}")
    sys.stdout.write(f"{post(_repository(), arguments.number, marker(arguments.stack), body)}\n")


def _approvers(arguments: argparse.Namespace) -> None:
    name = f"{arguments.stack}-approval"
    if not reviewers(_repository(), name):
        raise PipelineError(
            f"nobody was asked: the environment {name} has no required reviewers, so {arguments.stack} stays "
            f"as it is\n  next: Settings, Environments, {name}, Required reviewers; then run this again. "
            "In a private repository they need GitHub Enterprise"
        )


def _repository() -> Repository:
    return Repository(
        api=os.environ["GITHUB_API_URL"],
        name=os.environ["GITHUB_REPOSITORY"],
        token=os.environ["GITHUB_TOKEN"],
    )


def _deploy(arguments: argparse.Namespace) -> None:
    updates.deploy(arguments.stack, arguments.app)


def _repair(arguments: argparse.Namespace) -> None:
    updates.repair(arguments.stack)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m pipeline", description=__doc__)
    verbs = parser.add_subparsers(required=True, metavar="VERB")
    stack = argparse.ArgumentParser(add_help=False)
    stack.add_argument("--stack", required=True, help="the environment, such as dev")

    one = verbs.add_parser("environments", help="every environment but the local one, as JSON for a matrix")
    one.add_argument("--only", metavar="STACK")
    one.set_defaults(run=_environments)

    one = verbs.add_parser("comment", parents=[stack], help="Markdown of what changes in an environment")
    one.add_argument("--base", metavar="COMMIT", help="without an account: compare with this commit")
    one.set_defaults(run=_comment)

    one = verbs.add_parser(
        "post", parents=[stack], help="put the Markdown of stdin on a pull request, in place"
    )
    one.add_argument("number", type=int, metavar="PULL_REQUEST")
    one.set_defaults(run=_post)

    one = verbs.add_parser("approvers", parents=[stack], help="fail where nobody had to approve a deployment")
    one.set_defaults(run=_approvers)

    one = verbs.add_parser("deploy", parents=[stack], help="cure what a cancelled job left, then roll out")
    one.add_argument("--app", help="this app alone")
    one.set_defaults(run=_deploy)

    one = verbs.add_parser("repair", parents=[stack], help="make anew what is gone of the commit that serves")
    one.set_defaults(run=_repair)
    return parser


if __name__ == "__main__":
    sys.exit(main())
