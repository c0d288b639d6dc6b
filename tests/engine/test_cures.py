"""docs/when-something-goes-wrong.md, case by case: its screens are seen, its commands are run, they cure."""

import os
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from local.connection import known
from tests.engine import page
from tests.engine.operator import Operator, operator
from tests.engine.update import update
from tests.stack import ROOT, Stack, eventually

pytestmark = pytest.mark.engine

CHANGED = {"env": {"CHANGED": "yes"}}
SLUG = {"source": "../slugs/hello"}


@pytest.fixture
def hands(simulated: Stack) -> Operator:
    """Somebody at the stack dev, with hello accepted in it."""
    hands = operator(simulated, "dev")
    simulated.app("hello", **SLUG)
    simulated.up()
    return hands


def test_every_case_of_the_page_has_its_test():
    here = Path(__file__).read_text()
    cases = {case for kind in ("screen", "cure") for case in page.blocks(kind)}
    assert cases, "the page has cases at all"
    assert [case for case in sorted(cases) if f'"{case}"' not in here] == []


def test_every_block_of_the_page_is_one_that_tests_read():
    text = page.PAGE.read_text()
    kinds = ("look", "screen", "warning", "cure", "then")
    assert text.count("\n```") == 2 * sum(len(page.blocks(kind)) for kind in kinds)


def test_a_failed_gate(hands):
    stack = hands.stack
    old = stack.instances()
    hands.commit()
    stack.app("hello", **SLUG, image_id=stack.image("fail step=check exit=1 log='no such table'"))
    hands.commit()
    hands.sees("failed-gate", stack.failed_up().text)
    hands.cures("failed-gate")
    assert stack.instances() == old


def with_a_dying_machine(stack):
    """What a rollout says whose new machine goes down before it is ready.

    By hand, for what a simulated machine acts itself the next of its image would act too.
    """
    old = stack.instances()
    stack.app("hello", **SLUG, image_id=stack.image("ready delay=10"))
    with update(stack, "up") as rollout:
        rollout.until(lambda: [one for one in rollout.begun() if one.endswith(".gate")], "the gate")
        (new,) = {*stack.instances().values()} - {*old.values()}
        stack.client("ec2").stop_instances(InstanceIds=[new])
        done = rollout.wait()
    assert done.code != 0
    return done.text


def test_another_try_on_a_fresh_machine(hands):
    stack = hands.stack
    hands.sees("fresh-machine", with_a_dying_machine(stack))
    hands.sees("fresh-machine", stack.failed_up().text)  # it stays failed
    hands.cures("fresh-machine")
    hands.converged()


def test_an_edit_that_reaches_too_far(hands):
    stack = hands.stack
    stack.app("api")
    stack.up()
    stack.pulumi("config", "set", "maxReplaced", "50%")
    (stack.project / "apps/_defaults.yaml").write_text("env: {TEAM: edge}\n")
    hands.sees("too-far", stack.failed_up().text)
    hands.cures("too-far")
    (stack.project / "apps/_defaults.yaml").write_text("env: {TEAM: core}\n")
    stack.failed_up()
    hands.cures("one-app-first")
    stack.up()  # one is left
    hands.converged()


def _goes_on(colleague):
    """After longer than pulumi needs to find the lock: who does not wait runs into it."""
    time.sleep(6)
    colleague.signal(signal.SIGCONT)


def test_a_lock_of_somebody_who_runs_an_update_is_waited_for(hands):
    stack = hands.stack
    stack.app("hello", **SLUG, image_id=stack.image("ready delay=10"))
    with update(stack, "up") as colleague, ThreadPoolExecutor() as beside:
        colleague.until(lambda: [one for one in colleague.begun() if one.endswith(".gate")], "the gate")
        colleague.signal(signal.SIGSTOP)  # thinks, for as long as we look
        hands.sees("locked", hands.runs("pulumi up").stdout)
        refused = hands.runs("make orphans STACK=dev YES=1")
        assert refused.returncode != 0
        assert "next: wait for it to end" in refused.stdout
        ended = beside.submit(colleague.wait)
        beside.submit(_goes_on, colleague)
        hands.cures("locked")
        assert ended.result().code == 0
    hands.converged()


def test_a_killed_update_leaves_lock_entry_and_orphan(hands):
    stack = hands.stack
    stack.app("hello", **SLUG, **CHANGED, count=2)
    old = stack.instances()
    with update(stack, "up") as killed:
        killed.until(
            lambda: [one for one in killed.begun() if one.startswith("create hello.web.0.")], "launch"
        )
        killed.stop_until(lambda: len(stack.instances()) > len(old), "the instance in AWS")
        killed.kill()
    hands.sees("killed", hands.runs("pulumi up").stdout)
    (orphan,) = stack.instances().items() - old.items()
    told = hands.cures("killed")
    assert f"{orphan[1]}  {orphan[0]}" in told
    assert "its launch was under way when an update was killed" in told
    assert orphan[1] not in stack.instances().values()
    hands.converged()


def test_a_state_that_a_kill_made_unreadable(hands):
    stack = hands.stack
    stack.app("hello", **SLUG, **CHANGED)
    with update(stack, "up") as killed:
        killed.until(killed.begun, "its begin")
        killed.kill()
    # The local stack's backend keeps no notes, and reads those that are there.
    (stack.home.state / ".pulumi/stacks/compute-instances/dev.json.zst.attrs").touch()
    hands.sees("state-unreadable", hands.runs("pulumi up").stdout)
    hands.sees(
        "state-folder", hands.runs("PULUMI_BACKEND_URL=${PULUMI_BACKEND_URL%\\?*} pulumi whoami -v").stdout
    )
    hands.cures("state-folder")
    hands.sees("killed", hands.runs("pulumi up").stdout)
    hands.cures("killed")
    hands.converged()


def _forgotten(hands, name):
    hands.stack.up()
    hands.forgets(name)


def _profile_with_role(iam):
    """What is just made may have its role already."""
    iam.create_instance_profile(InstanceProfileName=IN_AWS)
    iam.create_role(RoleName="left", AssumeRolePolicyDocument=TRUST)
    iam.add_role_to_instance_profile(InstanceProfileName=IN_AWS, RoleName="left")


IN_AWS = "compute-instances.dev.hello"
TRUST = '{"Version": "2012-10-17", "Statement": []}'
PLANTED = {
    "role-exists": lambda hands: hands.stack.client("iam").create_role(
        RoleName=IN_AWS, AssumeRolePolicyDocument=TRUST
    ),
    "profile-exists": lambda hands: _profile_with_role(hands.stack.client("iam")),
    "group-exists": lambda hands: hands.stack.client("ec2").create_security_group(
        GroupName=f"{IN_AWS}.web", Description="planted"
    ),
    "rule-exists": lambda hands: _forgotten(hands, "hello.web.ingress.5000.0.0.0.0-0"),
    "egress-exists": lambda hands: _forgotten(hands, "hello.web.egress"),
}


@pytest.mark.parametrize("case", PLANTED)
def test_what_exists_already_is_made_again(simulated, case):
    """tests/engine/test_kills.py leaves some by kills; here AWS simply has it and the state does not."""
    hands = operator(simulated, "dev")
    simulated.app("hello", **SLUG, count=0)
    PLANTED[case](hands)
    simulated.app("hello", **SLUG)
    seen = simulated.pulumi("up", "--yes", "--skip-preview")
    assert seen.code != 0
    hands.sees(case, seen.text)
    hands.cures(case)
    hands.converged()


def test_cancelled_once(hands):
    stack = hands.stack
    stack.app("hello", **SLUG, image_id=stack.image("ready delay=3"), count=2)
    with update(stack, "up") as cancelled:
        cancelled.until(lambda: [one for one in cancelled.begun() if one.endswith(".gate")], "the gate")
        cancelled.signal(signal.SIGINT)
        done = cancelled.wait()
    assert done.code != 0
    hands.sees("cancelled-once", done.text)
    hands.cures("cancelled-once")
    hands.converged()


def test_cancelled_twice(hands):
    stack = hands.stack
    stack.app("hello", **SLUG, image_id=stack.image("ready delay=10"))
    with update(stack, "up") as cancelled:
        cancelled.until(lambda: [one for one in cancelled.begun() if one.endswith(".gate")], "the gate")
        cancelled.signal(signal.SIGINT)
        cancelled.until(lambda: "^C received" in cancelled.output.read_text(), "the first one's answer")
        cancelled.signal(signal.SIGINT)
        done = cancelled.wait()
    hands.sees("cancelled-twice", done.text)
    page.read("warning", "cancelled-twice", stack.up().text, {})
    page.read("warning", "cancelled-twice", stack.up().text, {})  # every time, until it is cleared
    hands.cures("cancelled-twice")
    assert "pending operations" not in stack.up().text
    hands.converged()


def test_an_instance_that_was_terminated_is_made_again(hands):
    stack = hands.stack
    (id_,) = stack.instances().values()
    stack.client("ec2").terminate_instances(InstanceIds=[id_])
    assert stack.up().changes() == []  # nobody looked
    hands.looks("gone")
    hands.cures("gone")
    hands.converged()


def test_an_instance_that_hangs_or_was_stopped_is_replaced(hands):
    stack = hands.stack
    stack.app("hello", **SLUG, count=2)
    stack.up()
    (_, kept), (name, id_) = sorted(stack.instances().items())
    stack.client("ec2").stop_instances(InstanceIds=[id_])
    eventually(lambda: stack.instances("stopped") == {name: id_}, "the stop")
    hands.looks("hangs")
    hands.cures("hangs")
    assert kept in stack.instances().values()
    hands.converged()


def test_a_bucket_emptied_by_hand_is_filled_again(hands):
    stack = hands.stack
    (bucket,) = [one["Name"] for one in stack.client("s3").list_buckets()["Buckets"]]
    (slug,) = stack.client("s3").list_objects_v2(Bucket=bucket)["Contents"]
    stack.client("s3").delete_object(Bucket=bucket, Key=slug["Key"])
    hands.sees("fresh-machine", with_a_dying_machine(stack))  # as if it had died of it
    hands.cures("bucket-emptied")
    assert stack.client("s3").head_object(Bucket=bucket, Key=slug["Key"])["ContentLength"] == slug["Size"]
    hands.converged()


def test_the_words_of_a_missing_slug_are_the_scripts_own():
    script = (ROOT / "bootstrap/templates/fetch.sh.j2").read_text()
    (_, answered, missing) = page.blocks("screen")["bucket-emptied"]
    assert answered.removeprefix("| ... ").replace("403", "$1") in script
    assert missing.removeprefix("| ") in script


def test_a_rule_that_was_removed_comes_back(hands):
    instances, before = hands.stack.instances(), hands.rules()
    hands.ec2("revoke_security_group_ingress", SecurityGroupRuleIds=[before[0]["SecurityGroupRuleId"]])
    hands.looks("rule-removed")
    hands.cures("rule-removed")
    assert [_reach(one) for one in hands.rules()] == [_reach(one) for one in before]
    assert hands.stack.instances() == instances


def test_a_rule_that_was_widened_is_narrowed(hands):
    instances, before = hands.stack.instances(), hands.rules()
    wide = {"IpProtocol": "tcp", "FromPort": 0, "ToPort": 65535, "CidrIpv4": "0.0.0.0/0"}
    one = {"SecurityGroupRuleId": before[0]["SecurityGroupRuleId"], "SecurityGroupRule": wide}
    hands.ec2("modify_security_group_rules", SecurityGroupRules=[one])
    assert _reach(hands.rules()[0]) == (0, 65535, "0.0.0.0/0")
    hands.looks("rule-widened")
    hands.cures("rule-widened")
    assert hands.rules() == before
    assert hands.stack.instances() == instances


def test_a_rule_that_was_added_is_found_and_taken_away(hands):
    before = hands.rules()
    ssh = {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "CidrIp": "0.0.0.0/0"}
    hands.ec2("authorize_security_group_ingress", **ssh)
    assert hands.stack.up("--refresh").changes() == []  # pulumi does not see it
    hands.looks("rule-added")
    hands.cures("rule-added")
    assert hands.rules() == before


def _reach(rule):
    return rule["FromPort"], rule["ToPort"], rule["CidrIpv4"]


def test_a_killed_local_aws_comes_back_with_everything(simulated):
    hands = operator(simulated, "local")
    simulated.app("hello", **SLUG, count=2)
    simulated.up()
    os.kill(simulated.connection.pid, signal.SIGKILL)
    hands.sees("local-aws-killed", hands.runs("make preview -o local-aws").stdout)
    hands.cures("local-aws-killed")
    again = Stack(simulated.project, simulated.home, known(simulated.home))
    assert len(again.instances("running")) == 2
    hands = operator(again, "local")
    hands.converged()
    looked = hands.runs("make orphans STACK=local")
    assert (looked.returncode, looked.stdout) == (0, "no orphans\n")
