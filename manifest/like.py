"""Texts of a pattern, told to people by an example."""

import re
from dataclasses import dataclass
from typing import Any, TypeGuard

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import CoreSchema, core_schema


@dataclass(frozen=True)
class Like:
    """A text of this pattern, which editors know; people are told `text`, and both the example."""

    pattern: str
    text: str
    example: str = ""

    def fits(self, value: object) -> TypeGuard[str]:
        return isinstance(value, str) and bool(re.fullmatch(self.pattern, value, re.ASCII))

    @property
    def fault(self) -> str:
        """What is said of a value that does not fit."""
        return f"{self.text} such as {self.example}" if self.example else self.text

    def check(self, value: str) -> str:
        if not self.fits(value):
            raise ValueError(self.fault)
        return value

    def __get_pydantic_core_schema__(self, source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_after_validator_function(self.check, handler(source))

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        examples = {"examples": [self.example]} if self.example else {}
        return {**handler(schema), "pattern": f"^{self.pattern}$", **examples}
