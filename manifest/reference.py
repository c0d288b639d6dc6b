"""docs/app-file.md: every key of an app file, from the model that reads it."""

from collections.abc import Iterable, Iterator
from typing import Final

from manifest.model import OF_A_RELEASE
from manifest.schema import Schema, app_file_schema

_HEAD: Final = """\
<!-- Made by `make schema` from manifest/model.py; change that. -->

# The app file

One file per app, `apps/NAME.yaml`. A file with a slug and a command is a complete app; every other key has a
default. [apps/examples/reference.yaml](../apps/examples/reference.yaml) shows each key once, with comments.
Editors with a YAML language server complete and check keys from a file's first line:

```yaml
# yaml-language-server: $schema=../manifest/app-file.schema.json
```

Whatever is wrong in any file is said at once, with its line, and nothing is declared. Durations are written
`10s`, `5m` or `1h`. Text that YAML would read as something else (`on`, `012`, `1.10`) must be quoted.
"""

_PROCESSES: Final = """\
Each process has a name, a command and instances of its own:

```yaml
cmd: bin/web                  # short for processes.web.cmd
processes:
  worker: {cmd: bin/work, count: 2, instance_type: t3.small}
```

An app that names no process has one, `web`. A process inherits every key above from the app and may say
otherwise; `env`, `tags` and other maps are merged. Not inherited are `cmd` and `port`, which are web's, and
by a process without a port `allow_from` and the path of `healthcheck`: it is healthy while it stays up, or by
its `healthcheck.command`.
"""

_LAYERS: Final = """\
Weakest first:

1. the stack's config: `imageId` and `subnets`
2. `apps/_defaults.yaml`, with any key of this page
3. the app's file
4. `environments.STACK` in `apps/_defaults.yaml`
5. `environments.STACK` in the app's file
6. the stack's config: `counts`, set by `pulumi config set --path counts.APP 3`, or `counts.APP.PROCESS` where
   an app has several

```yaml
environments:
  prod: {count: 6, instance_type: m7i.large}
  local: {count: 0}           # no process of this app runs there
```

Maps merge, lists replace, `null` removes: a value, a process, or what `_defaults.yaml` says of an
environment. In one layer a process's own keys win over the app's; a stronger layer wins over a weaker one as
a whole. Each environment needs its `Pulumi.STACK.yaml`.

Keys that begin with `x-`, at the top of a file or of an environment, are your own, for YAML's anchors. Every
other key that is not on this page is an error.
"""

_NESTED: Final = {"Healthcheck": "healthcheck", "Deploy": "deploy", "RootVolume": "root_volume"}
"""Models, by the keys that hold them."""


def reference() -> str:
    """The page, in Markdown."""
    schema = app_file_schema()
    keys, models = schema["properties"], schema["$defs"]
    of_the_release = {key: keys[key] for key in keys if key in OF_A_RELEASE}
    of_instances = {key: keys[key] for key in keys if key not in {*OF_A_RELEASE, "environments"}}
    sections = [
        _section("The release", "What all processes of an app share.", of_the_release),
        _section("The instances", "Of the app, and of each of its processes.", of_instances),
        *(
            _section(f"`{_NESTED[model]}`", models[model]["description"], models[model]["properties"])
            for model in _NESTED
        ),
        f"## `processes`\n\n{_PROCESSES}",
        f"## Layers and `environments`\n\n{_LAYERS}",
    ]
    return "\n".join([_HEAD, *sections])


def _section(title: str, text: str, keys: Schema) -> str:
    rows = [f"| `{key}` | {_kind(keys[key])} | {_default(keys[key])} | {_help(keys[key])} |" for key in keys]
    return "\n".join(
        [f"## {title}", "", text, "", "| key | what | default | |", "| --- | --- | --- | --- |", *rows, ""]
    )


def _help(schema: Schema) -> str:
    return str(schema.get("description", ""))


def _default(schema: Schema) -> str:
    default = schema.get("default", "")
    return f"`{str(default).lower() if isinstance(default, bool) else default}`" if default != "" else ""


def _kind(schema: Schema) -> str:
    """In words: `a number, 0 to 1000`."""
    kinds = [kind for choice in schema["anyOf"] for kind in _kinds(choice)]
    examples = schema.get("examples") or [
        one for choice in schema["anyOf"] for one in choice.get("examples", ())
    ]
    return _either(dict.fromkeys(kinds)) + (f", such as {_codes(examples)}" if examples else "")


def _kinds(choice: Schema) -> Iterator[str]:
    match choice:
        case {"type": "null"}:
            return
        case {"$ref": ref}:
            yield f"a [map](#{_NESTED[ref.rpartition('/')[2]]})"
        case {"enum": values}:
            yield _codes(values)
        case {"anyOf": choices}:
            yield from (kind for one in choices for kind in _kinds(one))
        case {"type": "integer"}:
            yield _number(choice)
        case {"type": "boolean"}:
            yield "`true` or `false`"
        case {"type": "array", "items": item}:
            example = next(iter(item.get("examples", ())), None)
            yield "a list" + (f", such as `[{example}]`" if example else "")
        case {"type": "object"}:
            yield "a map"
        case _:
            yield "text"


def _number(choice: Schema) -> str:
    first, last = choice.get("minimum"), choice.get("maximum")
    return f"a number, {first} to {last}" if last is not None else f"a number from {first} up"


def _codes(values: Iterable[object]) -> str:
    return _either(f"`{value}`" for value in values)


def _either(words: Iterable[str]) -> str:
    *most, last = words
    return f"{', '.join(most)} or {last}" if most else last
