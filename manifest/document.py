"""One YAML file, read so that every value knows its line and nothing reads as what it is not.

YAML 1.1 takes `on` for true, `012` for ten and `1.10` for 1.1; here such a text is a problem, because
its writer meant something else. Sizes are bounded, so that no file can make the program run for ever.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import yaml

from manifest.origins import KeyPath
from manifest.problems import Problem

MAX_BYTES: Final = 256 * 1024
MAX_VALUES: Final = 20_000
"""Values after anchors are expanded."""
MAX_DEPTH: Final = 30
"""Maps and lists inside each other, anchors expanded; the deepest key of these files has five."""

_TAG: Final = "tag:yaml.org,2002:"
_INTEGER: Final = re.compile(r"0|-?[1-9][0-9]{0,17}")


@dataclass(frozen=True)
class Document:
    """`data` with the line of each value in `lines`; what could not be read stands in `problems` instead."""

    file: str
    data: dict[str, object] = field(default_factory=dict)
    lines: dict[KeyPath, int] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()


def read(root: Path, file: str) -> Document:
    """Reads `root/file`. Never raises: what stands in the way is a problem of the document."""
    try:
        if (size := (root / file).stat().st_size) > MAX_BYTES:
            return _refused(file, 0, f"has {size} bytes; at most {MAX_BYTES} are read")
        return parse((root / file).read_bytes().decode(), file)
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        return _refused(file, line, "is not UTF-8 text")
    except OSError as error:
        return _refused(file, 0, f"cannot be read: {error.strerror}")


def read_if_there(root: Path, file: str) -> Document:
    """Reads `root/file`; an empty document where there is no such file."""
    return read(root, file) if (root / file).is_file() else Document(file)


def parse(text: str, file: str) -> Document:
    """Reads YAML text that stands in `file`."""
    try:
        node = yaml.compose(text, Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        return _refused(file, mark.line + 1 if mark else 0, _syntax(error, text, mark))
    except yaml.reader.ReaderError as error:
        line = text.encode()[: error.position].count(b"\n") + 1
        return _refused(file, line, f"is not YAML: {error.reason}")
    except _TooMuchError as error:
        return _refused(file, 0, str(error))
    if node is None or node.tag == f"{_TAG}null":
        return Document(file)
    if not isinstance(node, yaml.MappingNode):
        return _refused(file, node.start_mark.line + 1, "must be a map of keys and values")
    return _Reader(file).document(node)


class _Loader(yaml.CSafeLoader):
    """Stops a text that nests too deep before its recursion in C ends the whole process.

    Both methods are called for each node, on the way in and out, by CParser's compose.
    """

    depth = 0

    def descend_resolver(self, current_node: yaml.Node | None, current_index: object) -> None:  # noqa: ARG002
        _refuse_depth(self.depth)
        self.depth += 1

    def ascend_resolver(self) -> None:
        self.depth -= 1


def _refuse_depth(depth: int) -> None:
    """`depth`: maps and lists around a value."""
    if depth > MAX_DEPTH:
        raise _TooMuchError(f"holds more than {MAX_DEPTH} maps and lists inside each other")


def _refused(file: str, line: int, text: str) -> Document:
    return Document(file, problems=(Problem(file, line, text),))


def _syntax(error: yaml.MarkedYAMLError, text: str, mark: yaml.Mark | None) -> str:
    line = text.splitlines()[mark.line] if mark and mark.line < len(text.splitlines()) else ""
    if "\t" in line[: len(line) - len(line.lstrip())]:
        return "is indented by a tab; YAML wants spaces"
    return f"is not YAML: {': '.join(filter(None, (error.context, error.problem)))}"


class _TooMuchError(Exception):
    """The file is beyond MAX_VALUES or MAX_DEPTH."""


class _Reader:
    """Walks the nodes of one file, collecting values, lines and problems."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.lines: dict[KeyPath, int] = {}
        self.problems: list[Problem] = []
        self.values = 0

    def document(self, node: yaml.MappingNode) -> Document:
        try:
            data = self.mapping(node, (), ())
        except _TooMuchError as error:
            return _refused(self.file, 0, str(error))
        return Document(self.file, data, self.lines, tuple(self.problems))

    def value(self, node: yaml.Node, path: KeyPath, above: tuple[yaml.Node, ...]) -> object:
        self.lines.setdefault(path, node.start_mark.line + 1)
        self.spend(above)
        if node in above:
            self.problem(node, "an anchor holds itself")
            return None
        match node:
            case yaml.MappingNode():
                return self.mapping(node, path, above)
            case yaml.SequenceNode():
                return [self.value(item, (*path, n), (*above, node)) for n, item in enumerate(node.value)]
            case _:
                return self.scalar(node)

    def spend(self, above: tuple[yaml.Node, ...]) -> None:
        """Counts one value, or one more map that is merged in."""
        self.values += 1
        if self.values > MAX_VALUES:
            raise _TooMuchError(f"holds more than {MAX_VALUES} values once its anchors are expanded")
        _refuse_depth(len(above))

    def mapping(
        self, node: yaml.MappingNode, path: KeyPath, above: tuple[yaml.Node, ...]
    ) -> dict[str, object]:
        result: dict[str, object] = {}
        for name, key, value in self.written(node):
            if name in result:
                first = self.lines[*path, name]
                self.problem(key, f"'{name}' stands here twice; the first is on line {first}")
            else:
                self.lines.setdefault((*path, name), key.start_mark.line + 1)
                result[name] = self.value(value, (*path, name), (*above, node))
        for source in self.merged(node):
            self.spend(above)
            if source in above:
                self.problem(node, "an anchor holds itself")
            else:
                for name, inherited in self.mapping(source, path, (*above, node)).items():
                    result.setdefault(name, inherited)
        return result

    def written(self, node: yaml.MappingNode) -> Iterator[tuple[str, yaml.Node, yaml.Node]]:
        """The map's own keys: name, the key's node, the value's."""
        for key, value in node.value:
            if key.tag != f"{_TAG}merge" and (name := self.key(key)) is not None:
                yield name, key, value

    def merged(self, node: yaml.MappingNode) -> Iterator[yaml.MappingNode]:
        """The maps that `<<:` names, strongest first (https://yaml.org/type/merge.html)."""
        for key, value in node.value:
            if key.tag != f"{_TAG}merge":
                continue
            for source in value.value if isinstance(value, yaml.SequenceNode) else [value]:
                if isinstance(source, yaml.MappingNode):
                    yield source
                else:
                    self.problem(source, "'<<' takes a map, or a list of maps")

    def key(self, node: yaml.Node) -> str | None:
        if isinstance(node, yaml.ScalarNode) and node.tag == f"{_TAG}str":
            return str(node.value)
        quoted = f"; quote it: '{node.value}'" if isinstance(node, yaml.ScalarNode) else ""
        self.problem(node, "a key must be text" + quoted)
        return None

    def scalar(self, node: yaml.Node) -> object:
        text = node.value
        match node.tag.removeprefix(_TAG):
            case "str":
                return text
            case "null":
                return None
            case "bool" if text in {"true", "false"}:
                return text == "true"
            case "int" if _INTEGER.fullmatch(text):
                return int(text)
            case kind:
                self.problem(node, _surprise(text, kind))
                return None

    def problem(self, node: yaml.Node, text: str) -> None:
        self.problems.append(Problem(self.file, node.start_mark.line + 1, text))


def _surprise(text: str, kind: str) -> str:
    if kind == "bool":
        return f"YAML reads {text} as true or false; write true or false, or quote it to mean the text"
    if kind in {"int", "float", "timestamp"}:
        return f"YAML reads {text} as another number or date; quote it to mean the text"
    if kind in {"merge", "value"}:
        return f"YAML reads {text} as a sign of its own; quote it to mean the text"
    return f"the tag {kind} is not for these files"
