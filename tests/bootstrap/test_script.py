"""The script as a text: what it looks like, and what its version names."""

import base64
import gzip
import hashlib
import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from bootstrap import SCRIPT_MAX, Grant, PackedSlug, Slug, render, slug_of
from manifest import Healthcheck, ManifestError, RootVolume, load_apps, load_settings

GOLDEN = Path(__file__).parent / "golden"
URL = "https://slugs.example.com/hello.tar.gz"
NASTY = "\n'\"$(x)`y`\\ {{7*7}} \u2603"


def test_the_golden_script(tmp_path):
    """What is rendered for golden/hello.yaml; `UPDATE_GOLDEN=1 pytest tests/bootstrap` writes it anew."""
    (tmp_path / "apps").mkdir()
    shutil.copy(GOLDEN / "hello.yaml", tmp_path / "apps")
    shutil.copy(GOLDEN / "Pulumi.dev.yaml", tmp_path)
    (tmp_path / "Pulumi.yaml").write_text("name: shop\n")
    settings = load_settings(tmp_path, "dev")
    (app,) = load_apps(tmp_path, settings)
    text = render(app.processes[0], slug_of(app, settings), settings).text
    if os.environ.get("UPDATE_GOLDEN"):
        (GOLDEN / "hello.sh").write_text(text)
    assert text == (GOLDEN / "hello.sh").read_text()


@pytest.fixture
def variants(make):
    """One script of each kind."""
    sha256 = "a" * 64
    bucket = {"url": "https://bucket.s3.eu-central-1.amazonaws.com/k", "grant": Grant("bucket", "k")}
    packed = PackedSlug(**bucket, sha256=sha256, folder=Path("/x"), key="k")
    slugs = {
        "https": Slug(url=URL),
        "https-sha256": Slug(url=URL, sha256=sha256),
        "s3": Slug(**bucket),
        "s3-sha256": Slug(**bucket, sha256=sha256),
        "source": packed,
    }
    return {
        **{name: make(slug=slug) for name, slug in slugs.items()},
        "nasty": make(
            slug=Slug(url=f"https://h/{NASTY}"),
            env={"A": NASTY, "B": "", "C": "-n"},
            cmd=NASTY.strip(),
            healthcheck=Healthcheck().model_copy(update={"path": f"/{NASTY}"}),
            runtime="ruby",
        ),
        "command": make(healthcheck=Healthcheck(command="bin/check --deep 'it'"), port=None),
        "worker": make(healthcheck=Healthcheck(), port=None),
        "codes": make(healthcheck=Healthcheck(path="/", success_codes="200-299,404")),
    }


def test_shellcheck_finds_nothing(variants, tmp_path):
    for name, script in variants.items():
        (tmp_path / name).write_text(script.text)
    shellcheck = [Path(sys.executable).parent / "shellcheck", "--exclude=SC2016"]  # '$' in people's values
    done = subprocess.run([*shellcheck, *variants], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr, done.returncode) == ("", "", 0)


def test_every_script_begins_as_cloud_init_wants_it(variants):
    assert all(script.text.startswith("#!/bin/bash\n") for script in variants.values())


def test_every_script_holds_its_version_once(variants):
    for script in variants.values():
        assert script.text.count(f"readonly version={script.version}\n") == 1
        assert script.text.count("readonly version=") == 1


def test_a_value_that_looks_like_the_version_stays(make):
    script = make(env={"A": "readonly version=00000000"})
    assert "put A 'readonly version=00000000'\n" in script.text
    assert script.text.index(f"readonly version={script.version}\n") < script.text.index("put A")


def test_what_the_script_says_of_itself(make):
    assert make(stack="prod").text.splitlines()[1].startswith("# hello.web on stack prod, rendered by")


BEFORE = {
    "image_id": "ami-0abc1234",
    "instance_type": "t3.micro",
    "key_name": None,
    "subnets": ("subnet-a", "subnet-b"),
    "cmd": "bin/web",
    "env": {"A": "1", "a": "2", "B": "3"},
    "port": 5000,
    "healthcheck": Healthcheck(path="/"),
    "min_healthy_time": 10,
    "slug": Slug(url=URL, sha256="a" * 64),
    "runtime": "none",
}


@pytest.mark.parametrize(
    "changed",
    [
        {"image_id": "ami-0abc1235"},
        {"instance_type": "t3.small"},
        {"key_name": "ops"},
        {"subnets": ("subnet-a",)},
        {"subnets": ("subnet-a", "subnet-c")},
        {"cmd": "bin/web -v"},
        {"env": {"A": "1", "a": "2"}},
        {"env": {"A": "1", "a": "2", "B": "4"}},
        {"port": 5001},
        {"healthcheck": Healthcheck(path="/up")},
        {"healthcheck": Healthcheck(path="/", start_timeout="61s")},
        {"healthcheck": Healthcheck(path="/", interval="6s")},
        {"healthcheck": Healthcheck(path="/", timeout="6s")},
        {"healthcheck": Healthcheck(path="/", threshold=3)},
        {"healthcheck": Healthcheck(path="/", success_codes="200")},
        {"healthcheck": Healthcheck(command="bin/check")},
        {"healthcheck": Healthcheck()},
        {"port": None, "healthcheck": Healthcheck()},
        {"packages": ("imagemagick",)},
        {"public_ip": False},
        {"root_volume": RootVolume(size=9)},
        {"root_volume": RootVolume(type="gp2")},
        {"generation": 2},
        {"min_healthy_time": 11},
        {"slug": Slug(url=f"{URL}?2", sha256="a" * 64)},
        {"slug": Slug(url=URL, sha256="b" * 64)},
        {"slug": Slug(url=URL)},
        {"runtime": "ruby"},
        {"name": "worker"},
        {"app": "hello-2"},
    ],
    ids=str,
)
def test_what_must_replace_an_instance_changes_its_version(make, changed):
    before, after = make(**BEFORE), make(**{**BEFORE, **changed})
    assert after.version != before.version


@pytest.mark.parametrize(
    "changed",
    [
        {},
        {"healthy_deadline": 900},
        {"canary": 3},
        {"max_parallel": 2},
        {"tags": {"team": "core"}},
        {"packages": ("runit",)},
        {"count": 7},
        {"allow_from": ("0.0.0.0/0",)},
        {"subnets": ("subnet-b", "subnet-a")},
        {"env": {"B": "3", "a": "2", "A": "1"}},
    ],
    ids=str,
)
def test_what_need_not_replace_an_instance_leaves_the_script_as_it_is(make, changed):
    assert make(**{**BEFORE, **changed}) == make(**BEFORE)


def test_the_version_is_that_of_the_content_wherever_it_is_checked_out(app, settings, make, tmp_path):
    def version(folder, text):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "web").write_text(text)
        return make(slug=slug_of(replace(app, source=tmp_path / folder, slug_url=None), settings)).version

    assert version("here", "old") == version("there", "old") != version("later", "new")


def test_a_short_script_goes_as_it_is(make):
    assert make().compressed is None


def test_a_long_script_goes_compressed_always_in_the_same_bytes(make):
    script = make(env={"A": "x" * SCRIPT_MAX})
    packed = base64.b64decode(script.compressed)
    assert gzip.decompress(packed).decode() == script.text
    assert len(packed) <= SCRIPT_MAX
    assert packed[4:8] == bytes(4)  # no time of packing


def test_a_script_exactly_as_long_as_allowed_goes_as_it_is(make):
    room = SCRIPT_MAX - len(make(env={"A": "x"}).text) + 1
    assert len(make(env={"A": "x" * room}).text) == SCRIPT_MAX
    assert make(env={"A": "x" * room}).compressed is None
    assert make(env={"A": "x" * (room + 1)}).compressed is not None


def test_a_script_that_is_too_long_even_compressed(make):
    noise = hashlib.shake_256().hexdigest(2 * SCRIPT_MAX)
    size = len(make(env={"A": "x" * len(noise)}).text)
    with pytest.raises(ManifestError) as refused:
        make(env={"A": noise})
    assert str(refused.value) == (
        f"apps/hello.yaml: the script of hello.web has {size} bytes, even compressed more than the 16384 "
        "that AWS takes; move long values of env into the slug"
    )
