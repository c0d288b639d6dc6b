"""One watcher for all waiting gates: it asks AWS for all of them together, now and then."""

import asyncio
import random
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any, Final, Protocol

from botocore.exceptions import ClientError

from fleet.ec2 import describe_instances
from fleet.judge import Sight
from fleet.session import Access

_PARALLEL_READS: Final = 8
"""Consoles read at once: GetConsoleOutput is throttled per account. A client has ten connections."""

REFUSALS: Final = frozenset(
    {
        "AccessDenied",
        "AuthFailure",
        "ExpiredToken",
        "InvalidClientTokenId",
        "RequestExpired",
        "UnauthorizedOperation",
    }
)
"""Answers that another try will not change.

https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html
"""


class Eyes(Protocol):
    """Whatever can show instances."""

    def look(self, ids: Iterable[str]) -> Mapping[str, Sight]:
        """One sight for each id. Blocks."""


class Watcher:
    """Gates wait for the next sight of their instance; one task looks for all, `pause` seconds apart.

    It looks in a thread of its own: each resource that waits for the engine, a gate too, holds one of the
    program's threads, so with many gates there would be none left to look, and all would wait for ever.
    """

    def __init__(self, eyes: Eyes, pause: float = 1.5) -> None:
        self._eyes = eyes
        self._pause = pause
        self._thread = ThreadPoolExecutor(1)
        self._waiting: dict[str, asyncio.Future[Sight]] = {}
        self._looking: asyncio.Task[None] | None = None

    async def sight(self, instance_id: str) -> Sight:
        """The next sight of the instance. Raises what AWS answers when it refuses to show it."""
        if instance_id not in self._waiting:
            self._waiting[instance_id] = asyncio.get_running_loop().create_future()
        seen = self._waiting[instance_id]
        if self._looking is None or self._looking.done():
            self._looking = asyncio.create_task(self._look())
        return await asyncio.shield(seen)

    async def _look(self) -> None:
        while self._waiting:
            asked, self._waiting = self._waiting, {}
            try:
                loop = asyncio.get_running_loop()
                sights = await loop.run_in_executor(self._thread, self._eyes.look, list(asked))
            except Exception as fault:  # noqa: BLE001 - whoever waits gets it, and this task goes on
                _answer_all(asked.values(), fault)
            else:
                for instance_id, seen in asked.items():
                    if not seen.done():
                        seen.set_result(sights.get(instance_id, Sight()))
            await asyncio.sleep(self._pause * random.uniform(0.8, 1.2))  # noqa: S311 - jitter


def _answer_all(waiting: Iterable[asyncio.Future[Sight]], fault: Exception) -> None:
    for seen in waiting:
        if not seen.done():
            seen.set_exception(fault)
            seen.exception()  # a gate that is gone does not fetch it


class Ec2Eyes:
    """Sees through DescribeInstances and GetConsoleOutput."""

    def __init__(self, access: Access) -> None:
        self._access = access
        self._without_latest: set[str] = set()

    def look(self, ids: Iterable[str]) -> Mapping[str, Sight]:
        """One sight for each id that AWS knows. Raises botocore's errors."""
        found = list(describe_instances(self._access.ec2, {"instance-id": [*ids]}))
        with ThreadPoolExecutor(_PARALLEL_READS) as readers:
            sights = readers.map(self._sight, found)
            return {instance["InstanceId"]: seen for instance, seen in zip(found, sights, strict=True)}

    def _sight(self, instance: Any) -> Sight:  # noqa: ANN401 - botocore's own shape
        console = self._console(instance)
        return Sight(
            state=instance["State"]["Name"],
            reason=instance.get("StateReason", {}).get("Message", ""),
            launched=instance["LaunchTime"],
            live=instance["InstanceType"] not in self._without_latest,
            **console,
        )

    def _console(self, instance: Any) -> Mapping[str, Any]:  # noqa: ANN401 - as above
        """Its text and when it was that, or why it cannot be read now: one must not hide all instances."""
        try:
            answer = self._newest(instance["InstanceId"], instance["InstanceType"])
        except ClientError as fault:
            if fault.response["Error"]["Code"] in REFUSALS:
                raise
            return {"unread": str(fault)}
        return {"console": answer.get("Output", ""), "at": _time_of(answer)}

    def _newest(self, instance_id: str, kind: str) -> Any:  # noqa: ANN401 - as above
        """Types of the Xen generation know no latest output: there AWS posts it late."""
        if kind not in self._without_latest:
            try:
                return self._access.ec2.get_console_output(InstanceId=instance_id, Latest=True)
            except ClientError as fault:
                if fault.response["Error"]["Code"] != "UnsupportedOperation":
                    raise
                self._without_latest.add(kind)
        return self._access.ec2.get_console_output(InstanceId=instance_id)


def _time_of(answer: Any) -> datetime | None:  # noqa: ANN401 - as above
    """When AWS answered, by its own clock."""
    date = answer.get("ResponseMetadata", {}).get("HTTPHeaders", {}).get("date")
    return parsedate_to_datetime(date) if date else None
