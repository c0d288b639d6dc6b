import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from local.errors import LocalError
from local.logged import Log
from local.setup import environment
from tests.local.commands import recorded


class TestEnvironment:
    @pytest.fixture
    def checkout(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
        (tmp_path / "checkout").mkdir()
        for name in ("requirements.txt", "requirements-dev.txt", "constraints.txt"):
            (tmp_path / "checkout" / name).write_text(name)
        return tmp_path / "checkout"

    @pytest.fixture
    def commands(self, monkeypatch: pytest.MonkeyPatch) -> list[str]:
        """Records what would be run; `python -m venv` makes a python."""

        def make_python(argv: list[str]) -> None:
            if "venv" in argv:
                (Path(argv[-1]) / "bin").mkdir(parents=True, exist_ok=True)
                (Path(argv[-1]) / "bin" / "python").touch()

        return recorded(monkeypatch, make_python)

    def test_is_made_once_and_then_silent(
        self, checkout: Path, commands: list[str], capfd: pytest.CaptureFixture[str]
    ) -> None:
        environment.ensure(Log(checkout / "log"), checkout)
        assert environment.python(checkout).exists()
        assert "Python environment" in capfd.readouterr().err
        made = len(commands)
        environment.ensure(Log(checkout / "log"), checkout)
        assert len(commands) == made == 2
        assert capfd.readouterr().err == ""

    def test_another_checkout_with_the_same_pins_has_it_at_once(
        self, checkout: Path, commands: list[str]
    ) -> None:
        environment.ensure(Log(checkout / "log"), checkout)
        other = checkout.with_name("other")
        shutil.copytree(checkout, other, ignore=shutil.ignore_patterns(".venv"))
        environment.ensure(Log(other / "log"), other)
        assert environment.python(other).exists()
        assert len(commands) == 2

    def test_who_waited_for_another_set_up_takes_its_environment(
        self, checkout: Path, commands: list[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        @contextmanager
        def other_ends(folder: Path) -> Iterator[None]:
            (place := folder / environment.key(checkout) / "bin").mkdir(parents=True)
            (place / "python").touch()
            environment._mark(place.parent).touch()
            yield

        monkeypatch.setattr(environment, "locked", other_ends)
        environment.ensure(Log(checkout / "log"), checkout)
        assert commands == []

    @pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt", "constraints.txt"])
    def test_is_made_anew_when_what_it_is_made_from_changes(
        self, checkout: Path, commands: list[str], name: str
    ) -> None:
        environment.ensure(Log(checkout / "log"), checkout)
        (checkout / name).write_text("changed")
        environment.ensure(Log(checkout / "log"), checkout)
        assert len(commands) == 4

    def test_is_made_anew_when_its_python_is_gone(self, checkout: Path, commands: list[str]) -> None:
        environment.ensure(Log(checkout / "log"), checkout)
        environment.python(checkout).unlink()
        environment.ensure(Log(checkout / "log"), checkout)
        assert len(commands) == 4

    @pytest.mark.usefixtures("commands")
    def test_a_failed_install_leaves_the_old_one_in_use_and_counts_for_nothing(
        self, checkout: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        environment.ensure(Log(checkout / "log"), checkout)
        before = (checkout / ".venv").readlink()
        (checkout / "requirements.txt").write_text("changed")

        def fail(*argv: object, **_: object) -> None:
            if "pip" in argv:
                raise LocalError("pip failed")

        monkeypatch.setattr(Log, "run", fail)
        for _ in range(2):
            with pytest.raises(LocalError, match="pip failed"):
                environment.ensure(Log(checkout / "log"), checkout)
        assert (checkout / ".venv").readlink() == before
        assert environment.python(checkout).exists()

    @pytest.mark.usefixtures("commands")
    def test_somebody_elses_is_not_touched(self, checkout: Path) -> None:
        (checkout / ".venv").mkdir()
        with pytest.raises(LocalError, match="was not made by this set-up\n  move it away"):
            environment.ensure(Log(checkout / "log"), checkout)
        assert list((checkout / ".venv").iterdir()) == []
