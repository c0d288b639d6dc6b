"""The sample apps and their files, as a newcomer takes them."""

import json
import re
import shutil
from typing import get_args

import pytest

from bootstrap import render, slug_of
from bootstrap.pack import tar_sha256, write_gzip
from manifest import Runtime, load_apps, load_settings
from tests.stack import ROOT

SLUGS = ROOT / "slugs"
REFERENCE = ROOT / "apps" / "examples" / "reference.yaml"
"""Shows every key, and has no slug to run."""
EXAMPLES = sorted({*REFERENCE.parent.glob("*.yaml")} - {REFERENCE})
SLUG_MAX = 64 * 1024


@pytest.fixture
def project(tmp_path):
    """A project with every example copied to its apps."""
    for file in ("Pulumi.yaml", "Pulumi.local.yaml", "Pulumi.dev.yaml"):
        shutil.copy(ROOT / file, tmp_path)
    (tmp_path / "slugs").symlink_to(SLUGS)
    (tmp_path / "apps").mkdir()
    for example in [*EXAMPLES, ROOT / "apps" / "hello.yaml"]:
        shutil.copy(example, tmp_path / "apps")
    return tmp_path


@pytest.mark.parametrize("stack", ["local", "dev"])
def test_each_becomes_a_script_on_every_stack(project, stack):
    settings = load_settings(project, stack)
    apps = load_apps(project, settings)
    assert {process.runtime for app in apps for process in app.processes} == {*get_args(Runtime)}
    for app in apps:
        for process in app.processes:
            script = render(process, slug_of(app, settings), settings)
            assert script.compressed is None


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)
def test_each_says_how_to_try_it_and_where_editors_find_its_keys(example):
    schema, *comments = [line for line in example.read_text().splitlines() if line.startswith("#")]
    assert schema == "# yaml-language-server: $schema=../manifest/app-file.schema.json"
    assert f"`cp apps/examples/{example.name} apps/` and `make up`" in " ".join(comments)


@pytest.mark.parametrize(
    "slug", [path for path in SLUGS.iterdir() if path.is_dir()], ids=lambda path: path.name
)
def test_each_slug_is_small(slug, tmp_path):
    write_gzip(slug, tmp_path / "slug.tar.gz", tar_sha256(slug))
    assert (tmp_path / "slug.tar.gz").stat().st_size < SLUG_MAX


def test_what_lies_in_the_slugs_is_what_their_lists_name():
    wanted = (SLUGS / "python" / "requirements.txt").read_text().split()
    lying = [
        re.sub("-(.*).dist-info", r"==\1", path.name) for path in SLUGS.glob("python/vendor/*.dist-info")
    ]
    assert lying == wanted
    lock, installed = (
        json.loads((SLUGS / "node" / file).read_text())["packages"]
        for file in ("package-lock.json", "node_modules/.package-lock.json")
    )
    assert (
        lock.pop("")["dependencies"] == json.loads((SLUGS / "node/package.json").read_text())["dependencies"]
    )
    assert lock == installed


def test_the_readme_names_every_slug():
    named = re.findall(r"^\| `(\w+)`", (SLUGS / "README.md").read_text(), re.MULTILINE)
    assert {*named} == {path.name for path in SLUGS.iterdir() if path.is_dir()}
