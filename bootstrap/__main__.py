"""`python -m bootstrap APP[.PROCESS] --stack STACK`: prints a user-data script. Makes no AWS call."""

import argparse
import sys
from pathlib import Path

from bootstrap.script import render
from bootstrap.slug import slug_of
from manifest import App, ManifestError, Problem, Process, did_you_mean, load_apps, load_settings


def main() -> int:
    """Prints the script on stdout; exits 1 with the problems on stderr."""
    arguments = _arguments()
    root = Path.cwd()
    try:
        settings = load_settings(root, arguments.stack)
        app, process = _find(load_apps(root, settings), arguments.app)
        sys.stdout.write(render(process, slug_of(app, settings), settings).text)
    except ManifestError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bootstrap", description=__doc__)
    parser.add_argument(
        "app", metavar="APP[.PROCESS]", help="an app's name, with a process if it has several"
    )
    parser.add_argument("--stack", required=True, help="the environment, such as dev")
    return parser.parse_args()


def _find(apps: tuple[App, ...], wanted: str) -> tuple[App, Process]:
    name, _, process = wanted.partition(".")
    app = next((app for app in apps if app.name == name), None)
    if app is None:
        raise _refused(f"there is no app '{name}'" + did_you_mean(name, (app.name for app in apps)))
    labels = [one.label for one in app.processes]
    fitting = [one for one in app.processes if process in {one.name, ""}]
    if not fitting:
        raise _refused(f"app {name} has no process '{process}'" + did_you_mean(wanted, labels))
    if len(fitting) > 1:
        raise _refused(f"app {name} has several processes; say which of {', '.join(labels)}")
    return app, fitting[0]


def _refused(text: str) -> ManifestError:
    return ManifestError([Problem("apps", 0, text)])


if __name__ == "__main__":
    sys.exit(main())
