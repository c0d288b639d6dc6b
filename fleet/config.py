"""The stack's config as Pulumi gives it: the only place that asks Pulumi for it."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

import pulumi

from manifest import OWN_OBJECTS, OWN_TEXTS, Settings, parse_settings

PROVIDER_TEXTS: Final = ("region", "profile", "accessKey", "secretKey", "token")
PROVIDER_OBJECTS: Final = ("allowedAccountIds", "assumeRole", "assumeRoles", "endpoints")


def stack_settings(root: Path) -> Settings:
    """The settings of the stack that Pulumi runs. Raises manifest.ManifestError."""
    project, own = pulumi.get_project(), pulumi.Config()
    texts = {key: own.get(key) for key in OWN_TEXTS}
    objects = {key: own.get_object(key) for key in OWN_OBJECTS}
    said = {key: value for key, value in {**texts, **objects}.items() if value is not None}
    values: dict[str, object] = {f"{project}:{key}": value for key, value in said.items()}
    values |= {f"aws:{key}": value for key, value in provider_values().items()}
    return parse_settings(root, pulumi.get_stack(), values)


def provider_values() -> Mapping[str, object]:
    """What the stack configures of the AWS provider, as far as a gate needs it to ask the same account."""
    config = pulumi.Config("aws")
    texts = {key: config.get(key) for key in PROVIDER_TEXTS}
    objects = {key: config.get_object(key) for key in PROVIDER_OBJECTS}
    return {key: value for key, value in {**texts, **objects}.items() if value}
