"""What the comment says, and that nothing in it is taken for markup."""

import json
from dataclasses import replace

import pytest

from pipeline.changes import AppChange, Changes, ScriptChange
from pipeline.comment import LIMIT, comment
from pipeline.markdown import Fold, fenced, plain
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
    assert "## dev: hello would change, but this cannot be rolled out" in text
    assert text.index("- reaches too far") < text.index("- web: 1 -\\> 2") < text.index("Script of hello.web")
    assert "Every resource" not in text


def test_what_reaches_too_far_is_let_through_by_a_line_of_the_same_pull_request():
    error = """\
error: update: before hook "bounded" failed: this update would replace 5 of the 5 instances
  because instance_type: default -> 't3.small'
  nothing is launched, and what serves serves on
  plan-00000000 (stack config, Pulumi.dev.yaml:3) names another change
  next: one app first: make rollout STACK=dev APP=hello
  or all, by naming the change: pulumi config set approved plan-cc177a18 --stack dev
"""
    urn = "urn:pulumi:dev::shop::pulumi:pulumi:Stack::shop-dev"
    digest = {"diagnostics": [{"severity": "error", "message": error}], "steps": [{"op": "same", "urn": urn}]}
    stopped = read_preview(json.dumps(digest), "")
    assert [line.strip() for line in stopped.problems] == [
        'update: before hook "bounded" failed: this update would replace 5 of the 5 instances',
        "plan-00000000 (stack config, Pulumi.dev.yaml:3) names another change",
    ]
    text = comment(replace(stopped, apps=changes().apps * 2), "dev")
    assert "## dev: 2 apps would change; stopped, because it reaches too far" in text
    assert "add to `Pulumi.dev.yaml`" in text
    assert "config:\n  shop:approved: plan-cc177a18\n" in text


def test_the_version_is_no_difference_of_a_script():
    scripts = tuple(
        ScriptChange(label=f"hello.{name}", old=f"readonly version=1\n{old}\n", new="readonly version=2\na\n")
        for name, old in (("same", "a"), ("other", "b"))
    )
    text = comment(changes(apps=(AppChange(name="hello", scripts=scripts),)), "dev")
    assert "Script of hello.same" not in text
    assert "Script of hello.other: 1 line in, 1 out" in text
    assert "readonly" not in text


def test_resources_come_first_and_are_counted_in_one_order():
    text = comment(changes(resources=("- aws:ec2:Instance x", "~ y z", "+ aws:ec2:Instance a")), "dev")
    assert text.index("Every resource: 1 made, 1 changed, 1 deleted") < text.index("Script of hello.web")


def test_the_script_of_a_new_process_is_a_command_away():
    script = ScriptChange(label="hello.web", old=None, new="a\n")
    text = comment(changes(apps=(AppChange(name="hello", scripts=(script,)),)), "dev")
    assert "- `python -m bootstrap hello.web --stack dev` prints its script" in text
    assert "<details>" not in text


@pytest.mark.parametrize(
    ("compared", "said"),
    [
        ({"serves": "b" * 40}, "aaaaaaaa compared with what serves in dev (bbbbbbbb). What"),
        ({"serves": f"{'b' * 40}-dirty"}, "with what serves in dev (bbbbbbbb-dirty). What"),
        ({}, "aaaaaaaa compared with what serves in dev. What"),
    ],
)
def test_it_says_what_was_compared(compared, said):
    assert said in comment(changes(**compared), "dev", "a" * 40)


def test_it_does_not_where_the_notes_do_or_nothing_was_compared():
    assert "compared" not in comment(changes(notes=("by files",)), "dev", "a" * 40)
    assert "compared" not in comment(Changes(problems=("no stack",)), "dev", "a" * 40)


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
        ("https://evil.example www.evil.example", "https:<!-- -->//evil.example www<!-- -->.evil.example"),
        ("3 x 1, a -> 'b'", r"3 x 1, a -\> 'b'"),
    ],
)
def test_texts_stay_texts(text, shown):
    assert plain(text) == shown


def test_a_folds_title_stays_text():
    """It stands in HTML, where Markdown's backslashes would be shown."""
    title = str(Fold(title="<b>&amp; @all *x* http://a", kind="text", text="")).partition("</summary>")[0]
    assert title == "<details><summary>&lt;b&gt;&amp;amp; @<!-- -->all *x* http:<!-- -->//a"


def test_no_text_ends_its_block():
    text = "a\n```\nb\n`````\n<b>"
    assert fenced(text, "sh") == f"``````sh\n{text}\n``````"


class TestLongOnes:
    @pytest.fixture
    def text(self):
        scripts = [ScriptChange(label=f"a.{n}", old="a\n", new="äöü\n" * 3000) for n in range(9)]
        return comment(changes(apps=(AppChange(name="a", lines=("new",), scripts=tuple(scripts)),)), "dev")

    def test_fit_into_a_comment(self, text):
        assert 0.9 * LIMIT < len(text.encode()) <= LIMIT

    def test_are_cut_at_a_line_and_say_so(self, text):
        assert "... " in text
        assert "more lines, all of it stands in the summary of this run" in text
        assert text.count("<details>") == text.count("</details>") == 3
        assert text.count("```") == 6

    def test_name_what_is_left_out(self, text):
        assert "Left out, because a comment may not be longer" in text
        assert "Script of a.4: 3000 lines in, 1 out; " in text
        assert "and 3 more." in text

    def test_keep_the_explanation_before_all(self, text):
        assert text.index("### a") < text.index("<details>")

    def test_a_head_that_is_too_long_is_cut_too(self):
        text = comment(changes(problems=tuple(f"apps/a.yaml:{n}: {'x' * 90}" for n in range(2000))), "dev")
        assert 0.9 * LIMIT < len(text.encode()) <= LIMIT
        assert "lines above" in text
