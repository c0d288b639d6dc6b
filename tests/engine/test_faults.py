"""What a rollout does when machines or gates fail: the real engine, simulated machines."""

import pytest

from tests.stack import eventually

pytestmark = pytest.mark.engine

QUICK = {"healthy_deadline": "16s", "min_healthy_time": "1s"}
SHORT = {"healthcheck": {"path": "/", "start_timeout": "5s"}, "deploy": QUICK}


def test_each_fault_of_a_boot_gives_its_own_message(simulated):
    # Once one gate has failed no other begins, so they fail when all are there.
    fails = "fail step=fetch exit=22 log='answered 404' delay=12"
    simulated.app("fails", image_id=simulated.image(fails), **SHORT)
    simulated.app("hangs", image_id=simulated.image("hang step=packages"), **SHORT)
    simulated.app("dies", image_id=simulated.image("die step=fetch delay=12"), **SHORT)
    text = simulated.failed_up().text
    assert "app fails: instance i-" in text
    assert "failed at step fetch, exit 22" in text
    assert "| answered 404" in text
    assert "hangs: not ready 16 s after its launch (healthy_deadline), last finished step: system" in text
    assert "died after step user: it is" in text


GATE_FAULTS = {
    "timeout": "TimeoutError()",
    "assertion": "AssertionError()",
    "key": "KeyError('nope')",
    "cancelled": "asyncio.CancelledError()",
    "exit": "SystemExit(1)",
}
FAULTY = f"""
import asyncio, runpy
import fleet.gate

FAULTS = dict({", ".join(f"{name}=lambda: {fault}" for name, fault in GATE_FAULTS.items())})

arrived = set()

async def wait(self, want, instance_id):
    # Once one gate has failed no other begins, so they fail when all are there.
    arrived.add(want.app)
    for _ in range(600):
        if len(arrived) == len(FAULTS):
            break
        await asyncio.sleep(0.1)
    raise FAULTS[want.app]()

fleet.gate.Gates._wait = wait
runpy.run_path("sound.py", run_name="__main__")
"""


def test_a_fault_in_the_gates_own_code_fails_the_update_and_deletes_nothing(simulated):
    for name in GATE_FAULTS:
        simulated.app(name)
    simulated.up()
    old = simulated.instances()
    for name in GATE_FAULTS:
        simulated.app(name, env={"CHANGED": "yes"})
    (simulated.project / "__main__.py").rename(simulated.project / "sound.py")
    (simulated.project / "__main__.py").write_text(FAULTY)
    text = simulated.failed_up().text
    for fault in GATE_FAULTS.values():
        assert f"the gate itself failed ({fault.removeprefix('asyncio.').partition('(')[0]}" in text
    assert old.items() <= simulated.instances().items()
    # the control: without the faults the same change passes, on the same new instances
    new = simulated.instances()
    (simulated.project / "sound.py").replace(simulated.project / "__main__.py")
    simulated.up()
    assert simulated.instances().items() == new.items() - old.items()


SILENT = """
import runpy
from botocore.exceptions import BotoCoreError
import fleet.lookups

def types(self, names):
    raise BotoCoreError()

fleet.lookups.Ec2Answers.types = types
runpy.run_path("sound.py", run_name="__main__")
"""


def test_a_look_up_that_fails_once_changes_no_app(simulated):
    simulated.app("hello")
    simulated.up()
    (simulated.project / "__main__.py").rename(simulated.project / "sound.py")
    (simulated.project / "__main__.py").write_text(SILENT)
    silent = simulated.up()
    assert "AWS could not be asked for" in silent.text
    assert silent.changes() == []
    (simulated.project / "sound.py").replace(simulated.project / "__main__.py")
    assert simulated.up().changes() == []


def test_one_app_fails_and_the_other_goes_on_with_its_instances(simulated):
    simulated.app("one", image_id=simulated.image("fail step=unpack exit=2 delay=4"))
    simulated.app("two", image_id=simulated.image("ready delay=15"), **SHORT)
    text = simulated.failed_up().text
    assert "app one: instance" in text
    assert "app two: 0 proved in this update, 1 still waiting" in text
    first = simulated.instances()
    (two,) = (id_ for name, id_ in first.items() if name.startswith("two."))
    eventually(lambda: " ready " in simulated.console(two), "two, past its deadline")
    simulated.app("one")
    simulated.up()
    after = simulated.instances()
    assert {name: id_ for name, id_ in first.items() if name.startswith("two.")}.items() <= after.items()
    assert not {id_ for name, id_ in first.items() if name.startswith("one.")} & {*after.values()}


def test_a_failed_rollout_stays_failed_and_a_revert_makes_nothing(simulated):
    simulated.app("hello")
    simulated.up()
    old = simulated.instances()
    serving = simulated.outputs()
    simulated.app("hello", image_id=simulated.image("fail step=check exit=1"))
    simulated.failed_up()
    assert simulated.outputs() == serving  # what serves, not what failed
    again = simulated.failed_up()
    assert again.ended("create", "create-replacement") == []
    assert old.items() <= simulated.instances().items()
    simulated.app("hello")
    reverted = simulated.up()
    assert not [change for change in reverted.changes() if "create" in change]
    assert simulated.instances() == old


def test_an_instance_that_died_is_made_again_and_judged(simulated):
    simulated.app("hello")
    simulated.up()
    ((name, id_),) = simulated.instances().items()
    simulated.client("ec2").terminate_instances(InstanceIds=[id_])
    again = simulated.up("--refresh")
    assert f"{name}.gate" in again.steps("update")
    ((same, new_id),) = simulated.instances().items()
    assert (same, new_id != id_) == (name, True)


def test_a_failed_one_is_tried_again_on_a_fresh_machine_without_a_change(simulated):
    simulated.app("hello", image_id=simulated.image("fail step=check exit=1"))
    simulated.failed_up()
    ((name, _),) = first = simulated.instances().items()
    again = simulated.failed_up("--replace", f"**::{name}")
    assert "create-replacement" in {change.split()[0] for change in again.changes()}
    (named,) = {word for word in again.text.split() if word.startswith("i-")}
    assert (name, named) not in first  # it is the fresh one that was judged
