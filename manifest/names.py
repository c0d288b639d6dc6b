"""How long names may be, so that every AWS name made from them fits.

AWS names are never cut to fit: two long names cut at the same place would be one.
"""

import re

TARGET_GROUP_MAX = 32
"""The tightest limit: https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateTargetGroup.html"""

ROLE_MAX = 64
"""https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html"""

HASH_LENGTH = 8
"""Hex digits of a version in a name: 32 bits tell the few versions of one process apart."""

NAME_MAX = TARGET_GROUP_MAX - HASH_LENGTH - 1
"""Characters of an app's name: a target group is called `APP-HASH`."""

STACK_MAX = ROLE_MAX - len("compute-instances--") - NAME_MAX
"""Characters of a stack's name: a role is called `compute-instances-STACK-APP`."""

COUNT_MAX = 1000
"""Instances of one process; beyond it several stacks are the better fleet."""

_NAME = re.compile(r"[a-z][a-z0-9-]*")


def name_fault(name: str) -> str | None:
    """What is wrong with `name` as the name of an app, or None."""
    if not _NAME.fullmatch(name):
        return f"'{name}' must begin with a letter and hold only a-z, 0-9 and '-'"
    if len(name) > NAME_MAX:
        return f"'{name}' has {len(name)} characters; AWS names made from it have room for {NAME_MAX}"
    return None
