"""Every row there is, by token, and the refusal of every other token."""

from collections.abc import Mapping

from local.errors import LocalError
from local.provider.buckets import BUCKET, PUBLIC_ACCESS_BLOCK
from local.provider.checks import Fault
from local.provider.functions import FUNCTIONS
from local.provider.iam import INSTANCE_PROFILE, ROLE, ROLE_POLICY
from local.provider.instance import INSTANCE
from local.provider.objects import OBJECT
from local.provider.rules import EGRESS_RULE, INGRESS_RULE
from local.provider.security import GROUP
from local.provider.table import SERVED, Function, Resource

_ROWS = (
    *(INSTANCE, GROUP, INGRESS_RULE, EGRESS_RULE),
    *(ROLE, ROLE_POLICY, INSTANCE_PROFILE),
    *(BUCKET, PUBLIC_ACCESS_BLOCK, OBJECT),
)

RESOURCES: Mapping[str, Resource] = {row.token: row for row in _ROWS}

FUNCTIONS_BY_TOKEN: Mapping[str, Function] = {function.token: function for function in FUNCTIONS}


def resource(token: str) -> Resource:
    """The row of a type. Raises LocalError for every other type, naming those there are."""
    if token not in RESOURCES:
        raise LocalError(_refusal(token, RESOURCES))
    return RESOURCES[token]


def function(token: str) -> Function:
    """The row of a function. Raises LocalError for every other function, naming those there are."""
    if token not in FUNCTIONS_BY_TOKEN:
        raise LocalError(_refusal(token, FUNCTIONS_BY_TOKEN))
    return FUNCTIONS_BY_TOKEN[token]


def unserved(token: str) -> Fault:
    """The same refusal of a type, as a fault of the resource."""
    return Fault(property="", reason=_refusal(token, RESOURCES))


def _refusal(token: str, served: Mapping[str, object]) -> str:
    return f"{SERVED} {token}; it serves: {', '.join(sorted(served))}"
