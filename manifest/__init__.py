"""From YAML to values: `apps/*.yaml` and a stack's config become frozen `App` and `Settings` values.

This room knows no cloud, no Pulumi and no shell. Whatever is wrong in any file is found here, all of it at
once and before anything is declared.
"""

from manifest.app import App, Process, Said
from manifest.apps import load_apps
from manifest.model import Deploy, Healthcheck, RootVolume, Runtime
from manifest.names import HASH_LENGTH, NAME_MAX, OWN_TAGS
from manifest.origins import Origin, Places, dotted
from manifest.partitions import partition_of
from manifest.problems import ManifestError, Problem, did_you_mean
from manifest.settings import (
    ASK_IMAGE,
    ASK_SUBNETS,
    OWN_OBJECTS,
    OWN_TEXTS,
    Settings,
    load_settings,
    parse_settings,
    refuse_placeholder_account,
    refuse_placeholders,
)

__all__ = [
    "ASK_IMAGE",
    "ASK_SUBNETS",
    "HASH_LENGTH",
    "NAME_MAX",
    "OWN_OBJECTS",
    "OWN_TAGS",
    "OWN_TEXTS",
    "App",
    "Deploy",
    "Healthcheck",
    "ManifestError",
    "Origin",
    "Places",
    "Problem",
    "Process",
    "RootVolume",
    "Runtime",
    "Said",
    "Settings",
    "did_you_mean",
    "dotted",
    "load_apps",
    "load_settings",
    "parse_settings",
    "partition_of",
    "refuse_placeholder_account",
    "refuse_placeholders",
]
