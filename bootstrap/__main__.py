"""`python -m bootstrap APP --stack STACK`: prints the user-data script of an app. Makes no AWS call."""

import argparse
import sys
from pathlib import Path

from bootstrap.script import render
from bootstrap.slug import slug_of
from manifest import App, ManifestError, Problem, Process, load_apps, load_settings


def main() -> int:
    """Prints the script on stdout; exits 1 with the problems on stderr."""
    arguments = _arguments()
    root = Path.cwd()
    try:
        settings = load_settings(root, arguments.stack)
        app, process = _find(load_apps(root, settings), arguments.app)
        sys.stdout.write(render(app, process, slug_of(app, settings), settings).text)
    except ManifestError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bootstrap", description=__doc__)
    parser.add_argument("app", metavar="APP", help="the app's name")
    parser.add_argument("--stack", required=True, help="the environment, such as dev")
    return parser.parse_args()


def _find(apps: tuple[App, ...], name: str) -> tuple[App, Process]:
    for app in apps:
        if app.name == name:
            return app, app.processes[0]
    known = ", ".join(app.name for app in apps)
    raise ManifestError([Problem("apps", 0, f"there is no app '{name}' (known: {known})")])


if __name__ == "__main__":
    sys.exit(main())
