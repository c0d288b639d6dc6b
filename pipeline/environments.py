"""Which environments there are: every Pulumi.STACK.yaml but the local AWS's."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from manifest import ManifestError, load_settings, refuse_placeholders

LOCAL: Final = "local"
_VARIABLES: Final = ("PULUMI_BACKEND_URL", "PREVIEW_ROLE", "DEPLOY_ROLE")
"""Their names end in the environment's, in capitals and with `_` for `-`."""

_FILE: Final = re.compile(r"Pulumi\.(?P<stack>[A-Za-z0-9_-]+)\.yaml")


Variables = Mapping[str, str]
"""The repository's, by name."""


@dataclass(frozen=True, kw_only=True)
class Environment:
    """What the workflows need to know of one; a text is empty where nobody told it.

    `problems`: why its file is not ready, as shipped because of placeholders. `unset`: names of the
    repository's variables that it lacks.
    """

    stack: str
    region: str
    backend: str
    preview_role: str
    deploy_role: str
    problems: tuple[str, ...]
    unset: tuple[str, ...]

    @property
    def previews(self) -> bool:
        """Whether a pull request can be compared with what runs."""
        return not self.problems and bool(self.backend and self.preview_role)

    @property
    def deploys(self) -> bool:
        return not self.problems and bool(self.backend and self.deploy_role)

    def missing(self) -> Iterator[str]:
        """In words."""
        yield from (f"{self.stack} is not set up: {problem}" for problem in self.problems)
        if self.unset:
            names = ", ".join(self.unset)
            yield f"{self.stack} is not set up: the repository has no variable {names}"


def environments(root: Path, variables: Variables | None) -> list[Environment]:
    """In the order of their names, so that a further one joins by its file alone."""
    found = (_FILE.fullmatch(path.name) for path in root.iterdir())
    return [
        environment(root, stack, variables)
        for stack in sorted(match["stack"] for match in found if match)
        if stack != LOCAL
    ]


def environment(root: Path, stack: str, variables: Variables | None) -> Environment:
    """Whatever is wrong with its file is said, not raised. `variables`: None where nobody may know them."""
    names = [f"{name}_{re.sub(r'[^A-Z0-9]', '_', stack.upper())}" for name in _VARIABLES]
    backend, preview_role, deploy_role = ((variables or {}).get(name, "") for name in names)
    region, problems = _region_and_problems(root, stack)
    return Environment(
        stack=stack,
        region=region,
        backend=backend,
        preview_role=preview_role,
        deploy_role=deploy_role,
        problems=problems,
        unset=() if variables is None else tuple(name for name in names if not variables.get(name)),
    )


def _region_and_problems(root: Path, stack: str) -> tuple[str, tuple[str, ...]]:
    region = ""
    try:
        settings = load_settings(root, stack)
        region = settings.region
        refuse_placeholders(settings)
    except ManifestError as error:
        return region, tuple(map(str, error.problems))
    return region, ()
