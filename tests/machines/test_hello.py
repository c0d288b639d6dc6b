"""The story of hello on machines that really boot: its tests run in their order, on one stack.

On a local AWS of its own; `make test-aws` tells it on AWS.
"""

import os
import shutil
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from bootstrap import bucket_name
from tests.aws import anywhere, left_in_aws
from tests.command import run
from tests.docs.commands import commands_of
from tests.engine.page import FIRST_HOUR
from tests.machine import Inside, get
from tests.stack import ROOT, AnyStack, Stack, eventually

pytestmark = pytest.mark.machines

HELLO = "Hello World\n"


@pytest.fixture(scope="module")
def stack(pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory) -> Iterator[AnyStack]:
    with anywhere(pytestconfig, tmp_path_factory.mktemp("hello")) as stack:
        shutil.copy(ROOT / "apps" / "hello.yaml", stack.project / "apps")
        yield stack


@pytest.fixture
def inside(stack: AnyStack) -> Inside:
    """The only instance."""
    if not isinstance(stack, Stack):
        pytest.skip("nobody can enter a machine on AWS: no port for it is open")
    return Inside(only_instance(stack)[1])


def settings(stack: AnyStack, **changed: Any) -> None:
    """The app as shipped but quicker to judge, with these keys changed; None takes a key out."""
    shipped = yaml.safe_load((ROOT / "apps" / "hello.yaml").read_text())
    quick = {
        "healthcheck": {"path": "/", "start_timeout": "5s"},
        "deploy": {"min_healthy_time": "2s", "healthy_deadline": "4m"},
    }
    keys = {key: value for key, value in {**shipped, **quick, **changed}.items() if value is not None}
    text = yaml.safe_dump(keys).replace("BUCKET", bucket_name(stack.settings()))
    (stack.project / "apps" / "hello.yaml").write_text(text)


def body(stack: AnyStack) -> str:
    """What the app answers at its first address."""
    return get(stack.outputs()["hello"]["addresses"][0])[1]


def only_instance(stack: AnyStack) -> tuple[str, str]:
    (one,) = stack.instances().items()
    return one


def test_one_up_and_the_address_answers_hello_world(stack):
    done = stack.up()
    assert "proved, " in done.text
    (address,) = stack.outputs()["hello"]["addresses"]
    (command,) = [one for one in commands_of("aws.md", FIRST_HOUR.read_text()) if one.startswith("curl ")]
    told = run(["bash", "-c", command.replace("ADDRESS", address)], stack.project, os.environ)
    assert told.stdout.endswith(HELLO)


def test_the_script_on_the_machine_is_what_was_rendered_byte_for_byte(stack, inside):
    rendered = stack.python("-m", "bootstrap", "hello", "--stack", stack.name)
    assert inside.read("/var/lib/cloud/instance/user-data.txt") == rendered.encode()


def test_the_process_runs_as_app_and_its_log_is_under_svlogd(stack, inside):
    assert inside.run("ps", "-o", "user=", "-C", "ruby").split() == ["app"]
    get(stack.outputs()["hello"]["addresses"][0])
    log = inside.read("/var/log/app/current").decode()
    assert "listening on 5000" in log
    assert "GET / HTTP" in log


def test_killed_it_comes_back(stack, inside):
    before = inside.run("pidof", "ruby")
    inside.run("pkill", "-KILL", "ruby")
    eventually(lambda: _answers(stack), "the app's answer")
    assert inside.run("pidof", "ruby") != before


def test_a_second_up_changes_nothing(stack):
    assert stack.up().changes() == []


def test_terminated_behind_our_back_it_is_made_again_and_judged(stack):
    name, instance = only_instance(stack)
    stack.client("ec2").terminate_instances(InstanceIds=[instance])
    eventually(lambda: instance in stack.there("terminated"), "its end")
    done = stack.up("--refresh")
    assert f"{name}.gate" in done.ended("update")
    same, new = only_instance(stack)
    assert (same, new != instance) == (name, True)
    assert body(stack) == HELLO


def test_scaled_to_three_and_back_the_first_stays(stack):
    name, instance = only_instance(stack)
    stack.pulumi("config", "set", "--path", "counts.hello", "3")
    stack.up()
    assert [get(address)[1] for address in stack.outputs()["hello"]["addresses"]] == [HELLO] * 3
    stack.pulumi("config", "set", "--path", "counts.hello", "1")
    stack.up()
    assert only_instance(stack) == (name, instance)


def test_a_new_slug_is_proved_before_the_old_one_goes(stack):
    settings(stack)
    stack.up()
    old, _ = only_instance(stack)
    web = stack.project / "slugs" / "hello" / "bin" / "web"
    web.write_text(web.read_text().replace("Hello World", "Hello again"))
    done = stack.up()
    new, _ = only_instance(stack)
    ended = done.ended("create", "delete")
    assert ended.index(f"{new}.gate") < ended.index(old)
    assert body(stack) == "Hello again\n"


FAULTS = {
    "a slug that is not there": (
        {"source": None, "slug_url": "s3://BUCKET/hello/no.tar.gz"},
        ["failed at step fetch", "/hello/no.tar.gz answered 40"],
    ),
    "an app that answers 404": (
        {"cmd": "exec ruby -rsocket -e 's = TCPServer.new(ENV[%(PORT)]); loop { c = s.accept; c.gets; "
                "c.write(%(HTTP/1.0 404 Not Found\\r\\n\\r\\n)); c.close }'"},
        ["failed at step check", "GET http://127.0.0.1:5000/ gave 404"],
    ),
    "a command that exits at once": (
        {"cmd": "echo cannot start; exit 7"},
        ["failed at step check", "cannot start", "the app exited with code 7", "the app exited 3 times"],
    ),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
def test_a_bad_release_fails_by_name_and_the_old_one_goes_on(stack, fault):
    changed, said = FAULTS[fault]
    before = stack.instances()
    env = {"RELEASE": fault}
    settings(stack, env=env, **changed)
    text = stack.failed_up().text
    for words in ("app hello: instance i-", *said):
        assert words in text, text
    assert body(stack) == "Hello again\n"

    again = stack.failed_up()
    assert again.ended("create", "create-replacement") == []
    for words in said:
        assert words in again.text

    failed = stack.instances().items() - before.items()
    settings(stack)
    reverted = stack.up()
    assert not [change for change in reverted.changes() if "create" in change]
    assert [name for name in reverted.ended("delete") if name.startswith("hello.web.0.")] == [
        name for name, _ in failed
    ]
    assert stack.instances() == before


def test_the_same_settings_with_a_good_slug_pass(stack):
    settings(stack, env={"RELEASE": "a command that exits at once"})
    stack.up()
    assert body(stack) == "Hello again\n"


def test_destroy_leaves_nothing(stack):
    assert {one.rpartition(" ")[0] for one in left_in_aws(stack)} == {
        *("instance", "volume", "security group", "role", "instance profile", "bucket")
    }
    done = stack.pulumi("destroy", "--yes", "--skip-preview")
    assert done.code == 0, done.text
    assert left_in_aws(stack) == []


def _answers(stack: AnyStack) -> bool:
    try:
        return body(stack) == HELLO
    except OSError:
        return False
