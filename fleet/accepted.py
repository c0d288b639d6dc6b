"""What was accepted of an app: a Stash behind its last gate, whose diff explains a change.

It survives a failed `up` (a component's properties would be committed before the gates), and what it keeps
for the stack's outputs is what serves. In a preview its hook compares what was accepted with what comes, and
says a line or more per app.
"""

from collections.abc import Mapping, Sequence
from typing import TypedDict

import pulumi

from bootstrap import PackedSlug
from fleet import names
from fleet.explain import Accepted, explain, values_of
from fleet.hooks import bind, guard
from fleet.offer import Offer
from fleet.release import Release
from fleet.waves import in_words, waves_of
from manifest import App


class Summary(TypedDict):
    """Of one app, for the stack's outputs. `instances`: ids; `versions`, `counts`: per process."""

    addresses: pulumi.Output[list[str]]
    instances: Sequence[pulumi.Output[str]]
    versions: Mapping[str, str]
    counts: Mapping[str, int]
    count: int


class Ledger:
    """The accepted Stash of every app."""

    def __init__(self, offer: Offer) -> None:
        self._offer = offer
        self._apps: dict[str, App] = {}
        # It stands behind the last gate and only speaks. What an older version accepted may have any shape.
        hook = guard(self._explain, "the change could not be explained", tell=pulumi.log.warn)
        options = pulumi.ResourceHookOptions(on_dry_run=True)
        self._hook = pulumi.ResourceHook("explained", hook, opts=options)

    def declare(
        self, release: Release, summary: Summary, gates: Sequence[pulumi.Resource], parent: pulumi.Resource
    ) -> pulumi.Output[Summary | None]:
        """The Stash of one app; gives back the summary that was accepted last, None where none was."""
        name = names.accepted(release.app)
        self._apps[name] = release.app
        opts = pulumi.ResourceOptions(
            parent=parent, depends_on=list(gates), hooks=bind(self._hook), ignore_changes=self._not_told()
        )
        kept = {**accepted_of(release), "vcpus": self._vcpus(release), "summary": summary}
        stash = pulumi.Stash(name, input=kept, opts=opts)
        return stash.input.apply(lambda kept: _whole(kept["summary"]))

    async def _explain(self, args: pulumi.ResourceHookArgs) -> None:
        old, new = (args.old_inputs or {}).get("input"), (args.new_inputs or {})["input"]
        for line in explain(self._apps[args.name], old, new):
            pulumi.log.info(line)

    def _vcpus(self, release: Release) -> Mapping[str, str]:
        processes = release.app.processes
        kinds = {process.name: self._offer.type(process.instance_type) for process in processes}
        return {name: str(kind.vcpus) for name, kind in kinds.items() if kind}

    def _not_told(self) -> list[str]:
        """Where AWS does not answer, what it told before stays: silence is no change of any app."""
        return ["input.vcpus"] if self._offer.types is None else []


def _whole(summary: Summary) -> Summary | None:
    """A summary without gaps: `up --target` leaves some in an app that it never made."""
    return summary if all(summary["instances"]) else None


def accepted_of(release: Release) -> Accepted:
    """What explains a later change, but for what only AWS knows."""
    app, slug, scripts = release.app, release.slug, release.scripts
    values = values_of(app.written)
    return {
        "values": values["values"],
        "origins": values["origins"],
        "slug": slug.sha256 if isinstance(slug, PackedSlug) else None,
        "processes": {
            process.name: {
                "count": str(process.count),
                "waves": in_words(waves_of(process.count, process.deploy)),
                "type": process.instance_type,
                "version": scripts[process.name].version,
                "script": scripts[process.name].text,
            }
            for process in app.processes
        },
    }
