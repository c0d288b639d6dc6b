"""What was accepted of an app: a Stash behind its last gate, whose diff explains a change.

It survives a failed `up` (a component's properties would be committed before the gates), and what it keeps
for the stack's outputs is what serves. In a preview its hook compares what was accepted with what comes, and
says a line or more per app.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import pulumi

from bootstrap import PackedSlug
from fleet import names
from fleet.explain import Accepted, explain, kept_values
from fleet.offer import Offer
from fleet.release import Release
from fleet.waves import in_words, plan
from manifest import App

Summary = Mapping[str, Any]
"""Of one app, for the stack's outputs: addresses, instances (ids), count; per process versions, counts."""


class Ledger:
    """The accepted Stash of every app."""

    def __init__(self, offer: Offer) -> None:
        self._offer = offer
        self._apps: dict[str, App] = {}
        options = pulumi.ResourceHookOptions(on_dry_run=True)
        self._hook = pulumi.ResourceHook("explained", self._explain, opts=options)

    def declare(
        self, release: Release, summary: Summary, gates: Sequence[pulumi.Resource], parent: pulumi.Resource
    ) -> pulumi.Output[Summary | None]:
        """The Stash of one app; gives back the summary that was accepted last, None where none was."""
        name = names.accepted(release.app)
        self._apps[name] = release.app
        binding = pulumi.ResourceHookBinding(before_create=[self._hook], before_update=[self._hook])
        opts = pulumi.ResourceOptions(parent=parent, depends_on=list(gates), hooks=binding)
        kept = {**accepted_of(release), "vcpus": self._vcpus(release), "summary": summary}
        stash = pulumi.Stash(name, input=kept, opts=opts)
        return stash.input.apply(lambda kept: _whole(kept["summary"]))

    async def _explain(self, args: pulumi.ResourceHookArgs) -> None:
        """Never fails an update: it stands behind the last gate and only speaks."""
        app = self._apps[args.name]
        try:
            new = (args.new_inputs or {})["input"]
            for line in explain(app, (args.old_inputs or {}).get("input"), new):
                pulumi.log.info(line)
        except Exception as fault:  # noqa: BLE001 - an accepted value of another version may have any shape
            pulumi.log.warn(f"app {app.name}: the change could not be explained ({fault!r})")

    def _vcpus(self, release: Release) -> Mapping[str, str]:
        """Of one instance of each process, where AWS told. As text, for numbers come back as floats."""
        processes = release.app.processes
        kinds = {process.name: self._offer.type(process.instance_type) for process in processes}
        return {name: str(kind.vcpus) for name, kind in kinds.items() if kind}


def _whole(summary: Summary) -> Summary | None:
    """A summary without gaps: `up --target` leaves some in an app that it never made."""
    return summary if all(summary["instances"]) else None


def accepted_of(release: Release) -> Accepted:
    """What explains a later change."""
    app, slug, scripts = release.app, release.slug, release.scripts
    return {
        "slug": slug.sha256 if isinstance(slug, PackedSlug) else None,
        **kept_values(app.written),
        "processes": {
            process.name: {
                "count": str(process.count),
                "waves": in_words(plan(process.count, process.deploy)),
                "type": process.instance_type,
                "version": scripts[process.name].version,
                "script": scripts[process.name].text,
            }
            for process in app.processes
        },
    }
