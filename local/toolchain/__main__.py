"""`python3 -m local.toolchain`: get the Pulumi command line if it is missing; print its folder."""

import sys

from local.errors import LocalError
from local.logged import setup_log
from local.toolchain import ensure


def main() -> int:
    """Exit code 1, with the reason on stderr, when it cannot be had."""
    try:
        folder = ensure(setup_log("cli"))
    except LocalError as failure:
        sys.stderr.write(f"{failure}\n")
        return 1
    sys.stdout.write(f"{folder}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
