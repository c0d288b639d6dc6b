"""What the set-up would run."""

from collections.abc import Callable
from pathlib import Path

import pytest

from local.logged import Log


def recorded(
    monkeypatch: pytest.MonkeyPatch, effect: Callable[[list[str]], None] = lambda _: None
) -> list[str]:
    """The command lines that would have been run."""
    commands: list[str] = []

    def record(_log: Log, *argv: str | Path, cwd: Path | None = None) -> None:
        assert cwd is None
        words = [str(word) for word in argv]
        commands.append(" ".join(words))
        effect(words)

    monkeypatch.setattr(Log, "run", record)
    return commands
