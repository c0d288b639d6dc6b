"""AWS's partitions: clouds apart from each other, each with names of its own."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Partition:
    """`name`: how its ARNs begin; `suffix`: how the names of its services end."""

    name: str
    suffix: str


_USUAL: Final = Partition("aws", "amazonaws.com")
_BY_PREFIX: Final[Mapping[str, Partition]] = {
    "cn-": Partition("aws-cn", "amazonaws.com.cn"),
    "eusc-": Partition("aws-eusc", "amazonaws.eu"),
    "us-gov-": Partition("aws-us-gov", "amazonaws.com"),
    "us-iso-": Partition("aws-iso", "c2s.ic.gov"),
    "us-isob-": Partition("aws-iso-b", "sc2s.sgov.gov"),
    "eu-isoe-": Partition("aws-iso-e", "cloud.adc-e.uk"),
    "us-isof-": Partition("aws-iso-f", "csp.hci.ic.gov"),
}


def partition_of(region: str) -> Partition:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html; the names: botocore."""
    return next((one for prefix, one in _BY_PREFIX.items() if region.startswith(prefix)), _USUAL)
