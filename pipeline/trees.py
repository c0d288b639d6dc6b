"""Another commit's files beside this checkout, for as long as they are needed."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pipeline.commands import asked


@contextmanager
def checked_out(commit: str, root: Path) -> Iterator[Path]:
    """A tree of the commit. Raises PipelineError, with git's words."""
    with tempfile.TemporaryDirectory() as folder:
        tree = Path(folder) / "tree"
        asked("git", "worktree", "add", "--quiet", "--detach", str(tree), commit, folder=root)
        try:
            yield tree
        finally:
            asked("git", "worktree", "remove", "--force", str(tree), folder=root)
