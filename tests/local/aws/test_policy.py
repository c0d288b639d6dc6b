"""The decision: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html"""

from typing import Any

import pytest

from local.aws.api.policy import Need, allows

OURS = "arn:aws:s3:::ours/*"


def document(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def allow(**statement: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": "s3:GetObject", "Resource": OURS, **statement}


def get(resource: str = "arn:aws:s3:::ours/a", **context: list[str]) -> Need:
    return Need(action="s3:GetObject", resource=resource, context=context)


def test_what_nothing_allows_is_denied() -> None:
    assert not allows([], get())
    assert not allows([document(allow(Action="s3:PutObject"))], get())
    assert allows([document(allow(Action="s3:PutObject"), allow())], get())


def test_a_deny_wins_wherever_it_stands() -> None:
    denial = document(allow(Effect="Deny"))
    assert not allows([denial, document(allow())], get())
    assert not allows([document(allow()), denial], get())
    assert allows([document(allow()), document(allow(Effect="Deny", Resource="arn:aws:s3:::other/*"))], get())


@pytest.mark.parametrize("action", ["s3:*", "*", "S3:getobject", "s3:Get?bject", ["s3:PutObject", "s3:Get*"]])
def test_actions_are_patterns_without_case(action: Any) -> None:
    assert allows([document(allow(Action=action))], get())


def test_resources_are_patterns_with_case() -> None:
    assert not allows([document(allow())], get("arn:aws:s3:::OURS/a"))
    assert not allows([document(allow())], get("arn:aws:s3:::ours"))
    assert not allows([document(allow(Resource="arn:aws:s3:::ours.a"))], get("arn:aws:s3:::ours-a"))
    assert allows([document(allow(Resource=["x", OURS]))], get())


def test_the_opposites() -> None:
    other = document({"Effect": "Allow", "NotAction": "s3:Put*", "NotResource": "arn:aws:s3:::theirs/*"})
    assert allows([other], get())
    assert not allows([other], get("arn:aws:s3:::theirs/a"))


@pytest.mark.parametrize(
    ("condition", "values", "holds"),
    [
        ({"StringEquals": {"k": "a"}}, ["a"], True),
        ({"StringEquals": {"K": "a"}}, ["a"], True),
        ({"StringEquals": {"k": ["b", "a"]}}, ["a"], True),
        ({"StringEquals": {"k": "a*"}}, ["ab"], False),
        ({"StringLike": {"k": "a*"}}, ["ab"], True),
        ({"StringEquals": {"k": "a"}}, ["b"], False),
        ({"StringEquals": {"k": "a"}}, [], False),
        ({"StringEqualsIfExists": {"k": "a"}}, [], True),
        ({"StringEqualsIfExists": {"k": "a"}}, ["b"], False),
        ({"ForAllValues:StringEquals": {"k": ["a", "b"]}}, ["a", "b"], True),
        ({"ForAllValues:StringEquals": {"k": ["a", "b"]}}, ["a", "c"], False),
        ({"ForAllValues:StringEquals": {"k": "a"}}, [], True),
        ({"ForAnyValue:StringEquals": {"k": "a"}}, ["c", "a"], True),
        ({"StringEquals": {"k": "a", "l": "b"}}, ["a"], False),
    ],
)
def test_conditions(condition: Any, values: list[str], holds: bool) -> None:  # noqa: FBT001
    assert allows([document(allow(Condition=condition))], get(k=values)) is holds


def test_a_kind_of_condition_that_is_not_judged_is_not_passed_over() -> None:
    odd = document(allow(Condition={"DateLessThan": {"aws:CurrentTime": "2030-01-01T00:00:00Z"}}))
    with pytest.raises(NotImplementedError, match="does not judge the condition DateLessThan"):
        allows([odd], get())
