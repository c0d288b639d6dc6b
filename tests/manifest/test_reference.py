"""The commented reference file, and the page of the keys: nothing of the models is missing in either."""

import re
import shutil
from pathlib import Path

import pytest
import yaml

from tests.manifest.keys import keys

ROOT = Path(__file__).parents[2]
REFERENCE = ROOT / "apps/examples/reference.yaml"
KEYS = {key.path for key in keys() if not key.of_a_process}


@pytest.fixture
def reference(project):
    """A project of which the reference file is the only app, on three stacks."""
    for stack in ("prod", "local"):
        project.stack(name=stack)
    (project.root / "slugs/hello").mkdir(parents=True)
    (project.root / "apps/hello.yaml").unlink()
    shutil.copy(REFERENCE, project.root / "apps/shop.yaml")
    return project


def test_it_is_an_app_on_each_of_its_stacks(reference):
    assert [process.name for process in reference.one("dev").processes] == ["web", "worker"]
    assert reference.one("dev").slug_url
    assert [process.count for process in reference.one("prod").processes] == [6, 6]
    local = reference.one("local")
    assert (local.source, local.slug_url) == (reference.root / "slugs/hello", None)
    assert [process.name for process in local.processes] == ["web"]


def shown(data, at=()):
    """Each key with keys of its own, wherever it stands: of the app, a process, an environment."""
    for key, value in data.items():
        yield (*at, key)
        if isinstance(value, dict):
            below = () if at[-1:] in {("processes",), ("environments",)} else (*at, key)
            yield from shown(value, below)


def test_it_shows_every_key():
    found = {*shown(yaml.safe_load(REFERENCE.read_text()))}
    assert len(KEYS) > 30
    assert KEYS - found == set()
    assert {("subnet",), ("environments",), ("x-team",)} <= found


def test_it_explains_every_key():
    """By a comment on the key's line, or on that of the first key in it, or on the lines above."""
    lines = REFERENCE.read_text().splitlines()
    bare = [line for line in lines if re.match(r"[a-z_]+:", line) and "#" not in line]
    assert [line for line in bare if not lines[lines.index(line) - 1].startswith("#")] == []


def test_files_of_the_examples_are_no_apps(project):
    (project.root / "apps/examples").mkdir()
    shutil.copy(REFERENCE, project.root / "apps/examples")
    assert [app.name for app in project.apps()] == ["hello"]


def test_the_page_has_a_row_for_every_key():
    page = (ROOT / "docs/app-file.md").read_text()
    rows = [line for line in page.splitlines() if line.startswith("| `")]
    for path in KEYS:
        (row,) = [row for row in rows if row.startswith(f"| `{path[-1]}` |")]
        assert len(row.split("|")) == 6
        assert row.split("|")[2].strip()
        assert row.split("|")[4].strip()


@pytest.mark.parametrize(
    "row",
    [
        "| `count` | a number, 0 to 1000 | `1` | How many",
        "| `generation` | a number from 1 up | `1` | Raise",
        "| `healthy_deadline` | text, such as `10s`, `5m` or `1h` | `5m` | How long",
        "| `runtime` | `none`, `ruby`, `python`, `node` or `java` | `none` | What",
        "| `public_ip` | `true` or `false` | `true` | Whether",
        "| `max_parallel` | a number from 1 up or text, such as `2` or `25%` | `25%` | How many",
        "| `allow_from` | a list, such as `[203.0.113.0/24]` |  | Who",
        "| `deploy` | a [map](#deploy) |  | In which",
    ],
)
def test_rows_of_the_page(row):
    assert row in (ROOT / "docs/app-file.md").read_text()
