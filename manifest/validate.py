"""Layers against the model and the rules: what is wrong, said in our words and at the line it was written."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, TypeVar, get_args

from pydantic import BaseModel, ValidationError

from manifest.layers import Layer
from manifest.model import AppFile, ProcessKeys
from manifest.origins import KeyPath
from manifest.problems import Problem, did_you_mean, problem_at
from manifest.rules import Fault
from manifest.short import SHORT_KEYS

_TEXTS: Final[Mapping[str, str]] = {
    "missing": "is missing",
    "string_type": "must be text",
    "int_type": "must be a whole number",
    "bool_type": "must be true or false",
    "tuple_type": "must be a list",
    "dict_type": "must be a map",
    "model_type": "must be a map",
    "greater_than_equal": "must be {ge} or more",
    "less_than_equal": "must be {le} or less",
    "literal_error": "must be one of {expected}",
    "string_too_short": "must not be empty",
    "string_too_long": "must have at most {max_length} characters",
    "too_long": "must have at most {max_length} entries",
    "value_error": "{error}",
}

Model = TypeVar("Model", bound=BaseModel)


def validate(model: type[Model], layer: Layer, file: str) -> tuple[Model | None, list[Problem]]:
    """The model's value that the merged layers make, or every problem in them.

    `file` is blamed for what nobody wrote.
    """
    try:
        return model.model_validate(layer.data), []
    except ValidationError as error:
        return None, [_problem(layer, file, one) for one in error.errors(include_url=False)]


def problems_of(
    faults: Iterable[Fault], layer: Layer, around: Layer, at: KeyPath, file: str
) -> Iterator[Problem]:
    """One for each fault of what `layer` holds; what nobody wrote is told at `at` in the layer `around`.

    Of several places, one that was written for this process comes first: what others inherit may be right.
    """
    for fault in faults:
        written = [(path, text) for path, text in fault if path in layer.origins]
        if written:
            first = max(written, key=lambda place: layer.origins[place[0]].of_a_process)
            yield problem_at(layer.origins, *first, file)
        else:
            path, text = fault[0]
            yield problem_at(around.origins, (*at, *path), text, file)


def _problem(layer: Layer, file: str, error: Any) -> Problem:  # noqa: ANN401 - pydantic's own loose shape
    path: KeyPath = tuple(part for part in error["loc"] if part != "[key]")
    return problem_at(layer.origins, path, _text(error, path), file)


def _text(error: Any, path: KeyPath) -> str:  # noqa: ANN401 - pydantic's own loose shape
    if error["type"] == "extra_forbidden":
        return "unknown key" + did_you_mean(str(path[-1]), _keys(path[:-1]))
    template = _TEXTS.get(error["type"])
    text = template.format(**error.get("ctx", {})) if template else str(error["msg"])
    return text + _hint(error["type"], error["input"])


def _hint(kind: str, value: object) -> str:
    """What to do where the value is right but for its quotes."""
    match kind, value:
        case "string_type", int():
            return "; quote it"
        case "int_type", str() if value.isdecimal():
            return "; take the quotes away"
        case "bool_type", "true" | "false":
            return "; take the quotes away"
        case _:
            return ""


def _keys(path: KeyPath) -> list[str]:
    """The keys that people may write at `path`."""
    of_a_process = path[:1] == ("processes",)
    model: type[BaseModel] = ProcessKeys if of_a_process else AppFile
    for part in path[2:] if of_a_process else path:
        model = _model_in(model.model_fields[str(part)].annotation)
    short = [short for short, long in SHORT_KEYS.items() if long in model.model_fields]
    return [*model.model_fields, *short, *(["environments"] if model is AppFile else [])]


def _model_in(annotation: object) -> type[BaseModel]:
    """The model of a key that has keys of its own."""
    choices = (annotation, *get_args(annotation))
    return next(one for one in choices if isinstance(one, type) and issubclass(one, BaseModel))
