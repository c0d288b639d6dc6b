"""Nasty texts in every key of an app's file: refused with a message, or carried exactly; none ever runs."""

import re
from dataclasses import replace

import pytest
import yaml

from bootstrap import render, slug_of
from manifest import Healthcheck, ManifestError, load_apps
from tests.manifest.keys import keys

NASTY = [
    "$(touch PWNED)",
    "`touch PWNED`",
    "';touch PWNED;'",
    '";touch PWNED;"',
    "a\ntouch PWNED\n",
    "RUN\ntouch PWNED",
    "$(touch${IFS}PWNED)",
    "/$(touch${IFS}PWNED)",
    "https://h/$(touch${IFS}PWNED);`touch${IFS}PWNED`",
    "s3://b/$(touch${IFS}PWNED)",
    "{{7*7}}{% raw %}{##",
    "-n",
    "--",
    "a b",
    "\u00fc\u2603\U0001f600\u2028\x85",
    "\x07\x1b\x7f\r",
    "x" * 100_000,
]
ITEM, VALUE, NAME = "of a list", "of a map", "name in a map"


def places():
    """Each place where a text may stand, as far as the models tell."""
    for key in keys():
        schemas = [key.schema, *key.schema.get("anyOf", [])]
        types = {kind for schema in schemas for kind in [schema.get("type")] if isinstance(kind, str)}
        if key.of_a_process:
            continue
        if "string" in types or isinstance(key.schema.get("type"), list):
            yield key.path
        elif "array" in types:
            yield (*key.path, ITEM)
        elif "object" in types:
            yield (*key.path, VALUE)
            yield (*key.path, NAME)


def file_with(path, text):
    """A good file with the text at this place, and the text as it stands in the loaded app."""
    good = {"slug_url": "https://slugs.example.com/a", "cmd": "bin/web", "image_id": "ami-0abc1234"}
    *above, last = path
    innermost = {ITEM: [text], VALUE: {"A": text}, NAME: {text: "a"}}.get(last, {last: text})
    for key in reversed(above):
        innermost = {key: innermost}
    return yaml.safe_dump({**good, **innermost}, allow_unicode=False)


PLACES = [*places()]
CARRIED = {("cmd",): 10, ("env", VALUE): 10, ("healthcheck", "command"): 10, ("healthcheck", "path"): 1}
"""So many at least; nothing would be shown if all were refused."""


def test_places_were_found():
    assert len(PLACES) > 20
    assert {("env", VALUE), ("env", NAME), ("packages", ITEM), ("cmd",), ("tags", NAME)} <= {*PLACES}
    assert ("healthcheck", "command") in PLACES


@pytest.fixture
def project(tmp_path, settings):
    """Loads the one app of a file, and its process."""
    (tmp_path / "apps").mkdir()
    (tmp_path / "Pulumi.dev.yaml").touch()

    def load(text):
        (tmp_path / "apps/hello.yaml").write_text(text)
        (app,) = load_apps(tmp_path, settings)
        (process,) = app.processes
        return app, replace(process, deploy=process.deploy.model_copy(update={"min_healthy_time": 0}))

    return load


def found(app, process, path):
    """What stands in the loaded values at this place."""
    value = app if path[0] in {"slug_url", "slug_sha256", "name"} else process
    for key in path:
        match key:
            case "processes":
                return process.name
            case word if word == ITEM:
                value = value[0]
            case word if word == VALUE:
                value = value["A"]
            case word if word == NAME:
                (value,) = value
            case _:
                value = getattr(value, key)
    return value.path if isinstance(value, Healthcheck) else value


@pytest.mark.parametrize("path", PLACES, ids=".".join)
def test_a_nasty_text_is_refused_or_carried_and_never_runs(machine, project, settings, path):
    scripts, refusals = {}, []
    for text in NASTY:
        try:
            app, process = project(file_with(path, text))
            assert found(app, process, path) == text
            script = render(process, slug_of(app, settings), settings)
            scripts[script.text.replace(script.version, "")] = script
        except ManifestError as error:
            refusals += str(error).split("\n")
    assert [line for line in refusals if not re.match(r"apps/hello\.yaml:\d+: \w", line)] == []
    assert max(map(len, refusals), default=0) < 1100
    for script in scripts.values():
        assert machine.boot(script).report.steps[-1:] == ("check",)
    assert not [*machine.root.rglob("PWNED")]
    assert len(scripts) >= CARRIED.get(path, 0)
