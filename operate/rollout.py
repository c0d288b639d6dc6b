"""`python -m operate.rollout APP --stack STACK [--yes]`: `pulumi up` of one app alone.

What apps share is no target. An app needs one thing of it, and only if its slug is packed from a folder: the
stack's bucket, which a first whole `up` makes. Without it the rollout fails before it launches anything. Exit
code: pulumi's, or 2 where nothing was begun.
"""

import argparse
import sys
from pathlib import Path

from fleet.command import MissingError, become
from manifest import ManifestError, Problem, did_you_mean, load_apps, load_settings


def main() -> int:
    """Becomes pulumi."""
    arguments = _arguments()
    unasked = ("--yes",) if arguments.yes else ()
    try:
        _require(arguments.app, arguments.stack)
        become("pulumi", "up", "--stack", arguments.stack, f"--target=**::{arguments.app}.**", *unasked)
    except (ManifestError, MissingError) as error:
        sys.stderr.write(f"error: {error}\n")
    return 2


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m operate.rollout", description=__doc__)
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
