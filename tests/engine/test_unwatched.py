"""What deploy.yml and repair.yml do without a person: the real engine, simulated machines."""

import signal
from contextlib import contextmanager

import pytest

from tests.command import begin, end
from tests.engine.merged import merged
from tests.engine.update import update
from tests.repository import step
from tests.stack import eventually, own_stack

pytestmark = pytest.mark.engine


@pytest.fixture(scope="module")
def main(tmp_path_factory):
    """The main branch, deployed."""
    with own_stack(tmp_path_factory.mktemp("unwatched"), "simulated") as stack:
        made = merged(stack)
        stack.app("hello")
        stack.app("other")
        made.commit("base")
        deploys(made)
        yield made


def deploys(main, app=""):
    done = main.step("update.yml", "Deploy", STACK="local", APP=app)
    assert done.returncode == 0, done.stdout
    return done.stdout


def deployed(main):
    """The commit that the outputs name."""
    return main.runs("pulumi", "stack", "output", "commit", "--stack", "local").stdout.strip()


def repairs(main, **variables):
    """The step of update.yml, which leaves no tree behind."""
    done = main.step("update.yml", "Repair", STACK="local", **variables)
    assert len(main.git("worktree", "list").splitlines()) == 1
    return done


def test_the_outputs_name_the_commit_that_was_accepted_last(main):
    stack, first = main.stack, main.head()
    assert deployed(main) == first
    assert stack.up().changes() == []
    stack.app("hello", image_id=stack.image("fail step=fetch exit=22"))
    assert deployed(main) == first
    main.commit("fails")
    assert main.step("update.yml", "Deploy", STACK="local", APP="").returncode == 1
    assert deployed(main) == first
    stack.up("--target", "**::other.**")  # gives all outputs anew
    assert deployed(main) == first
    main.git("revert", "--no-edit", "HEAD")
    deploys(main)
    assert deployed(main) == main.head()


def test_an_approval_that_came_late_takes_nothing_back(main):
    main.git("checkout", "--quiet", "-b", "late")
    main.git("checkout", "--quiet", "-")
    main.stack.app("hello", env={"LATER": "yes"})
    later = main.commit("later")
    deploys(main)
    serving = main.stack.instances()
    main.git("checkout", "--quiet", "late")
    assert f"serves {later}, which is newer" in deploys(main)
    main.git("checkout", "--quiet", "-")
    assert (deployed(main), main.stack.instances()) == (later, serving)


@pytest.mark.parametrize("unlocked", [False, True], ids=["locked", "unlocked by hand"])
def test_a_killed_job_is_cured_by_the_next(main, unlocked):
    """It leaves its lock, an entry of what was being made, and an instance that the state does not know."""
    stack = main.stack
    old = stack.instances()
    stack.app("hello", env={"KILLED": str(unlocked)})
    main.commit("killed")
    with update(stack, "up") as killed:
        killed.until(lambda: [one for one in killed.begun() if one.startswith("create hello.web.")], "launch")
        killed.stop_until(lambda: len(stack.instances()) > len(old), "the instance in AWS")
        killed.kill()
    (orphan,) = stack.instances().keys() - old.keys()
    lost = stack.instances()[orphan]
    if unlocked:
        assert stack.pulumi("cancel", "--yes").code == 0
    told = deploys(main)
    assert ("taking away the lock of a job that is over" in told) is not unlocked
    assert lost not in stack.there()
    assert sorted(name.split(".")[0] for name in stack.there().values()) == ["hello", "other"]
    assert deployed(main) == main.head()
    assert stack.up().changes() == []


def test_a_lock_of_one_who_lives_is_left_alone(main):
    stack = main.stack
    stack.app("hello", image_id=stack.image("ready delay=10"))
    with update(stack, "up") as colleague:
        colleague.until(lambda: [one for one in colleague.begun() if one.endswith(".gate")], "the gate")
        colleague.signal(signal.SIGSTOP)
        refused = main.pipeline("deploy", "--stack", "local")
        colleague.signal(signal.SIGCONT)
        assert colleague.wait().code == 0
    assert refused.returncode == 1
    assert "next: wait for it to end" in refused.stdout
    main.commit("was at work")
    deploys(main)


def test_a_repair_makes_anew_what_died_of_the_commit_that_serves(main):
    stack, serves = main.stack, main.head()
    before = stack.instances()
    stack.app("hello", env={"NEWER": "yes"})
    stack.app("further")
    main.commit("newer, not deployed")
    (dead,) = (name for name in before if name.startswith("other."))
    stack.client("ec2").terminate_instances(InstanceIds=[before[dead]])
    done = repairs(main)
    assert done.returncode == 0, done.stdout
    after = stack.instances()
    assert after.keys() == before.keys()
    assert {name for name in after if after[name] != before[name]} == {dead}
    assert deployed(main) == serves


def test_a_repair_takes_back_no_half_of_a_later_deployment(main):
    stack, serves = main.stack, deployed(main)
    stack.app("other", image_id=stack.image("fail step=fetch exit=22"))
    stack.up("--target", "**::hello.**")
    halfway = stack.instances()
    done = repairs(main)
    assert done.returncode == 1
    assert "a later one did not finish, or rolled out single apps" in done.stdout
    assert stack.instances() == halfway
    assert deployed(main) == serves


def test_one_that_could_not_look_says_so_and_not_that_it_differs(main):
    """A withdrawn image, say; here keys that AWS does not know."""
    done = repairs(main, AWS_ENDPOINT_URL="http://127.0.0.1:1")
    assert done.returncode == 1
    assert "could not be looked at:" in done.stdout
    assert "a later one did not finish" not in done.stdout


def test_one_app_alone_and_no_name_is_a_command(main):
    main.stack.app("hello", env={"ALONE": "yes"})
    main.stack.app("other", env={"ALONE": "yes"})
    main.commit("two apps")
    old = main.stack.instances()
    refused = main.step("update.yml", "Deploy", STACK="local", APP="hello; touch forged")
    assert refused.returncode == 1
    assert "there is no app 'hello; touch forged'" in refused.stdout
    deploys(main, "hello")
    assert {name.split(".")[0] for name in old.keys() - main.stack.instances().keys()} == {"hello"}
    deploys(main)
    assert not (main.folder / "forged").exists()


def test_a_cancelled_job_ends_pulumi_in_order(main):
    """Its first process gets SIGINT, then SIGTERM; pulumi gives its lock back before SIGKILL would come."""
    stack = main.stack
    stack.app("hello", image_id=stack.image("ready delay=600"))
    main.commit("slow")
    with begun(main, "update.yml", "Deploy", STACK="local", APP="") as (job, told):
        eventually(lambda: "gate creating" in told.read_text(), "the gate")
        job.send_signal(signal.SIGINT)
        eventually(lambda: "^C received" in told.read_text(), "pulumi's answer")
        job.send_signal(signal.SIGTERM)
        assert job.wait(60) == 1
    assert "its own words stand above" in told.read_text()
    assert "Traceback" not in told.read_text()
    require_idle(main)
    main.git("revert", "--no-edit", "HEAD")
    assert "was cut off: looking for what it left" in deploys(main)


def require_idle(main):
    """Nobody holds the lock."""
    told = main.runs("python", "-c", "from operate.state import require_idle; require_idle('local')")
    assert told.returncode == 0, told.stdout


def test_a_folder_that_differed_is_nothing_to_repair_from_and_that_is_loud(main):
    stack = main.stack
    stack.app("hello", env={"BY": "hand"})
    stack.up()
    summary = main.folder / "summary.md"
    done = repairs(main, GITHUB_ACTIONS="true", GITHUB_STEP_SUMMARY=str(summary))
    assert done.returncode == 0
    said = "local was not repaired: its outputs name no whole commit"
    assert f"::warning::{said}" in done.stdout
    assert said in summary.read_text()


@contextmanager
def begun(main, workflow, name, **variables):
    """A step at work, and the file of what it says."""
    told = main.folder / "output-of-the-step"
    with told.open("w") as output:
        command = ["bash", "-e", "-c", step(workflow, name)["run"]]
        job = begin(command, main.folder, main.within(variables), output)
    try:
        yield job, told
    finally:
        end(job)
