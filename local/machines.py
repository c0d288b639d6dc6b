"""Which kind of machines this host can have."""

import sys

from local.errors import LocalError
from local.privilege import become_root, can_become_root

_NONE = "no real machines on this host"

KINDS = ("nspawn", "simulated")


def choose(wanted: str | None) -> str:
    """The kind to start with: `wanted`, or real machines where they can run, and simulated ones where not.

    May run this command again as root. Raises LocalError for a wanted kind that cannot be had.
    """
    if wanted == "simulated":
        return wanted
    if wanted not in {None, *KINDS}:
        raise LocalError(f"there are no {wanted!r} machines", hint=f"choose one of: {', '.join(KINDS)}")
    if can_become_root():
        become_root()
    reason = why_not_real()
    if reason is None:
        return "nspawn"
    if wanted:
        raise LocalError(f"{_NONE}: {reason}", hint="`--machines simulated` needs nothing")
    sys.stderr.write(f"{_NONE}: {reason}\n  using simulated ones: they report, but serve nothing\n")
    return "simulated"


def why_not_real() -> str | None:
    """Why this process cannot have real machines; None when it can."""
    from local.aws.ground import NspawnSite  # noqa: PLC0415  # needs tools that simulated machines do not

    return NspawnSite.available()
