"""The program that Pulumi runs: a stack's settings and the app files in, a proved fleet out."""

from pathlib import Path

import pulumi

from fleet import Fleet, checked_out, declare_commit, stack_settings
from manifest import ManifestError, load_apps, refuse_placeholders


def main() -> None:
    """Declares the fleet of the selected stack. Raises pulumi.RunError with every problem of every file."""
    root = Path.cwd()
    try:
        settings = stack_settings(root)
        refuse_placeholders(settings)
        fleet = Fleet(load_apps(root, settings), settings)
    except ManifestError as error:
        raise pulumi.RunError(f"nothing was declared:\n{error}") from None
    pulumi.export("apps", fleet.summary)
    if commit := checked_out(root):
        pulumi.export("commit", declare_commit(commit, fleet.summary.values()))


main()
