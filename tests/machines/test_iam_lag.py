"""A role that IAM makes known late does not fail a boot: first no credentials, then refused, then served."""

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.machine import Inside
from tests.stack import Stack, eventually, own_stack

pytestmark = pytest.mark.machines

LAG = 25.0
"""More than the 15 s that must not fail a rollout, longer than a boot takes to its fetch on a busy machine,
and well within the script's minute."""


def put_policy_anew(stack: Stack) -> None:
    """The one policy of the one role, as if it had just been made."""
    iam = stack.client("iam")
    (role,) = iam.list_roles()["Roles"]
    (name,) = iam.list_role_policies(RoleName=role["RoleName"])["PolicyNames"]
    which = {"RoleName": role["RoleName"], "PolicyName": name}
    document = iam.get_role_policy(**which)["PolicyDocument"]
    iam.delete_role_policy(**which)
    iam.put_role_policy(**which, PolicyDocument=json.dumps(document))


def test_a_boot_waits_for_credentials_and_for_the_policy(tmp_path: Any) -> None:
    with own_stack(tmp_path, "nspawn", iam_lag=LAG) as stack, ThreadPoolExecutor() as beside:
        stack.app("plain", source="../slugs/hello", runtime="none", cmd='exec python3 -m http.server "$PORT"')
        update = beside.submit(stack.up)
        eventually(lambda: update.done() or bool(stack.instances("running")), "the launch")
        (instance,) = stack.instances("running").values()
        inside = Inside(instance)
        eventually(lambda: "step=user status=ok" in stack.console(instance), "the step before the fetch")
        put_policy_anew(stack)
        assert "proved" in update.result().text
        log = inside.read("/var/log/compute-instances.log").decode()
    nothing, refused = log.find("the instance's role gave no credentials"), log.find(" answered 403")
    assert -1 < nothing < refused, log
