"""One YAML file: what it may hold, and the line and words of what it may not."""

import os

import pytest

from manifest.document import MAX_BYTES, parse, read

NUMBER = "as another number or date; quote it to mean the text"
TRUTH = "as true or false; write true or false, or quote it to mean the text"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("a: on", f"a.yaml:1: YAML reads on {TRUTH}"),
        ("a: No", f"a.yaml:1: YAML reads No {TRUTH}"),
        ("a: True", f"a.yaml:1: YAML reads True {TRUTH}"),
        ("a: 012", f"a.yaml:1: YAML reads 012 {NUMBER}"),
        ("a: 0x1F", f"a.yaml:1: YAML reads 0x1F {NUMBER}"),
        ("a: 1_000", f"a.yaml:1: YAML reads 1_000 {NUMBER}"),
        ("a: +1", f"a.yaml:1: YAML reads +1 {NUMBER}"),
        ("a: -0", f"a.yaml:1: YAML reads -0 {NUMBER}"),
        ("a: 1.10", f"a.yaml:1: YAML reads 1.10 {NUMBER}"),
        ("a: 1.0e+3", f"a.yaml:1: YAML reads 1.0e+3 {NUMBER}"),
        ("a: .inf", f"a.yaml:1: YAML reads .inf {NUMBER}"),
        ("a: 12:30", f"a.yaml:1: YAML reads 12:30 {NUMBER}"),
        ("a: 2026-11-23", f"a.yaml:1: YAML reads 2026-11-23 {NUMBER}"),
        ("a: 1234567890123456789", f"a.yaml:1: YAML reads 1234567890123456789 {NUMBER}"),
        ("a: =", "a.yaml:1: YAML reads = as a sign of its own; quote it to mean the text"),
        ("a: <<", "a.yaml:1: YAML reads << as a sign of its own; quote it to mean the text"),
        ("a: !!binary aGk=", "a.yaml:1: the tag binary is not for these files"),
        ("a: !secret b", "a.yaml:1: the tag !secret is not for these files"),
        ("\non: b", "a.yaml:2: a key must be text; quote it: 'on'"),
        ("5: b", "a.yaml:1: a key must be text; quote it: '5'"),
        ("? [a]\n: b", "a.yaml:1: a key must be text"),
        ("a: 1\nb: 2\na: 3", "a.yaml:3: 'a' stands here twice; the first is on line 1"),
        ("a:\n  b: 1\n  b: 1", "a.yaml:3: 'b' stands here twice; the first is on line 2"),
        ("a:\n\tb: 1", "a.yaml:2: is indented by a tab; YAML wants spaces"),
        (
            "a: [b\nc: d",
            "a.yaml:2: is not YAML: while parsing a flow sequence: did not find expected ',' or ']'",
        ),
        ("a: [", "a.yaml:2: is not YAML: while parsing a flow node: did not find expected node content"),
        ("a: b\t: c", "a.yaml:1: is not YAML: mapping values are not allowed in this context"),
        ("a: *b", "a.yaml:1: is not YAML: found undefined alias"),
        (
            "a: 1\n---\na: 2",
            "a.yaml:2: is not YAML: expected a single document in the stream: but found another document",
        ),
        ("a: b\nc: \x01", "a.yaml:2: is not YAML: control characters are not allowed"),
        ("- a", "a.yaml:1: must be a map of keys and values"),
        ("\n\nhello", "a.yaml:3: must be a map of keys and values"),
        ("a: &a {b: *a}", "a.yaml:1: an anchor holds itself"),
        ("a: &a [*a]", "a.yaml:1: an anchor holds itself"),
        ("a: &a\n  <<: *a", "a.yaml:1: an anchor holds itself"),
        ("a: {<<: b}", "a.yaml:1: '<<' takes a map, or a list of maps"),
        ("a: {<<: [{}, b]}", "a.yaml:1: '<<' takes a map, or a list of maps"),
    ],
)
def test_what_a_file_may_not_hold(text, problem):
    assert [str(one) for one in parse(text, "a.yaml").problems] == [problem]


@pytest.mark.parametrize(
    ("text", "data"),
    [
        ("", {}),
        ("# nothing yet\n", {}),
        ("---\n", {}),
        ("\ufeffa: 1", {"a": 1}),
        ("a: true\nb: false", {"a": True, "b": False}),
        ("a: 0\nb: -1\nc: 120", {"a": 0, "b": -1, "c": 120}),
        ("a:\nb: ~\nc: null", {"a": None, "b": None, "c": None}),
        ("a: 'on'\nb: \"012\"\nc: !!str 1.10\nd: 1e3", {"a": "on", "b": "012", "c": "1.10", "d": "1e3"}),
        ("a: {b: [c, {d: e}]}", {"a": {"b": ["c", {"d": "e"}]}}),
        ("x-a: &a [b]\nc: *a", {"x-a": ["b"], "c": ["b"]}),
        ("a: |\n  b\n  c\n", {"a": "b\nc\n"}),
    ],
)
def test_what_a_file_may_hold(text, data):
    document = parse(text, "a.yaml")
    assert (document.data, document.problems) == (data, ())


def test_every_value_knows_its_line():
    lines = parse("a: 1\nb:\n  c: 2\n  d:\n  - e\n  -\n    f: g\n", "a.yaml").lines
    assert lines == {
        ("a",): 1,
        ("b",): 2,
        ("b", "c"): 3,
        ("b", "d"): 4,
        ("b", "d", 0): 5,
        ("b", "d", 1): 7,
        ("b", "d", 1, "f"): 7,
    }


MERGED = """\
x-a: &a {k: 1, m: {p: 1}}
x-b: &b
  k: 2
  n: 2
c:
  <<: [*a, *b]
  m: {q: 3}
"""


def test_merge_keys_give_what_is_not_written_and_the_first_wins():
    document = parse(MERGED, "a.yaml")
    assert document.data["c"] == {"k": 1, "n": 2, "m": {"q": 3}}
    assert [document.lines["c", key] for key in "knm"] == [1, 4, 7]


def test_every_problem_is_told_at_once():
    problems = parse("a: on\nb: [012, {c: 1.10}]\na: 1", "a.yaml").problems
    assert sorted(problem.line for problem in problems) == [1, 2, 2, 3]


def bomb(levels, *, merged):
    """Each level holds the one before ten times."""
    levels = range(1, levels)
    ten = [", ".join([f"*a{level - 1}"] * 10) for level in levels]
    grown = [
        f"x-{level}: &a{level} " + (f"{{<<: [{last}]}}" if merged else f"[{last}]")
        for level, last in zip(levels, ten, strict=True)
    ]
    return "\n".join(["x-0: &a0 {}", *grown])


@pytest.mark.parametrize("merged", [False, True])
def test_a_small_file_cannot_grow_without_end(merged):
    (problem,) = parse(bomb(40, merged=merged), "a.yaml").problems
    assert str(problem) == "a.yaml: holds more than 20000 values once its anchors are expanded"
    assert parse(bomb(4, merged=merged), "a.yaml").problems == ()


def test_a_file_may_hold_so_many_values_and_no_more():
    list_of = "a: [{}]".format
    assert parse(list_of("b, " * 19_999), "a.yaml").problems == ()
    assert len(parse(list_of("b, " * 20_000), "a.yaml").problems) == 1


@pytest.mark.parametrize(
    "text",
    [
        "a: " + "[" * 200_000,
        "- " * 100_000,
        "? " * 100_000,
        "\n".join(" " * depth + "a:" for depth in range(600)),
        "x-0: &a0 {}\n" + "\n".join(f"x-{n}: &a{n} {{b: *a{n - 1}}}" for n in range(1, 2000)),
        "x-0: &a0 {}\n" + "\n".join(f"x-{n}: &a{n} {{<<: *a{n - 1}}}" for n in range(1, 2000)),
    ],
    ids=["flow", "list", "key", "map", "alias", "merge"],
)
def test_a_file_cannot_nest_without_end(text):
    (problem,) = parse(text, "a.yaml").problems
    assert str(problem) == "a.yaml: holds more than 30 maps and lists inside each other"


def test_a_file_may_nest_as_deep_as_anybody_needs():
    assert parse("a: " + "[" * 29 + "]" * 29, "a.yaml").problems == ()


def test_what_is_not_utf8_is_told_with_its_line(tmp_path):
    (tmp_path / "a.yaml").write_bytes("a: 1\nb: ä".encode("latin-1"))
    (problem,) = read(tmp_path, "a.yaml").problems
    assert str(problem) == "a.yaml:2: is not UTF-8 text"


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32", "cp037"])
def test_other_encodings_are_not_guessed(tmp_path, encoding):
    (tmp_path / "a.yaml").write_bytes("cmd: é".encode(encoding))
    (problem,) = read(tmp_path, "a.yaml").problems
    assert str(problem) == "a.yaml:1: is not UTF-8 text"


def test_a_huge_file_is_not_read(tmp_path):
    file = tmp_path / "a.yaml"
    file.write_bytes(b"#" * MAX_BYTES)
    assert read(tmp_path, "a.yaml").problems == ()
    for size in (MAX_BYTES + 1, 10 * 1024**2, 1024**4):  # the last could not be read at all
        os.truncate(file, size)
        (problem,) = read(tmp_path, "a.yaml").problems
        assert str(problem) == f"a.yaml: has {size} bytes; at most 262144 are read"


def test_what_cannot_be_read(tmp_path):
    (tmp_path / "a.yaml").mkdir()
    assert [str(problem) for problem in read(tmp_path, "a.yaml").problems] == [
        "a.yaml: cannot be read: Is a directory"
    ]
    assert [str(problem) for problem in read(tmp_path, "b.yaml").problems] == [
        "b.yaml: cannot be read: No such file or directory"
    ]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_lines_may_end_as_they_do_elsewhere(end):
    document = parse(end.join(["a: 1", "b:", "  c: 2"]), "a.yaml")
    assert (document.data, document.lines["b", "c"]) == ({"a": 1, "b": {"c": 2}}, 3)
