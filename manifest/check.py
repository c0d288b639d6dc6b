"""Merged layers against the model: what pydantic finds, said in our words and at the line it was written."""

from collections.abc import Mapping
from typing import Any, Final, get_args

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

from manifest.layers import Layer, origin_of
from manifest.model import AppFile
from manifest.origins import Path, dotted
from manifest.problems import Problem, did_you_mean

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
    "string_pattern_mismatch": "must look like {pattern}",
    "value_error": "{error}",
}


def validate(layer: Layer, file: str) -> tuple[AppFile | None, list[Problem]]:
    """The app that the merged layers make, or every problem in them."""
    try:
        return AppFile.model_validate(layer.data), []
    except ValidationError as error:
        return None, [_problem(layer, file, fault) for fault in error.errors()]


def _problem(layer: Layer, file: str, fault: Any) -> Problem:  # noqa: ANN401 - pydantic's own loose shape
    path: Path = tuple(part for part in fault["loc"] if part != "[key]")
    origin = origin_of(layer, path)
    key = dotted(path)
    text = _text(fault, path)
    return Problem(
        origin.file if origin else file, origin.line if origin else 1, f"{key}: {text}" if key else text
    )


def _text(fault: Any, path: Path) -> str:  # noqa: ANN401 - pydantic's own loose shape
    if fault["type"] == "extra_forbidden":
        return "unknown key" + did_you_mean(str(path[-1]), _keys(AppFile, path[:-1]))
    template = _TEXTS.get(fault["type"])
    return template.format(**fault.get("ctx", {})) if template else str(fault["msg"])


def _keys(model: type[BaseModel], path: Path) -> list[str]:
    """The keys that the model knows at `path`."""
    for part in path:
        inner = _model_in(model.model_fields.get(str(part)))
        if inner is None:
            return []
        model = inner
    return [*model.model_fields, *(["environments"] if model is AppFile else [])]


def _model_in(field: FieldInfo | None) -> type[BaseModel] | None:
    annotation = field.annotation if field else None
    for candidate in (annotation, *get_args(annotation)):
        if isinstance(candidate, type) and issubclass(candidate, BaseModel):
            return candidate
    return None
