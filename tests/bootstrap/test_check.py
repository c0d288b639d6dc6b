"""The check: how the machine asks the app whether it serves, in whole scripts."""

from dataclasses import replace

import pytest

from bootstrap import Failure
from manifest import Healthcheck


def quick(script):
    """Moves bash's clock instead of sleeping."""
    return replace(script, text=script.text.replace("    sleep $((left", "    ((SECONDS += left"))


def hasty(**keys):
    """Gives up at the first fault, and asks each second."""
    keys = {"interval": "1s", **({} if "command" in keys else {"path": "/"}), **keys}
    return Healthcheck(**keys).model_copy(update={"start_timeout": 0})


def failed(boot):
    """That a boot failed at its check, once and for all."""
    assert boot.report.failure == Failure("check", 1)
    assert (boot.code, boot.report.ready_ms) == (1, None)
    return True


def asked(boot):
    """How often the app was asked by GET."""
    return len([call for call in boot.called("curl") if "http://127.0.0.1:5000/" in call])


def test_an_app_that_answers_with_an_error(machine, make):
    machine.write("app-status", "500")
    boot = machine.boot(make(healthcheck=hasty(path="/up")))
    assert failed(boot)
    assert "GET http://127.0.0.1:5000/up gave 500, more than 0 seconds after the start" in boot.report.log


def test_an_app_that_does_not_answer(machine, make):
    machine.write("app-status", "000")
    machine.write("app-does", "exit 7")
    boot = machine.boot(make(healthcheck=hasty()))
    assert failed(boot)
    text = "GET http://127.0.0.1:5000/ gave no whole answer (curl: 7), more than 0 seconds after the start"
    assert text in boot.report.log


def test_an_app_that_answers_half(machine, make):
    machine.write("app-does", "exit 18")
    boot = machine.boot(make(healthcheck=hasty()))
    assert failed(boot)
    assert any("gave no whole answer (curl: 18), " in line for line in boot.report.log)


def test_an_app_that_answers_and_ends(machine, make):
    machine.write("app-does", f"echo 1 >>{machine.root}/run/app-exits")
    boot = machine.boot(quick(make(healthcheck=hasty(), min_healthy_time=9)))
    assert failed(boot)
    assert "the app exited after it was healthy, more than 0 seconds after the start" in boot.report.log


def test_an_app_that_ends_again_and_again(machine, make):
    machine.write("app-status", "000")
    machine.write("app-does", f"echo 1 >>{machine.root}/run/app-exits; exit 7")
    boot = machine.boot(make())
    assert failed(boot)
    assert "the app exited 3 times while it was checked" in boot.report.log


def test_an_app_that_answers_but_was_started_again_is_not_ready_yet(machine, make):
    """The first two answers come from an app that ends after each."""
    exits = f"{machine.root}/run/app-exits"
    machine.write("app-does", f'[ "$(wc -l <{exits})" -ge 2 ] || echo 1 >>{exits}')
    boot = machine.boot(quick(make(min_healthy_time=2)))
    assert boot.report.ready_ms is not None
    assert asked(boot) > 2


@pytest.mark.parametrize(
    ("codes", "healthy", "not_healthy"),
    [
        ("200-399", ["200", "399"], ["100", "404"]),
        ("204", ["204"], ["203", "205"]),
        ("200-299,404", ["200", "299", "404"], ["199", "300", "403"]),
    ],
)
def test_statuses_of_a_healthy_app(machine, make, codes, healthy, not_healthy):
    script = make(healthcheck=hasty(success_codes=codes))
    for status in healthy + not_healthy:
        machine.write("app-status", status)
        assert (machine.boot(script).code == 0) == (status in healthy), status


@pytest.mark.parametrize(
    ("min_healthy_time", "keys", "times"),
    [
        (0, {"threshold": 1}, 1),
        (0, {}, 2),
        (10, {"interval": "3s"}, 5),  # after 0, 3, 6, 9 and 10 seconds
        (10, {"interval": "3s", "threshold": 8}, 8),
        (10, {"interval": "1m"}, 2),
    ],
)
def test_it_must_stay_healthy_for_so_long_and_so_often(machine, make, min_healthy_time, keys, times):
    check = hasty(**keys)
    boot = machine.boot(quick(make(min_healthy_time=min_healthy_time, healthcheck=check)))
    assert boot.code == 0
    assert abs(asked(boot) - times) <= (min_healthy_time > 0)  # bash's clock may tick between


def test_a_fault_begins_the_count_anew(machine, make):
    machine.write("asked", "")
    machine.write(
        "app-does", f"echo >>{machine.root}/asked; [ $(wc -l <{machine.root}/asked) -ne 3 ] || exit 7"
    )
    boot = machine.boot(quick(make(healthcheck=Healthcheck(path="/", threshold=3))))
    assert (boot.code, asked(boot)) == (0, 3 + 3)


class TestByACommand:
    @pytest.fixture
    def checked(self, machine, make):
        """Boots with this command as the check; chpst becomes nobody here."""
        machine.program("chpst", 'shift 4; exec "$@"')

        def checked(command, **keys):
            return machine.boot(make(port=None, healthcheck=hasty(command=command, **keys)))

        return checked

    def test_it_is_healthy_where_the_command_succeeds(self, checked):
        assert checked("exit 0").report.ready_ms is not None

    def test_it_runs_as_the_app_with_its_environment_in_its_folder(self, machine, checked):
        out = machine.path("seen")
        boot = checked(f"pwd >{out}; env >>{out}")
        call = ["-u", "app:app", "-e", str(machine.path("/etc/sv/app/env")), "bash", "-c"]
        assert [run[:-1] for run in boot.called("chpst")] == [call] * 2
        home = machine.path("/srv/app")
        where, *environment = machine.read("seen").splitlines()
        names = {line.partition("=")[0] for line in environment}
        assert where == str(home)
        assert {f"HOME={home}", "LANG=C.UTF-8"} <= {*environment}
        assert names - {"PWD", "SHLVL", "_", "OLDPWD"} == {"HOME", "LANG", "PATH"}

    @pytest.mark.parametrize(
        "command", ["'$(touch PWNED)'", '"`"', "{{7*7}} {% raw %} {##", "a; exit 0 # '\""]
    )
    def test_it_is_one_argument_whatever_it_holds(self, machine, make, command):
        boot = machine.boot(make(healthcheck=hasty(command=command)))
        assert [run[-1] for run in boot.called("chpst")] == [command] * 2
        assert not [*machine.root.rglob("PWNED")]

    def test_its_code_and_its_last_line_are_told(self, checked):
        boot = checked("echo first; echo 'queue is stuck' >&2; exit 9")
        assert failed(boot)
        told = "the check exited with code 9: queue is stuck, more than 0 seconds after the start"
        assert told in boot.report.log
        assert "first" not in boot.log

    def test_one_that_is_not_there_is_told(self, checked):
        boot = checked("bin/check")
        assert failed(boot)
        assert any(
            "the check exited with code 127: " in line and "bin/check" in line for line in boot.report.log
        )

    @pytest.mark.parametrize("command", ["tail -f /dev/null", "trap '' TERM; tail -f /dev/null"])
    def test_it_may_not_take_for_ever(self, checked, command):
        boot = checked(command, timeout="1s")
        assert failed(boot)
        assert "the check took more than 1 s, more than 0 seconds after the start" in boot.report.log


class TestByNothing:
    """A worker is healthy while its service stays up."""

    @pytest.mark.parametrize(
        ("status", "healthy"),
        [
            ("run: app: (pid 5) 7s; run: log: (pid 6) 7s", True),
            ("down: app: 1s, normally up; run: log: (pid 6) 7s", False),
            ("finish: app: (pid 5) 0s; run: log: (pid 6) 7s", False),
            ("warning: app: unable to open supervise/ok", False),
        ],
    )
    def test_it_asks_runit(self, machine, make, status, healthy):
        machine.program("sv", f"echo '{status}'")
        boot = machine.boot(make(port=None, healthcheck=hasty(path=None)))
        assert healthy or failed(boot)
        assert (boot.report.ready_ms is not None) == healthy
        assert ("the app is not up, more than 0 seconds after the start" in boot.report.log) != healthy
        assert boot.called("curl")[1:] == []

    def test_one_that_ends_again_and_again(self, machine, make):
        machine.program("sv", f"echo 'run: app: (pid 5) 3s'; echo 1 >>{machine.root}/run/app-exits")
        boot = machine.boot(quick(make(port=None, healthcheck=Healthcheck(), min_healthy_time=10)))
        assert failed(boot)
        assert "the app exited 3 times while it was checked" in boot.report.log
