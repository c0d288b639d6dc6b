"""`python -m fleet.rollout APP --stack STACK [--yes]`: `pulumi up` of one app alone.

What apps share is no target, so the stack had a first whole `up`. Exit code: pulumi's, or 2 where nothing was
begun.
"""

import argparse
import os
import sys
from pathlib import Path

from manifest import ManifestError, Problem, did_you_mean, load_apps, load_settings


def main() -> int:
    """Becomes pulumi."""
    arguments = _arguments()
    try:
        _require(arguments.app, arguments.stack)
    except ManifestError as error:
        sys.stderr.write(f"error: {error}\n")
        return 2
    target = f"--target=**::{arguments.app}.**"
    command = ["pulumi", "up", "--stack", arguments.stack, target, *(["--yes"] if arguments.yes else [])]
    try:
        os.execvp(command[0], command)  # noqa: S606 - no shell is wanted
    except FileNotFoundError:
        sys.stderr.write("error: there is no pulumi command; https://www.pulumi.com/docs/install/\n")
    return 2


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m fleet.rollout", description=__doc__)
    parser.add_argument("app", metavar="APP", help="an app's name")
    parser.add_argument("--stack", required=True, help="the environment, such as dev")
    parser.add_argument("--yes", action="store_true", help="ask nothing")
    return parser.parse_args()


def _require(app: str, stack: str) -> None:
    """Raises ManifestError where there is no such app: pulumi would do nothing and be content."""
    root = Path.cwd()
    known = [one.name for one in load_apps(root, load_settings(root, stack.rpartition("/")[2]))]
    if app not in known:
        raise ManifestError([Problem("apps", 0, f"there is no app '{app}'" + did_you_mean(app, known))])


if __name__ == "__main__":
    sys.exit(main())
