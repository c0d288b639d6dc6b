"""The JSON Schema of an app file, for editors: the model's, as one layer of several writes it.

Any key may be left out, for another layer may have it; null takes away what a weaker layer says.
https://json-schema.org/draft/2020-12
"""

from typing import Any, Final

from manifest.model import AppFile
from manifest.short import SHORT_KEYS

Schema = dict[str, Any]

_NULL: Final[Schema] = {"type": "null"}
_OWN: Final[Schema] = {"^x-": {"description": "Your own, for anchors."}}


def app_file_schema() -> Schema:
    """What may stand in a file of apps/."""
    whole = AppFile.model_json_schema(mode="serialization")  # whose defaults are as people write them
    models = whole.pop("$defs")
    keys = _keys(whole)
    parts = {name: _map_of(_keys(models[name]), models[name]["description"]) for name in models}
    parts["ProcessKeys"]["properties"] = _same(parts["ProcessKeys"]["properties"])
    environment = _map_of(_same(keys), "What differs on this stack.") | {"patternProperties": _OWN}
    stacks = {"type": "object", "additionalProperties": _or_null(environment)}
    description = "What differs per stack: any key of this file, by the stack's name."
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A file of apps/",
        **_map_of(
            {**keys, "environments": {"description": description, **_or_null(stacks)}},
            "One app, or what all have in common in _defaults.yaml. docs/app-file.md tells more.",
        ),
        "patternProperties": _OWN,
        "$defs": parts,
    }


def _map_of(keys: Schema, description: str) -> Schema:
    return {
        "type": "object",
        "description": description,
        "properties": keys,
        "additionalProperties": False,
    }


def _keys(model: Schema) -> Schema:
    """A model's keys and their short forms."""
    keys = {key: _key(schema) for key, schema in model["properties"].items()}
    return keys | {short: _one_of(long, keys[long]) for short, long in SHORT_KEYS.items() if long in keys}


def _same(keys: Schema) -> Schema:
    """The same keys as at the top of the file."""
    return {key: {"$ref": f"#/properties/{key}"} for key in keys}


def _one_of(long: str, schema: Schema) -> Schema:
    (item,) = (choice["items"] for choice in schema["anyOf"] if "items" in choice)
    return {"description": f"Short for `{long}` with one of them.", **_or_null(item)}


def _key(schema: Schema) -> Schema:
    """Of one key: its help beside what it may be."""
    default = schema.get("default")
    help_: Schema = {word: schema[word] for word in ("description", "examples") if word in schema}
    kind = {word: value for word, value in schema.items() if word not in {*help_, "default", "title"}}
    return {
        **help_,
        **({"default": default} if isinstance(default, str | int) else {}),
        **_or_null(_map(kind)),
    }


def _map(kind: Schema) -> Schema:
    """In a map any value may be null, too, and there are no names but those of the pattern."""
    if "additionalProperties" in kind:
        return kind | {"additionalProperties": _or_null(kind["additionalProperties"])}
    if "patternProperties" in kind:
        values = {pattern: _or_null(value) for pattern, value in kind["patternProperties"].items()}
        return kind | {"patternProperties": values, "additionalProperties": False}
    return kind


def _or_null(schema: Schema) -> Schema:
    choices = schema["anyOf"] if [*schema] == ["anyOf"] else [schema]
    return {"anyOf": choices if _NULL in choices else [*choices, _NULL]}
