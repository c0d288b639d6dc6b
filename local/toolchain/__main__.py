"""`python3 -m local.toolchain [--linter]`: get the Pulumi command line, or actionlint, if it is missing.

Prints the folder of the one, the path of the other.
"""

import sys

from local.errors import LocalError
from local.logged import setup_log
from local.toolchain import ensure, linter


def main() -> int:
    """Exit code 1, with the reason on stderr, when it cannot be had."""
    try:
        path = linter(setup_log("linter")) if "--linter" in sys.argv[1:] else ensure(setup_log("cli"))
    except LocalError as failure:
        sys.stderr.write(f"{failure}\n")
        return 1
    sys.stdout.write(f"{path}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
