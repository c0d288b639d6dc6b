"""What an environment's apps are as the files of one commit have them, without an account.

Run by its path in another commit's tree, it is that commit's program that answers: `accepted.py STACK`
prints JSON, or the problems on stderr with exit code 1.
"""

import json
import sys
from pathlib import Path
from typing import Any

from fleet.accepted import accepted_of
from fleet.release import releases_of
from manifest import ManifestError, load_apps, load_settings


def accepted(root: Path, stack: str) -> dict[str, Any]:
    """App -> what fleet.accepted would keep of it, but for what only AWS knows. Raises ManifestError."""
    settings = load_settings(root, stack)
    releases = releases_of(load_apps(root, settings), settings)
    return {release.app.name: accepted_of(release) for release in releases}


def main() -> int:
    try:
        sys.stdout.write(json.dumps(accepted(Path.cwd(), sys.argv[1])))
    except ManifestError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
