"""Boot of hello to HTTP 200: our script against the post's own as written, on the same image, in turns."""

import base64
import re
import statistics
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from bench.launcher import Launcher, Steps
from bootstrap import PackedSlug, render, slug_of
from bootstrap.pack import write_gzip
from local import supervise
from local.home import CHECKOUT, Home
from manifest import load_apps, load_settings

_POST: Final = Path(__file__).parent / "post.sh"

# The post's script fetches without signing, so a machine of its own serves it the same slug.
_SERVER: Final = """#!/bin/bash
mkdir /srv/slugs && cd /srv/slugs && echo {slug} | base64 -d > demo.tar.gz
systemd-run --working-directory=/srv/slugs python3 -m http.server 8000
"""


def report(rounds: int) -> None:
    """Boots both scripts in turns and prints the medians, step by step, and their ratio."""
    with tempfile.TemporaryDirectory() as folder, _launcher(Path(folder)) as launcher:
        slug, ours = _hello()
        archive = Path(folder) / "slug.tar.gz"
        write_gzip(slug.folder, archive, slug.sha256)
        launcher.keep(slug.grant.bucket, slug.key, archive.read_bytes())
        scripts = {"post": _post(launcher, archive.read_bytes()), "ours": ours}
        boots: dict[str, list[Steps]] = {name: [] for name in scripts}
        for _ in range(rounds):
            for name, script in scripts.items():
                boots[name].append(launcher.boot(script))
    _print({name: _median(many) for name, many in boots.items()}, rounds)


@contextmanager
def _launcher(folder: Path) -> Iterator[Launcher]:
    home = Home(folder / "home")
    try:
        yield Launcher(supervise.start(home, "nspawn"))
    finally:
        supervise.end(home)


def _hello() -> tuple[PackedSlug, str]:
    settings = load_settings(CHECKOUT, "local")
    app = next(app for app in load_apps(CHECKOUT, settings) if app.name == "hello")
    slug = slug_of(app, settings)
    assert isinstance(slug, PackedSlug)  # noqa: S101 - hello is made of a folder
    return slug, render(app.processes[0], slug, settings).text


def _post(launcher: Launcher, slug: bytes) -> str:
    """The post's script with its two values filled in, as its Ruby does."""
    address = launcher.serve(_SERVER.format(slug=base64.b64encode(slug).decode()), port=8000)
    values = {"slug_url": f"http://{address}:8000/demo.tar.gz", "cmd": "bin/web"}
    return re.sub(r"#\{metadata\[:(\w+)\]\}", lambda match: values[match[1]], _POST.read_text())


def _median(boots: list[Steps]) -> Steps:
    return {step: statistics.median(boot[step] for boot in boots) for step in boots[0]}


def _print(medians: Mapping[str, Steps], rounds: int) -> None:
    print(f"boot of hello to HTTP 200, seconds since launch, medians of {rounds}, in turns:")
    print(f"  {'':<16}{'post':>7}{'ours':>7}")
    for step in medians["post"]:
        print(f"  {step:<16}{medians['post'][step]:7.2f}{medians['ours'][step]:7.2f}")
    print(f"  ours / post: {medians['ours']['HTTP 200'] / medians['post']['HTTP 200']:.2f}")
