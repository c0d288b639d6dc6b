"""What the comment says, and that nothing in it is taken for markup."""

import json

import pytest

from pipeline.changes import AppChange, Changes, ScriptChange
from pipeline.comment import LIMIT, comment
from pipeline.markdown import fenced, plain
from pipeline.preview import read_preview

ONE = ScriptChange(label="hello.web", old="a\nb\n", new="a\nc\n")


def changes(**keys):
    return Changes(**{"apps": (AppChange(name="hello", lines=("web: 1 -> 2",), scripts=(ONE,)),), **keys})


def test_problems_alone():
    text = comment(Changes(problems=("apps/a.yaml:3: cmd: must be a command", "and more")), "dev")
    assert "## dev: nothing can be rolled out" in text
    assert "- `apps/a.yaml:3`: cmd: must be a command\n- and more" in text


def test_what_is_stopped_is_explained_too():
    """But no list of resources: a preview that failed did not come to all of them."""
    text = comment(changes(problems=("reaches too far",), resources=("+ aws:ec2:Instance x",)), "dev")
    assert "## dev: 1 app changes, and nothing can be rolled out" in text
    assert text.index("- reaches too far") < text.index("- web: 1 -\\> 2") < text.index("Script of hello.web")
    assert "Every resource" not in text


def test_a_preview_that_failed_without_a_reason():
    told = json.dumps({"diagnostics": [{"severity": "error", "message": "error: preview failed\n"}]})
    (problem,) = read_preview(told, "").problems
    assert problem == "pulumi preview failed; see the run's log"


def test_a_line_that_looks_like_a_heading_is_in_the_difference():
    """A line that begins with `--` differs: `--- b` is its line, not the difference's head."""
    script = ScriptChange(label="hello.web", old="-- b\n", new="++ b\n")
    text = comment(changes(apps=(AppChange(name="hello", scripts=(script,)),)), "dev")
    assert "--- b\n+++ b" in text
    assert "1 line in, 1 out" in text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("<b>&amp;", r"\<b\>\&amp;"),
        ("`x` *y* _z_ ~~w~~ $a$", r"\`x\` \*y\* \_z\_ \~\~w\~\~ \$a\$"),
        ("[a](b)", r"\[a\](b)"),
        ("@all #1 a@b", "@<!-- -->all #<!-- -->1 a@<!-- -->b"),
        ("3 x 1, a -> 'b'", r"3 x 1, a -\> 'b'"),
    ],
)
def test_texts_stay_texts(text, shown):
    assert plain(text) == shown


def test_no_text_ends_its_block():
    text = "a\n```\nb\n`````\n<b>"
    assert fenced(text, "sh") == f"``````sh\n{text}\n``````"


class TestLongOnes:
    @pytest.fixture
    def text(self):
        scripts = [ScriptChange(label=f"a.{n}", old=None, new="äöü\n" * 3000) for n in range(9)]
        return comment(changes(apps=(AppChange(name="a", lines=("new",), scripts=tuple(scripts)),)), "dev")

    def test_fit_into_a_comment(self, text):
        assert 0.9 * LIMIT < len(text.encode()) <= LIMIT

    def test_are_cut_at_a_line_and_say_so(self, text):
        assert "... " in text
        assert "more lines, all of it stands in the summary of this run" in text
        assert text.count("<details>") == text.count("</details>") == 4
        assert text.count("```") == 8

    def test_name_what_is_left_out(self, text):
        assert "Left out, because a comment may not be longer" in text
        assert "Script of a.4: new, 3000 lines; " in text
        assert "and 2 more." in text

    def test_keep_the_explanation_before_all(self, text):
        assert text.index("### a") < text.index("<details>")

    def test_a_head_that_is_too_long_is_cut_too(self):
        text = comment(changes(problems=tuple(f"apps/a.yaml:{n}: {'x' * 90}" for n in range(2000))), "dev")
        assert 0.9 * LIMIT < len(text.encode()) <= LIMIT
        assert "lines above" in text
