"""What reaches too far: rules held against any fleet, and the words for one."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from bootstrap import script
from fleet.radius import Change, plan_of, refusal, serving_of, shared_values
from fleet.release import releases_of
from manifest import load_apps, load_settings

labels = st.builds("{}.{}".format, st.sampled_from("abcd"), st.sampled_from(["web", "work"]))
versions = st.sampled_from(["v1", "v2", "v3"])
fleets = st.dictionaries(labels, versions, min_size=1)
counts = st.dictionaries(labels, st.integers(0, 9))
percents = st.integers(0, 100)


def plan(processes, own=()):
    """`own`: the apps whose own file says something else."""
    apps = {label.partition(".")[0]: "same" for label in processes}
    shared = {"values": {}, "origins": {}}
    return {"processes": processes, "own": {**apps, **dict.fromkeys(own, "other")}, "shared": shared}


def change(serving, before, after, *, own=(), counts=None):
    running = {label: (version, (counts or {}).get(label, 1)) for label, version in serving.items()}
    return Change(serving=running, before=plan(before), after=plan(after, own))


@given(fleets, fleets, counts, percents)
def test_what_replaces_nothing_is_never_stopped(fleet, failed, counts, percent):
    """A revert after a failed rollout too, whatever that one was."""
    assert not change(fleet, failed, fleet, counts=counts).reaches_too_far(percent)


@given(fleets, fleets, counts, percents)
def test_each_apps_own_edit_is_never_stopped(old, new, counts, percent):
    assert not change(old, old, new, own="abcd", counts=counts).reaches_too_far(percent)


@given(fleets, fleets, fleets, counts)
def test_the_whole_fleet_may_go_where_the_stack_says_so(serving, old, new, counts):
    assert not change(serving, old, new, counts=counts).reaches_too_far(100)


@given(fleets, fleets, fleets, counts, percents)
def test_one_app_is_never_stopped(serving, old, new, counts, percent):
    fleets = [{f"a.{label[2:]}": version for label, version in one.items()} for one in (serving, old, new)]
    assert not change(*fleets, counts=counts).reaches_too_far(percent)


@given(fleets, fleets, counts, percents)
def test_what_was_let_through_is_not_stopped_later(serving, plan, counts, percent):
    assert not change(serving, plan, plan, counts=counts).reaches_too_far(percent)


@given(fleets, fleets, fleets, counts, percents)
def test_more_may_be_replaced_where_more_is_allowed(serving, old, new, counts, percent):
    one = change(serving, old, new, counts=counts)
    assert one.reaches_too_far(percent) or not one.reaches_too_far(min(percent + 1, 100))


@given(fleets, fleets, st.data())
def test_another_edit_has_another_name(old, new, data):
    first = change(old, old, new)
    assume(first.shared_edit)
    label = data.draw(st.sampled_from([*first.shared_edit]))
    assert change(old, old, {**new, label: "v4"}).name != first.name


@given(fleets, fleets, fleets)
def test_an_edit_keeps_its_name_while_it_is_rolled_out_app_by_app(serving, old, new):
    assert change(serving, old, new).name == change(old, old, new).name


@pytest.mark.parametrize(("percent", "stopped"), [(66, True), (67, False)])
def test_the_share_is_of_the_instances_that_serve(percent, stopped):
    old = {"a.web": "v1", "b.web": "v1", "c.web": "v1", "d.web": "v1"}
    new = {"a.web": "v2", "b.web": "v2", "c.web": "v1"}
    one = change(old, old, new, counts={"a.web": 3, "b.web": 1, "c.web": 2, "d.web": 0})
    assert (one.instances, one.total) == (4, 6)
    assert one.reaches_too_far(percent) == stopped


def test_an_own_edit_beside_a_shared_one_counts():
    old = {"a.web": "v1", "b.web": "v1", "c.web": "v1"}
    new = {"a.web": "v2", "b.web": "v2", "c.web": "v1"}
    assert change(old, old, new, own="a").reaches_too_far(50)
    assert not change(old, old, new, own="ab").reaches_too_far(50)


def test_what_another_update_let_through_and_could_not_prove_does_not_count_as_shared():
    """x and y were edited and failed; then z is."""
    serving = {"x.web": "v1", "y.web": "v1", "z.web": "v1"}
    before = {"x.web": "v2", "y.web": "v2", "z.web": "v1"}
    assert not change(serving, before, {**before, "z.web": "v2"}, own="z").reaches_too_far(0)


def test_a_fleet_of_which_no_plan_was_kept_is_judged():
    serving = {"a.web": ("v1", 1), "b.web": ("v1", 1)}
    one = Change(serving=serving, before=None, after=plan({"a.web": "v2", "b.web": "v2"}))
    assert one.reaches_too_far(50)
    assert [*one.causes({})] == ["what changed is not known: no plan of this fleet was kept before"]


def test_what_serves_comes_from_the_stacks_output():
    summary = {"versions": {"web": "v1", "work": "v2"}, "counts": {"web": 3.0, "work": 0.0}}
    assert serving_of({"a": summary, "never-proved": None}) == {"a.web": ("v1", 3), "a.work": ("v2", 0)}
    assert serving_of(None) == {}


class TestFromFiles:
    """Three apps with defaults, as the files of a project say them."""

    @pytest.fixture(autouse=True)
    def fleet(self, project, write):
        (project / "apps/hello.yaml").unlink()
        for name in ("api", "shop", "x"):
            write(f"apps/{name}.yaml", {"slug_url": f"https://slugs.example.com/{name}.tar.gz"})
        write("apps/_defaults.yaml", {"cmd": "bin/web", "count": 2, "env": {"TEAM": "core"}})

    @pytest.fixture
    def now(self, project):
        def now():
            settings = load_settings(project, "dev")
            releases = releases_of(load_apps(project, settings), settings)
            return settings, plan_of(releases), shared_values(releases)

        return now

    @pytest.fixture
    def edited(self, now, write):
        """The change that an edit makes of what serves, with the words about it."""

        def edited(name, data):
            _, before, _ = now()
            write(name, data)
            settings, after, shared = now()
            serving = {label: (version, 2) for label, version in before["processes"].items()}
            change = Change(serving=serving, before=before, after=after)
            return change, [*refusal(change, shared, settings)] if change.apps else []

        return edited

    def test_an_edit_of_the_defaults_says_its_line(self, edited):
        change, (first, cause, *_) = edited(
            "apps/_defaults.yaml", "cmd: bin/web\ncount: 2\nenv:\n  TEAM: edge\n"
        )
        assert change.reaches_too_far(99)
        assert first == (
            "this update would replace 6 of the 6 instances that serve, in 3 apps (api, shop, x); "
            "maxReplaced is 50% (default)"
        )
        assert cause == "  because env.TEAM: 'core' -> 'edge' (_defaults.yaml, apps/_defaults.yaml:4)"

    def test_it_says_both_ways_on(self, edited):
        change, (*_, one, all_) = edited("apps/_defaults.yaml", {"cmd": "bin/other", "count": 2})
        assert one == "  next: one app first: make rollout STACK=dev APP=api"
        assert all_ == f"  or all, by naming the change: pulumi config set approved {change.name} --stack dev"

    def test_an_edit_of_the_stacks_config(self, edited, project):
        file = project / "Pulumi.dev.yaml"
        text = file.read_text().replace("ami-00000000000000000", "ami-0abc1234")
        change, (_, cause, *_) = edited("Pulumi.dev.yaml", f"{text}  compute-instances:maxReplaced: 10%\n")
        assert change.reaches_too_far(99)
        assert "because image_id: 'ami-00000000000000000' -> 'ami-0abc1234' (stack config, " in cause

    def test_an_edit_of_bootstrap(self, now, monkeypatch):
        _, before, _ = now()
        monkeypatch.setitem(script._RUNTIME_PACKAGES, "none", ("curl",))
        _, after, shared = now()
        change = Change(serving={}, before=before, after=after)
        assert change.shared_edit == after["processes"]
        assert [*change.causes(shared)] == ["bootstrap: what every machine gets has changed"]

    @pytest.mark.parametrize("keys", [{"env": {"A": "b"}}, {"count": 3}, {"slug_url": "https://e.com/b.gz"}])
    def test_an_apps_own_edit_is_its_own(self, edited, keys):
        url = "https://slugs.example.com/x.tar.gz"
        assert not edited("apps/x.yaml", {"slug_url": url, **keys})[0].shared_edit

    def test_another_approval_is_said_to_be_of_another_change(self, edited, project):
        with (project / "Pulumi.dev.yaml").open("a") as file:
            file.write("  compute-instances:approved: plan-00000000\n")
        _, said = edited("apps/_defaults.yaml", {"cmd": "bin/other"})
        assert said[-3].startswith("  plan-00000000 (stack config, Pulumi.dev.yaml:")

    def test_of_many_apps_some_are_named(self, edited, write):
        for n in range(10):
            write(f"apps/more-{n}.yaml", {"slug_url": "https://slugs.example.com/a.tar.gz"})
        change, _ = edited("apps/_defaults.yaml", {"cmd": "bin/other", "count": 2})
        assert change.extent.startswith("26 of the 26 instances that serve, in 13 apps (api, more-0, ")
        assert change.extent.endswith(" more-4, 7 more)")
