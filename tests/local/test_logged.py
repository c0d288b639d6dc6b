from pathlib import Path

import pytest

from local.errors import LocalError
from local.logged import Log
from local.progress import step


class TestLog:
    def test_a_failed_program_is_told_with_its_last_words(self, tmp_path: Path) -> None:
        log = Log(tmp_path / "new" / "log")
        with pytest.raises(LocalError) as failure:
            log.run("sh", "-c", "seq 100; echo the disk is full >&2; exit 3")
        assert "ended with exit code 3" in str(failure.value)
        assert "    the disk is full" in str(failure.value)
        assert str(log.path) in str(failure.value)
        assert "\n    50\n" not in str(failure.value)
        assert "\n50\n" in log.path.read_text()

    def test_the_last_words_are_not_those_of_an_earlier_program(self, tmp_path: Path) -> None:
        log = Log(tmp_path / "log")
        log.run("echo", "all is well")
        with pytest.raises(LocalError) as failure:
            log.run("false")
        assert "all is well" not in str(failure.value)
        assert "all is well" in log.path.read_text()

    def test_gives_its_environment_and_ours(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("OURS", "1")
        log = Log(tmp_path / "log", {"ADDED": "2"})
        log.run("sh", "-c", "echo $OURS$ADDED")
        assert "\n12\n" in log.path.read_text()

    def test_a_program_that_is_not_there_is_told(self, tmp_path: Path) -> None:
        with pytest.raises(LocalError, match="no-such-program is not installed"):
            Log(tmp_path / "log").run("no-such-program")


class TestProgress:
    def test_a_step_is_a_line_with_its_time(self, capfd: pytest.CaptureFixture[str]) -> None:
        with step("machine image"):
            pass
        out, err = capfd.readouterr()
        assert out == ""
        assert err.startswith("  machine image ...")
        assert err.endswith(" s\n")
        assert "failed" not in err

    def test_a_failed_step_says_so(self, capfd: pytest.CaptureFixture[str]) -> None:
        with pytest.raises(LocalError), step("machine image"):
            raise LocalError("no mirror answers")
        assert " failed after 0.0 s\n" in capfd.readouterr().err
