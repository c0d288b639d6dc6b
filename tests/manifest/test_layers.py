"""Layers, weakest first: the stack's imageId and subnets < _defaults < app < its environment < counts."""

import pytest

from manifest.document import parse
from manifest.layers import layer_of, merge
from manifest.origins import Origin


def merged(*texts):
    return merge(layer_of(name, parse(text, name)) for name, text in zip("abc", texts, strict=False))


@pytest.mark.parametrize(
    ("texts", "data"),
    [
        ((), {}),
        (("k: 1", "k: 2", "k: 3"), {"k": 3}),
        (("k: 1", "l: 2"), {"k": 1, "l": 2}),
        (
            ("m: {p: 1, q: {r: 1, s: 1}}", "m: {q: {s: 2, t: 2}}"),
            {"m": {"p": 1, "q": {"r": 1, "s": 2, "t": 2}}},
        ),
        (("k: [1, 2, 3]", "k: [4]"), {"k": [4]}),
        (("k: 1", "k: null"), {}),
        (("k: 1", "k: null", "k: 3"), {"k": 3}),
        (("m: {p: 1, q: 1}", "m: {p: null}"), {"m": {"q": 1}}),
        (("m: {p: 1}", "m: null", "m: {q: 3}"), {"m": {"q": 3}}),
        (("k: {p: 1}", "k: 2"), {"k": 2}),
        (("k: 1", "k: {p: 2}"), {"k": {"p": 2}}),
        (("k: [{p: 1}]", "k: {q: 2}"), {"k": {"q": 2}}),
        (("m: {p: null}",), {"m": {}}),
    ],
)
def test_maps_merge_lists_replace_null_removes(texts, data):
    assert merged(*texts).data == data


def test_every_value_keeps_its_origin():
    layer = merged("k: 1\nm:\n  p: 1\n  q: 1\nl: [1, 2]", "m:\n  q: 2\nl:\n- 3\n")
    assert layer.origins == {
        ("k",): Origin("a", "a", 1),
        ("m",): Origin("b", "b", 1),
        ("m", "p"): Origin("a", "a", 3),
        ("m", "q"): Origin("b", "b", 2),
        ("l",): Origin("b", "b", 3),
        ("l", 0): Origin("b", "b", 4),
    }


def test_what_is_replaced_takes_its_origins_with_it():
    assert merged("m: {p: {q: 1}}", "m: {p: 2}").origins == {
        ("m",): Origin("b", "b", 1),
        ("m", "p"): Origin("b", "b", 1),
    }


def test_what_is_removed_was_removed_somewhere():
    assert merged("k: {p: 1}", "\nk: null").origins == {("k",): Origin("b", "b", 2)}


def test_a_layer_is_a_part_of_a_document():
    text = "environments:\n  dev:\n    env: {A: b}\n  prod:\n    env: {A: c}\n    count: 2\n"
    layer = layer_of("environments.dev", parse(text, "apps/a.yaml"), ("environments", "dev"))
    assert layer.data == {"env": {"A": "b"}}
    written = Origin("environments.dev", "apps/a.yaml", 3)
    assert layer.origins == {("env",): written, ("env", "A"): written}


@pytest.mark.parametrize("text", ["a: 1", "environments:", "environments: [dev]", "environments: {dev: 5}"])
def test_a_part_that_is_not_there_is_an_empty_layer(text):
    layer = layer_of("environments.dev", parse(text, "a"), ("environments", "dev"))
    assert (layer.data, layer.origins) == ({}, {})


def test_merging_leaves_the_layers_as_they_were():
    below, above = (layer_of("a", parse(text, "a")) for text in ("m: {p: 1}", "m: {p: 2, q: [3]}"))
    merge([below, above])
    assert (below.data, above.data) == ({"m": {"p": 1}}, {"m": {"p": 2, "q": [3]}})


class TestAnApp:
    """Through load_apps: whose word holds, and where it is said to be written."""

    @pytest.fixture(autouse=True)
    def layers(self, project):
        project.write(
            "apps/_defaults.yaml", "instance_type: t3.nano", "env:", "  A: defaults", "  B: defaults"
        )
        project.app("env:", "  B: app", "  C: app", "count: 2")

    def test_the_stacks_image_is_the_weakest(self, project):
        assert project.process().image_id == "ami-0abc1234"
        assert project.written("image_id") == "ami-0abc1234 (stack config, Pulumi.dev.yaml:4)"
        project.write("apps/_defaults.yaml", "image_id: ami-00000001")
        assert project.process().image_id == "ami-00000001"
        assert project.written("image_id") == "ami-00000001 (_defaults.yaml, apps/_defaults.yaml:1)"

    def test_the_stacks_subnets_are_the_weakest(self, project):
        assert "subnets" not in project.one().written
        project.stack("  shop:subnets: [subnet-0000000b, subnet-0000000a]")
        assert project.process().subnets == ("subnet-0000000b", "subnet-0000000a")
        assert project.written("subnets").endswith("(stack config, Pulumi.dev.yaml:5)")
        project.app("subnet: subnet-0000000c")
        assert project.process().subnets == ("subnet-0000000c",)
        assert project.written("subnets").endswith("(app file, apps/hello.yaml:3)")

    def test_what_the_stack_says_may_be_wrong_or_taken_away(self, project):
        project.stack("  shop:subnets: [subnet-0000000b, subnet-0000000b]")
        assert project.problem() == "Pulumi.dev.yaml:5: subnets: names subnet-0000000b twice"
        project.app("subnets: null")
        assert project.process().subnets == ()

    def test_the_app_beats_the_defaults(self, project):
        assert project.process().env == {"A": "defaults", "B": "app", "C": "app"}
        assert project.written("instance_type") == "t3.nano (_defaults.yaml, apps/_defaults.yaml:1)"
        assert project.written("env.A") == "defaults (_defaults.yaml, apps/_defaults.yaml:3)"
        assert project.written("env.B") == "app (app file, apps/hello.yaml:4)"

    def test_the_environment_beats_the_app(self, project):
        project.app("env: {B: app, C: app}", "environments:", "  dev:", "    env: {C: dev, A: null}")
        assert project.process().env == {"B": "app", "C": "dev"}
        assert project.written("env.C") == "dev (environments.dev, apps/hello.yaml:6)"

    def test_the_apps_environment_beats_the_defaults_environment_which_beats_the_app(self, project):
        project.write("apps/_defaults.yaml", "environments: {dev: {count: 7, port: 7000}}")
        project.app("count: 2", "port: 2000", "environments: {dev: {port: 9000}}")
        assert (project.process().count, project.process().port) == (7, 9000)
        assert project.written("count") == "7 (environments.dev, apps/_defaults.yaml:1)"

    def test_counts_beat_everything(self, project):
        assert project.written("count") == "2 (app file, apps/hello.yaml:6)"
        project.app("count: 2", "environments: {dev: {count: 4}}")
        project.stack("  shop:counts:", "    hello: 0")
        assert project.process().count == 0
        assert project.written("count") == "0 (stack config, Pulumi.dev.yaml:6)"

    def test_counts_may_name_the_process(self, project):
        project.stack("  shop:counts:", "    hello:", "      web: 5")
        assert project.process().count == 5
        assert project.written("count") == "5 (stack config, Pulumi.dev.yaml:7)"

    def test_a_default_was_written_nowhere(self, project):
        project.app()
        assert "count" not in project.one().written

    def test_an_environment_is_for_its_stack_only(self, project):
        project.stack(name="prod")
        project.app("environments: {prod: {count: 6}}")
        assert (project.process("dev").count, project.process("prod").count) == (1, 6)

    def test_an_environment_may_be_removed(self, project):
        project.write("apps/_defaults.yaml", "environments: {dev: {count: 7}}")
        assert project.process().count == 7
        project.app("environments: {dev: {}}")
        assert project.process().count == 7
        project.app("environments: {dev: null}")
        assert project.process().count == 1

    def test_list_and_all_its_places_are_the_later_layers(self, project):
        project.app("allow_from: [10.0.0.0/8, 10.0.0.0/9]", "environments:", "  dev:", "    allow_from: [x]")
        assert project.problem().startswith("apps/hello.yaml:6: allow_from[0]: must be a range")

    def test_a_problem_of_a_layer_is_told_where_it_stands(self, project):
        project.write("apps/_defaults.yaml", "", "count: -1")
        project.app("environments:", "  dev:", "    port: 0")
        assert project.problems() == [
            "apps/_defaults.yaml:2: count: must be 0 or more",
            "apps/hello.yaml:5: port: must be 1024 or more",
        ]

    def test_what_an_environment_removes_is_missing_there(self, project):
        project.app("environments:", "  dev: {cmd: null}")
        assert project.problem() == "apps/hello.yaml:4: cmd: is missing"

    def test_keys_of_ones_own_and_anchors(self, project):
        project.app("x-env: &env {A: b}", "x-more: [anything, {at: all}]", "env: {<<: *env, C: d}")
        assert project.process().env["A"] == "b"
        assert project.written("env.A") == "b (app file, apps/hello.yaml:3)"
        assert not [key for key in project.one().written if key.startswith("x-")]
        project.app("environments: {dev: {x-note: anything}}")
        assert project.problems() == []
