"""What was accepted of an app: a Stash behind its last gate, whose diff explains a change.

It survives a failed `up` (a component's properties would be committed before the gates). In a preview its
hook compares what was accepted with what comes, and says a line or more per app.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import pulumi

from bootstrap import Script, Slug
from fleet import names
from fleet.explain import Accepted, explain
from fleet.gate import guarded
from manifest import App


class Ledger:
    """The accepted Stash of every app."""

    def __init__(self) -> None:
        self._coming: dict[str, Accepted] = {}
        self._written: dict[str, App] = {}
        self._hook = pulumi.ResourceHook(
            "explained", guarded(self._explain), opts=pulumi.ResourceHookOptions(on_dry_run=True)
        )

    def declare(
        self,
        app: App,
        slug: Slug,
        scripts: Mapping[str, Script],
        gates: Sequence[pulumi.Resource],
        parent: pulumi.Resource,
    ) -> pulumi.Stash:
        """The Stash of one app."""
        name = names.accepted(app)
        coming = accepted_of(app, slug, scripts)
        self._coming[name] = coming
        self._written[name] = app
        binding = pulumi.ResourceHookBinding(before_create=[self._hook], before_update=[self._hook])
        opts = pulumi.ResourceOptions(parent=parent, depends_on=list(gates), hooks=binding)
        return pulumi.Stash(name, input=coming, opts=opts)

    async def _explain(self, args: pulumi.ResourceHookArgs) -> None:
        old: Any = (args.old_inputs or {}).get("input")
        for line in explain(self._written[args.name], old, self._coming[args.name]):
            pulumi.log.info(line)


def accepted_of(app: App, slug: Slug, scripts: Mapping[str, Script]) -> Accepted:
    """The plain value that is kept. Lines are left out: a comment added above a key is no change."""
    return {
        "slug": slug.sha256 or slug.url,
        "values": {key: value for key, (value, _) in app.written.items()},
        "origins": {key: f"{origin.layer}, {origin.file}" for key, (_, origin) in app.written.items()},
        "processes": {
            process.name: {
                "count": str(process.count),
                "type": process.instance_type,
                "version": scripts[process.name].version,
                "script": scripts[process.name].text,
            }
            for process in app.processes
        },
    }
