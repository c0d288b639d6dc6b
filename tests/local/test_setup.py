import os
import sys
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess
from threading import Barrier

import pytest

from local import privilege
from local.errors import LocalError
from local.logged import Log
from local.setup import __main__ as command
from local.setup import packages, steps
from local.setup.graph import Outcome, Step, run, with_needs
from tests.local.commands import recorded

PATIENCE = 60.0


def nothing() -> None:
    pass


def fails() -> None:
    raise LocalError("no mirror answers", hint="look at the network")


class TestGraph:
    def test_a_step_comes_after_what_it_needs(self) -> None:
        order: list[str] = []

        def step_(name: str, *needs: str) -> Step:
            return Step(name=name, needs=needs, make=lambda: order.append(name))

        outcome = run([step_("image", "venv", "packages"), step_("venv", "packages"), step_("packages")])
        assert order == ["packages", "venv", "image"]
        assert outcome == Outcome(failed={}, untried=())

    def test_steps_that_do_not_need_one_another_run_side_by_side(self) -> None:
        both_run = Barrier(2)

        def meet() -> None:
            both_run.wait(PATIENCE)

        assert not run([Step(name="venv", make=meet), Step(name="cli", make=meet)]).failed

    def test_a_failure_stops_only_what_needs_the_step(self) -> None:
        made: list[str] = []
        outcome = run(
            [
                Step(name="packages", make=fails),
                Step(name="venv", make=lambda: made.append("venv")),
                Step(name="cli", make=lambda: made.append("cli"), needs=("venv",)),
                Step(name="image", make=lambda: made.append("image"), needs=("packages",)),
                Step(name="machine", make=lambda: made.append("machine"), needs=("image",)),
            ]
        )
        assert made == ["venv", "cli"]
        assert list(outcome.failed) == ["packages"]
        assert outcome.untried == ("image", "machine")

    def test_a_fault_of_ours_is_not_taken_for_an_expected_failure(self) -> None:
        def fault() -> None:
            raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            run([Step(name="venv", make=fault)])

    def test_a_choice_brings_what_it_needs(self) -> None:
        steps = [
            Step(name="packages", make=nothing),
            Step(name="venv", make=nothing, needs=("packages",)),
            Step(name="cli", make=nothing),
            Step(name="image", make=nothing, needs=("venv",)),
        ]
        assert [step.name for step in with_needs(steps, ["image"])] == ["packages", "venv", "image"]
        assert [step.name for step in with_needs(steps, ["cli"])] == ["cli"]

    def test_an_unknown_name_is_told_with_the_known_ones(self) -> None:
        with pytest.raises(LocalError, match="no set-up step 'clj'\n  there are venv, cli"):
            with_needs([Step(name="venv", make=nothing), Step(name="cli", make=nothing)], ["clj"])


class TestCommand:
    @pytest.fixture
    def given(self, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
        def give(steps: list[Step], *arguments: str) -> None:
            monkeypatch.setattr(command, "steps", lambda: steps)
            monkeypatch.setattr(sys, "argv", ["setup", *arguments])

        return give

    def test_is_silent_when_all_is_there(
        self, given: Callable[..., None], capfd: pytest.CaptureFixture[str]
    ) -> None:
        given([Step(name="venv", make=nothing)])
        assert command.main() == 0
        assert capfd.readouterr() == ("", "")

    def test_says_what_failed_what_was_left_out_and_what_to_do(
        self, given: Callable[..., None], capfd: pytest.CaptureFixture[str]
    ) -> None:
        given([Step(name="packages", make=fails), Step(name="image", make=nothing, needs=("packages",))])
        assert command.main() == 1
        said = capfd.readouterr().err
        assert "'packages' failed:\nno mirror answers\n  look at the network" in said
        assert "not tried, because they need it: image" in said
        assert "run the same command again" in said

    def test_makes_only_what_was_asked_for(self, given: Callable[..., None]) -> None:
        given([Step(name="venv", make=nothing), Step(name="image", make=fails)], "--only", "venv")
        assert command.main() == 0

    def test_refuses_an_unknown_step(
        self, given: Callable[..., None], capfd: pytest.CaptureFixture[str]
    ) -> None:
        given([Step(name="venv", make=nothing)], "--only", "environment")
        assert command.main() == 1
        assert "no set-up step 'environment'" in capfd.readouterr().err


class TestPackages:
    def test_what_was_removed_or_is_half_done_is_not_installed(self) -> None:
        status = (
            "nftables installed\nhaproxy config-files\nmmdebstrap half-configured\ne2fsprogs not-installed\n"
        )
        assert packages.parse_installed(status) == {"nftables"}

    def test_only_the_missing_ones_are_installed_and_their_services_stay_off(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        service = tmp_path / "system" / "haproxy.service"
        commands = recorded(monkeypatch)
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
        monkeypatch.setattr(packages, "_SERVICES", {"haproxy": service})
        monkeypatch.setattr(packages, "missing", lambda: ("haproxy", "nftables"))
        monkeypatch.setattr(os, "geteuid", lambda: 0)
        packages.ensure(Log(tmp_path / "log"))
        off = commands.index(f"ln -s /dev/null {service}")
        install = next(place for place, line in enumerate(commands) if " install " in line)
        assert off < install
        assert commands[install].endswith(" haproxy nftables")

    def test_a_service_that_the_owner_set_up_is_left_alone(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        service = tmp_path / "haproxy.service"
        service.symlink_to("/nowhere")
        commands = recorded(monkeypatch)
        monkeypatch.setattr(packages, "_SERVICES", {"haproxy": service})
        packages._keep_off("haproxy", Log(tmp_path / "log"))
        assert commands == []

    def test_nothing_is_run_when_nothing_is_missing(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        commands = recorded(monkeypatch)
        monkeypatch.setattr(packages, "missing", lambda: ())
        packages.ensure(Log(tmp_path / "log"))
        assert commands == []

    def test_others_than_root_go_by_sudo(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(os, "geteuid", lambda: 1000)
        sudo, kept, *rest = privilege.as_root("apt-get", "update")
        assert sudo == "sudo"
        assert "XDG_CACHE_HOME,XDG_DATA_HOME," in str(kept)
        assert rest == ["apt-get", "update"]
        monkeypatch.setattr(os, "geteuid", lambda: 0)
        assert privilege.as_root("apt-get", "update") == ("apt-get", "update")


class TestSteps:
    @pytest.fixture
    def answers(self, monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, str]]:
        """What the programs started by the image step are to end with: exit code and output."""
        left: list[tuple[int, str]] = []

        def answer(*_arguments: str) -> CompletedProcess[str]:
            code, output = left.pop(0)
            return CompletedProcess([], code, output)

        monkeypatch.setattr(steps, "_python_as_root", answer)
        return left

    def test_who_can_never_be_root_gets_what_simulated_machines_need(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(steps, "can_become_root", lambda: True)
        assert [step.name for step in steps.steps()] == ["packages", "venv", "cli", "image"]
        monkeypatch.setattr(steps, "can_become_root", lambda: False)
        assert [step.name for step in steps.steps()] == ["venv", "cli"]

    def test_a_python_without_environments_waits_for_its_package(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(packages, "python_is_whole", lambda: False)
        needs = {step.name: step.needs for step in steps.steps()}
        assert needs["venv"] == needs["cli"] == ("packages",)

    def test_a_failed_image_is_a_failure(self, answers: list[tuple[int, str]]) -> None:
        answers += [(1, ""), (0, "\n")]
        with pytest.raises(LocalError, match="image could not be made"):
            steps._image()

    def test_an_image_is_not_missed_where_no_machine_can_run(
        self, answers: list[tuple[int, str]], capfd: pytest.CaptureFixture[str]
    ) -> None:
        answers += [(1, ""), (0, "there are no loop devices\n")]
        steps._image()
        assert "not needed, because there are no loop devices" in capfd.readouterr().err

    def test_an_image_that_is_there_costs_one_question(self, answers: list[tuple[int, str]]) -> None:
        answers += [(0, "/cache/image\n")]
        steps._image()
        assert answers == []
