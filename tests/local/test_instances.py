"""What a person may call an instance."""

from datetime import UTC, datetime, timedelta

import pytest

from local.errors import LocalError
from local.instances import Instance, pick

DAY = datetime(2026, 1, 1, tzinfo=UTC)


def instance(id_: str, name: str, state: str = "running", hour: int = 0) -> Instance:
    launched = DAY + timedelta(hours=hour)
    return Instance(id=id_, name=name, state=state, image="", private_ip="", public_ip="", launched=launched)


WEB = instance("i-0a1", "hello.web.0.3fa9c1d2")
SECOND = instance("i-0a2", "hello.web.1.3fa9c1d2")
API = instance("i-0b1", "api.web.0.77777777", "stopped")
OLD = instance("i-0c1", "hello.web.0.3fa9c1d2", "terminated")
OLDER = instance("i-0c2", "gone.web.0.11111111", "terminated", 1)
LAST = instance("i-0c3", "gone.web.0.11111111", "terminated", 2)
NAMELESS = instance("i-0d1", "")
EVERY = [OLD, WEB, SECOND, API, LAST, OLDER, NAMELESS]


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("i-0a1", WEB),
        ("i-0b", API),
        ("i-0d1", NAMELESS),
        ("hello.web.1.3fa9c1d2", SECOND),
        ("api", API),
        ("hello.web.0", WEB),
        ("i-0c1", OLD),
        ("gone.web.0.11111111", LAST),
        ("gone", LAST),
    ],
)
def test_an_id_a_name_or_how_one_begins(word: str, meant: Instance) -> None:
    assert pick(EVERY, word) == meant


def test_the_whole_of_one_name_may_be_how_another_begins() -> None:
    one, longer = instance("i-1", "db"), instance("i-2", "db2")
    assert pick([longer, one], "db") == one


def test_who_could_be_meant_is_named() -> None:
    with pytest.raises(LocalError) as refused:
        pick(EVERY, "hello")
    assert "'hello' may mean 2 instances" in str(refused.value)
    assert "i-0a1  hello.web.0.3fa9c1d2\n  i-0a2  hello.web.1.3fa9c1d2" in str(refused.value)


def test_of_many_only_some_are_named() -> None:
    with pytest.raises(LocalError, match=r"may mean 30 instances(?s:.*)\.\.\.$") as refused:
        pick([instance(f"i-{number:02}", "web") for number in range(30)], "web")
    assert len(str(refused.value).splitlines()) == 10


def test_nobody_is_meant() -> None:
    with pytest.raises(LocalError, match="instance 'web' does not exist"):
        pick(EVERY, "web")
