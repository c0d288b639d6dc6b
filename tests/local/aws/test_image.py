"""The key of the machine image: another recipe, another image."""

from dataclasses import replace
from pathlib import Path

import pytest

from local.aws import image
from local.aws.apt import HostApt
from local.aws.image import Recipe


@pytest.fixture
def recipe(tmp_path: Path) -> Recipe:
    source, key = tmp_path / "debian.sources", tmp_path / "key.asc"
    source.write_text("URIs: http://deb.example/debian\n")
    key.write_text("a key\n")
    return Recipe(HostApt(sources=(source,), options=("Acquire::Retries 3;",), files=(key,)), b"a root")


def test_the_same_recipe_has_the_same_key(recipe: Recipe) -> None:
    assert recipe.key == replace(recipe).key
    assert len(recipe.key) == 16


@pytest.mark.parametrize("file", ["debian.sources", "key.asc"])
def test_a_changed_file_of_the_host_changes_the_key(recipe: Recipe, tmp_path: Path, file: str) -> None:
    before = recipe.key
    (tmp_path / file).write_text("changed")
    assert recipe.key != before


def test_options_authority_and_packages_change_the_key(
    recipe: Recipe, monkeypatch: pytest.MonkeyPatch
) -> None:
    options = replace(recipe, apt=replace(recipe.apt, options=()))
    root = replace(recipe, root_pem=b"another root")
    before = recipe.key
    monkeypatch.setattr(image, "_PACKAGES", ("curl",))
    assert len({before, recipe.key, options.key, root.key}) == 4


def test_the_host_s_sources_and_options_reach_mmdebstrap(recipe: Recipe) -> None:
    command = image._mmdebstrap(recipe.apt, Path("/tree"))
    assert command[-3:] == ["bookworm", Path("/tree"), recipe.apt.sources[0]]
    assert "--aptopt=Acquire::Retries 3;" in command


def test_nothing_an_app_needs_is_prepared() -> None:
    assert {"runit", "ruby", "awscli"}.isdisjoint(image._PACKAGES)


def test_a_link_in_the_tree_is_replaced_and_never_followed(tmp_path: Path) -> None:
    key, outside = tmp_path / "key.asc", tmp_path / "outside"
    key.write_text("of the host")
    outside.write_text("untouched")
    copy = tmp_path / "tree" / key.relative_to("/")
    copy.parent.mkdir(parents=True)
    copy.symlink_to(outside)
    image._take_over((key,), tmp_path / "tree")
    assert (copy.read_text(), copy.is_symlink()) == ("of the host", False)
    assert outside.read_text() == "untouched"
