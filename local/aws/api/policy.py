"""IAM's decision about one request, from the policies of who asks. Pure.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

Document = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Need:
    """One permission that a request needs. `context`: what conditions may ask about, key -> values."""

    action: str
    resource: str = "*"
    context: Mapping[str, Sequence[str]] = field(default_factory=dict)


def allows(documents: Iterable[Document], need: Need) -> bool:
    """A Deny wins over every Allow, and what nothing allows is denied.

    Raises NotImplementedError for a condition of a kind that is not judged here.
    """
    statements = [one for document in documents for one in _list(document["Statement"])]
    effects = {one["Effect"] for one in statements if _speaks_of(one, need)}
    return effects == {"Allow"}


def _speaks_of(statement: Document, need: Need) -> bool:
    return (
        _among(statement, "Action", need.action.lower(), str.lower)
        and _among(statement, "Resource", need.resource)
        and all(
            _holds(operator, _values(need, key), _list(expected))
            for operator, keys in statement.get("Condition", {}).items()
            for key, expected in keys.items()
        )
    )


def _values(need: Need, key: str) -> Sequence[str]:
    """Of a condition's key, which has no case."""
    return next((values for name, values in need.context.items() if name.lower() == key.lower()), ())


def _among(statement: Document, element: str, value: str, form: Callable[[str], str] = str) -> bool:
    """Whether the element names the value, or its opposite (`NotAction`) does not."""
    if any("${" in one for name in (element, f"Not{element}") for one in _list(statement.get(name, []))):
        raise NotImplementedError(f"the local AWS knows no variables of policies: {statement}")
    if element in statement:
        return any(_like(form(pattern), value) for pattern in _list(statement[element]))
    return not any(_like(form(pattern), value) for pattern in _list(statement[f"Not{element}"]))


def _holds(operator: str, actual: Sequence[str], expected: Sequence[str]) -> bool:
    """One line of a condition. A key that the request does not have fulfils it only by `IfExists`."""
    of, _, plain = operator.rpartition(":")
    test = _TESTS.get(plain.removesuffix("IfExists"))
    if test is None or of not in {"", "ForAnyValue", "ForAllValues"}:
        raise NotImplementedError(f"the local AWS does not judge the condition {operator}")
    if any("${" in str(one) for one in expected):
        raise NotImplementedError(f"the local AWS knows no variables of policies: {expected}")
    fits = [any(test(one, value) for one in expected) for value in actual]
    if of == "ForAllValues" or (plain.endswith("IfExists") and not fits):
        return all(fits)
    return any(fits)


def _equal(expected: str, value: str) -> bool:
    return expected == value


def _like(pattern: str, value: str) -> bool:
    return bool(_compiled(pattern).fullmatch(value))


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    parts = {"*": ".*", "?": "."}
    return re.compile("".join(parts.get(letter, re.escape(letter)) for letter in pattern), re.DOTALL)


_TESTS: Mapping[str, Callable[[str, str], bool]] = {
    "ArnEquals": _like,
    "ArnLike": _like,
    "StringEquals": _equal,
    "StringLike": _like,
}


def _list(value: Any) -> Sequence[Any]:  # noqa: ANN401 - one or many, as JSON policies have it
    return value if isinstance(value, list) else [value]
