"""`python -m pipeline VERB`: what the workflows' steps run in the checkout; a person may run it as well."""

import argparse
import json
import os
import sys
import urllib.error
from dataclasses import asdict, replace
from pathlib import Path

from fleet.state import StateError
from pipeline import offline, updates
from pipeline.changes import Changes
from pipeline.comment import LIMIT, SUMMARY_LIMIT, comment, marker
from pipeline.environments import environment, environments
from pipeline.github import PullRequest, post
from pipeline.preview import read_preview


def main() -> int:
    """Data on stdout, progress and faults on stderr; exits 1 with what is to be done."""
    arguments = _parser().parse_args()
    try:
        arguments.run(arguments)
    except (updates.UpdateError, StateError, urllib.error.URLError) as error:
        sys.stderr.write(f"error: {error}\n")
        return 1
    return 0


def _environments(arguments: argparse.Namespace) -> None:
    found = [one for one in environments(Path.cwd()) if not arguments.only or one.stack == arguments.only]
    if arguments.only and not found:
        raise updates.UpdateError(f"there is no Pulumi.{arguments.only}.yaml, so no environment of that name")
    sys.stdout.write(json.dumps([asdict(one) | {"ready": not one.problems} for one in found]) + "\n")


def _comment(arguments: argparse.Namespace) -> None:
    changes = _changes(arguments)
    if arguments.summary:
        with arguments.summary.open("a") as summary:
            summary.write(comment(changes, arguments.stack, SUMMARY_LIMIT))
    sys.stdout.write(comment(changes, arguments.stack, LIMIT))


def _changes(arguments: argparse.Namespace) -> Changes:
    if arguments.preview:
        return read_preview(arguments.preview.read_text(), arguments.errors.read_text())
    changes = offline.changes_since(arguments.base, arguments.stack, Path.cwd())
    missing = environment(Path.cwd(), arguments.stack).problems
    told = [f"{arguments.stack} is not set up: {problem}" for problem in missing]
    return changes if changes.problems else replace(changes, notes=(*told, *changes.notes))


def _post(arguments: argparse.Namespace) -> None:
    where = PullRequest(
        api=os.environ["GITHUB_API_URL"],
        repository=os.environ["GITHUB_REPOSITORY"],
        token=os.environ["GITHUB_TOKEN"],
        number=arguments.number,
    )
    sys.stdout.write(f"{post(where, marker(arguments.stack), sys.stdin.read())}\n")


def _deploy(arguments: argparse.Namespace) -> None:
    updates.deploy(arguments.stack, arguments.app)


def _deployed(arguments: argparse.Namespace) -> None:
    if commit := updates.deployed_commit(arguments.stack):
        updates.check_out(commit, arguments.folder)
        sys.stdout.write(f"{commit}\n")
    else:
        sys.stderr.write(
            f"the outputs of {arguments.stack} name no commit, so there is nothing to repair from\n"
        )


def _repair(arguments: argparse.Namespace) -> None:
    updates.repair(arguments.stack, arguments.folder)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m pipeline", description=__doc__)
    verbs = parser.add_subparsers(required=True, metavar="VERB")
    stack = argparse.ArgumentParser(add_help=False)
    stack.add_argument("--stack", required=True, help="the environment, such as dev")

    one = verbs.add_parser("environments", help="every environment but the local one, as JSON for a matrix")
    one.add_argument("--only", metavar="STACK")
    one.set_defaults(run=_environments)

    one = verbs.add_parser("comment", parents=[stack], help="Markdown of what changes in an environment")
    source = one.add_mutually_exclusive_group(required=True)
    source.add_argument("--preview", type=Path, metavar="FILE", help="what `pulumi preview --json` told")
    source.add_argument("--base", metavar="COMMIT", help="without an account: compare with this commit")
    one.add_argument("--errors", type=Path, metavar="FILE", default=Path(os.devnull), help="its stderr")
    one.add_argument("--summary", type=Path, metavar="FILE", help="append the long form to this file")
    one.set_defaults(run=_comment)

    one = verbs.add_parser(
        "post", parents=[stack], help="put the Markdown of stdin on a pull request, in place"
    )
    one.add_argument("number", type=int, metavar="PULL_REQUEST")
    one.set_defaults(run=_post)

    one = verbs.add_parser("deploy", parents=[stack], help="cure what a cancelled job left, then roll out")
    one.add_argument("--app", help="this app alone")
    one.set_defaults(run=_deploy)

    one = verbs.add_parser("deployed", parents=[stack], help="check out the commit that serves, and print it")
    one.add_argument("folder", type=Path)
    one.set_defaults(run=_deployed)

    one = verbs.add_parser("repair", parents=[stack], help="make anew what is gone of it")
    one.add_argument("folder", type=Path)
    one.set_defaults(run=_repair)
    return parser


if __name__ == "__main__":
    sys.exit(main())
