"""A rule of egress that somebody took away: the next rollout says what its machine could not reach."""

from collections.abc import Iterator

import pytest

from tests.machine import get
from tests.stack import Stack, own_stack

pytestmark = pytest.mark.machines


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with own_stack(tmp_path_factory.mktemp("egress"), "nspawn") as stack:
        yield stack


def write(stack: Stack, release: int) -> None:
    env = {"RELEASE": release}
    stack.app("hello", source="../slugs/hello", runtime="ruby", env=env, deploy={"min_healthy_time": "1s"})


def answers(stack: Stack) -> bool:
    return get(stack.outputs()["hello"]["addresses"][0]) == (200, "Hello World\n")


def take_egress_away(stack: Stack) -> None:
    ec2 = stack.client("ec2")
    of_hello = [{"Name": "tag:compute-instances:app", "Values": ["hello"]}]
    (group,) = ec2.describe_security_groups(Filters=of_hello)["SecurityGroups"]
    permissions = group["IpPermissionsEgress"]
    assert permissions
    ec2.revoke_security_group_egress(GroupId=group["GroupId"], IpPermissions=permissions)


def test_the_machine_says_what_it_could_not_reach_and_the_old_one_goes_on(stack):
    write(stack, 1)
    stack.up()
    old = stack.instances()
    take_egress_away(stack)
    write(stack, 2)
    text = stack.failed_up().text
    assert "failed at step packages, exit 100" in text
    assert "connection timed out" in text
    assert old.items() <= stack.instances().items()
    assert answers(stack)


def test_with_the_rule_put_right_a_fresh_machine_passes(stack):
    (failed,) = [name for name in stack.instances() if not name.endswith(current(stack))]
    stack.up("--refresh", "--replace", f"**::{failed}")
    assert [*stack.instances()] == [failed]
    assert answers(stack)


def current(stack: Stack) -> str:
    """The accepted version."""
    return str(stack.outputs()["hello"]["versions"]["web"])
