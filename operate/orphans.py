"""`python -m operate.orphans --stack STACK [--yes]`: instances of a stack, by tag, that its state lacks.

A killed `pulumi up` leaves one when it dies between a launch and the record of it. A line each on stdout: id,
name, state, launch, and why it may be there. Exit codes: 0 there are none, or none is left; 1 there are some;
2 wrong usage, or nothing certain can be said.
"""

import argparse
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from fleet import names
from fleet.ec2 import describe_present
from fleet.session import Access
from manifest import ManifestError, Settings, load_settings, refuse_placeholders
from operate.state import State, StateError, provider_of, read_state, require_idle

SOME, UNCERTAIN = 1, 2


@dataclass(frozen=True, kw_only=True)
class Found:
    """An instance that AWS has."""

    id: str
    name: str
    state: str
    launched: datetime
    groups: frozenset[str]


@dataclass(frozen=True, kw_only=True)
class Orphan:
    """An instance that the state does not know. `ours`: it was launched by an update of this very state."""

    found: Found
    why: str
    ours: bool

    def __str__(self) -> str:
        launched = self.found.launched.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        one = self.found
        return f"{one.id}  {one.name}  {one.state}  {launched}  {self.why}"


def orphans_of(state: State, found: Iterable[Found]) -> list[Orphan]:
    """What of `found` the state does not know, oldest first."""
    unknown = (one for one in found if one.id not in state.instances)
    return [_orphan(state, one) for one in sorted(unknown, key=lambda one: (one.launched, one.id))]


def _orphan(state: State, one: Found) -> Orphan:
    """Another state of the same name (another backend, a lost state) must not cost a fleet its instances.

    An instance is in a security group that was recorded before its launch, and AWS deletes no group that is
    in use: so the state that an orphan belongs to knows its group.
    """
    if not one.groups & state.groups:
        groups = ", ".join(sorted(one.groups)) or "none"
        why = f"this state does not know its security group ({groups}): another state's?"
        return Orphan(found=one, ours=False, why=why)
    return Orphan(found=one, ours=True, why=_why(state, one))


def _why(state: State, one: Found) -> str:
    if one.name in state.pending:
        return "its launch was under way when an update was killed"
    known = [id_ for id_, name in state.instances.items() if name == one.name]
    if known:
        return f"the state knows {known[0]} by this name, made after an update was killed"
    return "the state knows nothing of this name any more"


def main() -> int:
    """Lists, and with --yes removes."""
    arguments = _arguments()
    try:
        settings = load_settings(Path.cwd(), arguments.stack.rpartition("/")[2])
        refuse_placeholders(settings)
        access = Access(provider_of(arguments.stack))
        _refuse_other_account(access, settings)
        orphans = _look(arguments.stack, access, settings)
        sys.stdout.writelines(f"{orphan}\n" for orphan in orphans)
        if arguments.yes:
            _remove(orphans, access)
    except (ManifestError, StateError, ClientError, BotoCoreError) as error:
        sys.stderr.write(f"error: {error}\n")
        return UNCERTAIN
    _say_what_next(orphans, removed=arguments.yes)
    left = [orphan for orphan in orphans if not (arguments.yes and orphan.ours)]
    return SOME if left else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m operate.orphans", description=__doc__)
    parser.add_argument("--stack", required=True, help="the environment, such as dev")
    parser.add_argument("--yes", action="store_true", help="remove them")
    return parser.parse_args()


def _refuse_other_account(access: Access, settings: Settings) -> None:
    """As the provider does: what another account has by our tags is none of this stack's business."""
    if (account := access.account()) != settings.account:
        text = f"these credentials are of account {account}, stack {settings.stack} is in {settings.account}"
        raise StateError(f"{text} (aws:allowedAccountIds); next: aws sts get-caller-identity")


def _look(stack: str, access: Access, settings: Settings) -> list[Orphan]:
    """Instances first, the state last: whatever an update made that ended meanwhile is in the state then.

    One that begins after the check launches nothing that was found before.
    """
    found = [_as_found(one) for one in describe_present(access.ec2, names.tags(settings))]
    require_idle(stack)
    return orphans_of(read_state(stack), found)


def _as_found(instance: Any) -> Found:  # noqa: ANN401 - botocore's own shape
    labels = {tag["Key"]: tag["Value"] for tag in instance["Tags"]}
    groups = [*instance.get("SecurityGroups", ())]
    groups += [group for card in instance.get("NetworkInterfaces", ()) for group in card["Groups"]]
    return Found(
        id=instance["InstanceId"],
        name=labels.get("Name", "?"),
        state=instance["State"]["Name"],
        launched=instance["LaunchTime"],
        groups=frozenset(group["GroupId"] for group in groups),
    )


def _remove(orphans: Iterable[Orphan], access: Access) -> None:
    if doomed := [orphan.found.id for orphan in orphans if orphan.ours]:
        access.ec2.terminate_instances(InstanceIds=doomed)


def _say_what_next(orphans: Sequence[Orphan], *, removed: bool) -> None:
    ours = sum(orphan.ours for orphan in orphans)
    foreign = [orphan.found.id for orphan in orphans if not orphan.ours]
    if ours:
        what_next = "removed" if removed else "can be removed: the same with --yes (make orphans: YES=1)"
        sys.stderr.write(f"{ours} {what_next}\n")
    if foreign:
        by_hand = f"aws ec2 terminate-instances --instance-ids {' '.join(foreign)}"
        sys.stderr.write(
            f"{len(foreign)} never removed here; is this its backend (pulumi whoami -v)? If it is and "
            f"nobody needs them: {by_hand}\n"
        )
    if not orphans:
        sys.stderr.write("no orphans\n")


if __name__ == "__main__":
    sys.exit(main())
