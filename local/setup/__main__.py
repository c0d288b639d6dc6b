"""`python3 -m local.setup [--only venv,cli]`: bring what is missing; silent when nothing is."""

import argparse
import sys

from local.errors import LocalError
from local.setup.graph import Outcome, run, with_needs
from local.setup.steps import steps


def main() -> int:
    """Exit code 1, with a message for each step that failed, unless everything is there."""
    names = _arguments().only
    try:
        wanted = steps()
        outcome = run(with_needs(wanted, names.split(",")) if names else wanted)
    except LocalError as failure:
        sys.stderr.write(f"{failure}\n")
        return 1
    except KeyboardInterrupt:
        return 130
    sys.stderr.write(report(outcome))
    return 1 if outcome.failed else 0


def report(outcome: Outcome) -> str:
    """What failed and what to do next, for a person; empty when nothing failed."""
    if not outcome.failed:
        return ""
    failures = [f"\nset-up step {name!r} failed:\n{failure}\n" for name, failure in outcome.failed.items()]
    untried = f"\nnot tried, because they need it: {', '.join(outcome.untried)}\n" if outcome.untried else ""
    again = "\nWhen that is mended, run the same command again: what is there stays.\n"
    return "".join(failures) + untried + again


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python3 -m local.setup", description=__doc__)
    parser.add_argument("--only", metavar="STEP,STEP", help="these steps and what they need")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
