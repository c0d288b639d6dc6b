"""Which environments there are: every Pulumi.STACK.yaml but the local AWS's."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from manifest import ManifestError, load_settings, refuse_placeholders

LOCAL: Final = "local"
_FILE: Final = re.compile(r"Pulumi\.(?P<stack>[A-Za-z0-9_-]+)\.yaml")


@dataclass(frozen=True, kw_only=True)
class Environment:
    """`variable` ends the names of its repository variables, which have no dashes.

    `problems`: why it is not ready: as shipped it holds placeholders. `region` is empty if nobody can tell.
    """

    stack: str
    variable: str
    region: str
    problems: tuple[str, ...]


def environments(root: Path) -> list[Environment]:
    """In the order of their names, so that a further one joins by its file alone."""
    found = (_FILE.fullmatch(path.name) for path in root.iterdir())
    return [
        environment(root, stack)
        for stack in sorted(match["stack"] for match in found if match)
        if stack != LOCAL
    ]


def environment(root: Path, stack: str) -> Environment:
    """Whatever is wrong with its file is said, not raised."""
    variable = re.sub(r"\W", "_", stack).upper()
    region, problems = _region_and_problems(root, stack)
    return Environment(stack=stack, variable=variable, region=region, problems=problems)


def _region_and_problems(root: Path, stack: str) -> tuple[str, tuple[str, ...]]:
    region = ""
    try:
        settings = load_settings(root, stack)
        region = settings.region
        refuse_placeholders(settings)
    except ManifestError as error:
        return region, tuple(map(str, error.problems))
    return region, ()
