"""What names may be, so that every AWS name made from them fits.

AWS names are never cut to fit: two long names cut at the same place would be one.
"""

import re
from typing import Final

TARGET_GROUP_MAX: Final = 32
"""The tightest limit: https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateTargetGroup.html"""

ROLE_MAX: Final = 64
"""https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html"""

BUCKET_MAX: Final = 63
"""https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html"""

HASH_LENGTH: Final = 8
"""Hex digits of a version in a name: 32 bits tell the few versions of one process apart."""

NAME_MAX: Final = TARGET_GROUP_MAX - HASH_LENGTH - 1
"""Characters of an app's name: a target group is called `APP-HASH`."""

NAME: Final = re.compile(r"[a-z][a-z0-9-]*")

OWN_TAGS: Final = "compute-instances:"
"""How the keys of our own tags begin."""


def name_fault(name: str) -> str | None:
    """What is wrong with `name` as the name of an app or of a process, or None."""
    if not NAME.fullmatch(name):
        return f"'{name}' must begin with a letter and hold only a-z, 0-9 and '-'"
    if len(name) > NAME_MAX:
        return f"'{name}' has {len(name)} characters; AWS names made from it have room for {NAME_MAX}"
    return None


def prefix_max(region: str) -> int:
    """Characters of `PROJECT-STACK`, which begins `PROJECT.STACK.APP` and `PROJECT-STACK-ACCOUNT-REGION`."""
    return min(ROLE_MAX - 1 - NAME_MAX, BUCKET_MAX - len(f"-123456789012-{region}"))


def prefix_fault(prefix: str, region: str) -> str | None:
    """What is wrong with `PROJECT-STACK` as the beginning of AWS names, or None."""
    room = prefix_max(region)
    if not NAME.fullmatch(prefix):
        return f"'{prefix}' must begin with a letter and hold only a-z, 0-9 and '-', as buckets must"
    if len(prefix) > room:
        return f"'{prefix}' has {len(prefix)} characters; AWS names made from it have room for {room}"
    return None
