"""EC2 asked for what there is, by filters: what does not exist is missing in the answer and fails nothing."""

from collections.abc import Collection, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from types_boto3_ec2 import EC2Client

FILTER_MAX: Final = 200
"""Values of one filter: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeInstances.html"""

_PRESENT: Final = ("pending", "running", "stopping", "stopped")
"""States of instances that cost or may come back, so nobody launches them again."""

Filters = Mapping[str, Collection[str]]
"""Name -> values, one of which must match. The first may have any number; with none nothing is asked."""


def describe(ec2: "EC2Client", operation: str, found: str, filters: Filters, **more: object) -> Iterator[Any]:
    """What `found` (`Images[]`, JMESPath) picks from an operation's answers. Raises botocore's errors."""
    pages: Any = ec2.get_paginator(operation)  # type: ignore[call-overload]  # they know literal names alone
    (first, values), *others = filters.items()
    ordered = sorted(values)
    for start in range(0, len(ordered), FILTER_MAX):
        chosen = [(first, ordered[start : start + FILTER_MAX]), *others]
        given = [{"Name": name, "Values": [*some]} for name, some in chosen]
        yield from pages.paginate(Filters=given, **more).search(found)


def describe_instances(ec2: "EC2Client", filters: Filters) -> Iterator[Any]:
    """Instances in botocore's own shape. Raises its errors."""
    return describe(ec2, "describe_instances", "Reservations[].Instances[]", filters)


def describe_present(ec2: "EC2Client", tags: Mapping[str, str]) -> Iterator[Any]:
    """The instances that bear these tags and were not ended. Raises botocore's errors."""
    tagged = {f"tag:{key}": [value] for key, value in tags.items()}
    return describe_instances(ec2, {"instance-state-name": _PRESENT, **tagged})
