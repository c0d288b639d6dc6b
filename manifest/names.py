"""What names may be, so that every AWS name made from them fits.

AWS names are never cut to fit: two long names cut at the same place would be one.
"""

import re

TARGET_GROUP_MAX = 32
"""The tightest limit: https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateTargetGroup.html"""

ROLE_MAX = 64
"""https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html"""

BUCKET_MAX = 63
"""https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html"""

HASH_LENGTH = 8
"""Hex digits of a version in a name: 32 bits tell the few versions of one process apart."""

NAME_MAX = TARGET_GROUP_MAX - HASH_LENGTH - 1
"""Characters of an app's name: a target group is called `APP-HASH`."""

PREFIX_MAX = min(ROLE_MAX - 1 - NAME_MAX, BUCKET_MAX - len("-123456789012-ap-southeast-2"))
"""Characters of `PROJECT-STACK`: a role is called `PROJECT.STACK.APP`, and the bucket is the longest."""

NAME = re.compile(r"[a-z][a-z0-9-]*")

OWN_TAGS = "compute-instances:"
"""How the keys of our own tags begin."""


def name_fault(name: str) -> str | None:
    """What is wrong with `name` as the name of an app or of a process, or None."""
    if not NAME.fullmatch(name):
        return f"'{name}' must begin with a letter and hold only a-z, 0-9 and '-'"
    if len(name) > NAME_MAX:
        return f"'{name}' has {len(name)} characters; AWS names made from it have room for {NAME_MAX}"
    return None


def prefix_fault(prefix: str) -> str | None:
    """What is wrong with `PROJECT-STACK` as the beginning of AWS names, or None."""
    if not NAME.fullmatch(prefix):
        return f"'{prefix}' must begin with a letter and hold only a-z, 0-9 and '-', as buckets must"
    if len(prefix) > PREFIX_MAX:
        return f"'{prefix}' has {len(prefix)} characters; AWS names made from it have room for {PREFIX_MAX}"
    return None
