"""Many app files loaded, and each script rendered, against plain yaml.load of the same files."""

import statistics
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final, TypeVar

import yaml

from bootstrap import render, slug_of
from manifest import App, Settings, load_apps, load_settings

Made = TypeVar("Made")

_STACK: Final = """\
config:
  aws:region: eu-central-1
  aws:allowedAccountIds: ["123456789012"]
  bench:imageId: ami-0abc1234
"""
_DEFAULTS: Final = """\
runtime: ruby
env: {RACK_ENV: production, LOG_LEVEL: info}
tags: {team: core}
healthcheck: {path: /up, interval: 2s}
deploy: {max_parallel: 50%}
"""
_PLAIN: Final = """\
slug_url: https://slugs.example.com/{name}.tar.gz
cmd: bin/web --app {name}
allow_from: [10.0.0.0/8]
env: {{DATABASE: db-{name}.example.com}}
instance_type: t3.small
"""
_RICH: Final = """\
processes:
  worker: {{cmd: bin/work, count: 2, healthcheck: {{command: bin/alive}}}}
environments:
  prod: {{count: 6, instance_type: m7i.large}}
"""
_KINDS: Final[Mapping[str, str]] = {"plain": _PLAIN, "rich": _PLAIN + _RICH}
"""Five lines and one process; and two processes with what differs on another stack, which is judged too."""


def report(apps: int = 1000, rounds: int = 3) -> None:
    """Prints medians of seconds for both kinds of app files."""
    columns = {kind: _measured(text, apps, rounds) for kind, text in _KINDS.items()}
    print(f"{apps} app files, CPU seconds, medians of {rounds}:")
    print(f"  {'':<24}" + "".join(f"{kind:>7}" for kind in columns))
    for step in columns["plain"]:
        print(f"  {step:<24}" + "".join(f"{seconds[step]:7.2f}" for seconds in columns.values()))
    ratios = (seconds["load and render"] / seconds["yaml.load alone"] for seconds in columns.values())
    print(f"  {'ours / yaml.load':<24}" + "".join(f"{ratio:7.1f}" for ratio in ratios))


def _measured(text: str, apps: int, rounds: int) -> Mapping[str, float]:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        _write(root, text, apps)
        settings = load_settings(root, "dev")
        many = [_once(root, settings) for _ in range(rounds)]
    return {step: statistics.median(one[step] for one in many) for step in many[0]}


def _write(root: Path, text: str, apps: int) -> None:
    (root / "apps").mkdir()
    (root / "Pulumi.yaml").write_text("name: bench\n")
    for stack in ("dev", "prod"):
        (root / f"Pulumi.{stack}.yaml").write_text(_STACK)
    (root / "apps/_defaults.yaml").write_text(_DEFAULTS)
    for name in (f"app-{number}" for number in range(apps)):
        (root / f"apps/{name}.yaml").write_text(text.format(name=name))


def _once(root: Path, settings: Settings) -> Mapping[str, float]:
    plain, _ = _timed(
        lambda: [yaml.load(file.read_bytes(), yaml.CSafeLoader) for file in root.glob("apps/*")]
    )
    load, apps = _timed(lambda: load_apps(root, settings))
    made, _ = _timed(lambda: [_render(app, settings) for app in apps])
    return {"yaml.load alone": plain, "load_apps": load, "render": made, "load and render": load + made}


def _render(app: App, settings: Settings) -> int:
    slug = slug_of(app, settings)
    return sum(len(render(process, slug, settings).text) for process in app.processes)


def _timed(call: Callable[[], Made]) -> tuple[float, Made]:
    began = time.process_time()
    made = call()
    return time.process_time() - began, made
