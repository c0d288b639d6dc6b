"""`python -m pipeline.rendered STACK`: an environment's apps as the files here have them, without an account.

JSON, or the problems on stderr with exit code 1. What another commit has is asked of its own program, in its
own tree: this command and what it prints are what commits have in common.
"""

import json
import sys
from collections.abc import Iterable
from pathlib import Path

from fleet.accepted import accepted_of
from fleet.release import Release, releases_of
from manifest import ManifestError, load_apps, load_settings


def releases(root: Path, stack: str) -> list[Release]:
    """Raises ManifestError."""
    settings = load_settings(root, stack)
    return releases_of(load_apps(root, settings), settings)


def rendered(of: Iterable[Release]) -> str:
    """App -> what fleet.accepted would keep of it, but for what only AWS knows."""
    return json.dumps({release.app.name: accepted_of(release) for release in of})


def main() -> int:
    try:
        sys.stdout.write(rendered(releases(Path.cwd(), sys.argv[1])))
    except ManifestError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
