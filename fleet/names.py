"""Every name that this program gives: to resources in Pulumi's state, and to things in AWS.

All of an app begins with its name and a dot, which no app's name holds, so `--target '**::api.**'` takes in
api and never api-2. What a rollout replaces is named by content: old and new exist side by side.
"""

import hashlib
from collections.abc import Mapping

from manifest import HASH_LENGTH, OWN_TAGS, App, Process, Settings


def instance(process: Process, index: int, version: str) -> str:
    """`hello.web.0.3fa9c1d2`: the first instance of a version of a process."""
    return f"{process.label}.{index}.{version}"


def gate(instance_name: str) -> str:
    return f"{instance_name}.gate"


def accepted(app: App) -> str:
    return f"{app.name}.accepted"


def slug(app: App, sha256: str) -> str:
    return f"{app.name}.slug.{sha256[:HASH_LENGTH]}"


def by_content(text: str) -> str:
    """`slug-3fa9c1d2` for a policy: another text is another thing beside it."""
    return f"slug-{hashlib.sha256(text.encode()).hexdigest()[:HASH_LENGTH]}"


def ingress(process: Process, port: int, source: str) -> str:
    return f"{process.label}.ingress.{port}.{source.replace('/', '-')}"


def in_aws(settings: Settings, *parts: str) -> str:
    """`compute-instances.dev.hello`: alone in its account, because no part of it holds a dot."""
    return ".".join([settings.project, settings.stack, *parts])


def tags(settings: Settings, **more: str) -> Mapping[str, str]:
    """By these what is ours is found, also what the state does not know. Firewall rules bear none."""
    ours = {"project": settings.project, "stack": settings.stack, **more}
    return {f"{OWN_TAGS}{key}": value for key, value in ours.items()}
