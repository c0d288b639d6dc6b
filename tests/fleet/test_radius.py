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


def plan(versions, own=(), counts=None):
    """`own`: the apps whose own file says something else. `counts`: of labels that have not one instance."""
    running = {label: str((counts or {}).get(label, 1)) for label in versions}
    versions = {label: version for label, version in versions.items() if running[label] != "0"}
    counts = {label: running[label] for label in versions}
    apps = {**dict.fromkeys("abcdxyz", "same"), **dict.fromkeys(own, "other")}
    return {"versions": versions, "counts": counts, "own": apps, "shared": {}}


def change(serving, before, after, *, own=(), counts=None):
    """Of a fleet whose counts stay."""
    running = {label: (version, (counts or {}).get(label, 1)) for label, version in serving.items()}
    return Change(serving=running, before=plan(before, (), counts), after=plan(after, own, counts))


def scaled(counts, *, own=(), to):
    """Of a fleet that stays but for the counts of some labels."""
    versions = dict.fromkeys(counts, "v1")
    serving = {label: ("v1", count) for label, count in counts.items()}
    after = plan(versions, own, {**counts, **to})
    return Change(serving=serving, before=plan(versions, (), counts), after=after)


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


@given(counts, st.data())
def test_whoever_ends_as_many_by_one_edit_is_stopped_alike(counts, data):
    """Replaced or ended without a successor: what no longer serves is the same."""
    gone = data.draw(st.sets(st.sampled_from([*counts]))) if counts else set()
    fleet = dict.fromkeys(counts, "v1")
    replaced = change(fleet, fleet, {**fleet, **dict.fromkeys(gone, "v2")}, counts=counts)
    ended = scaled(counts, to=dict.fromkeys(gone, 0))
    for percent in (0, 50, 99):
        assert ended.reaches_too_far(percent) == replaced.reaches_too_far(percent)


@given(counts, counts)
def test_each_apps_own_scale_in_is_never_stopped(counts, to):
    assert not scaled(counts, own="abcd", to=to).reaches_too_far(0)


@given(counts, st.integers(0, 9))
def test_more_of_the_same_is_never_stopped_whoever_says_so(counts, more):
    assert not scaled(counts, to={label: n + more for label, n in counts.items()}).reaches_too_far(0)


def test_of_a_shrink_the_instances_count_that_go():
    one = scaled({"a.web": 4, "b.web": 3, "c.web": 3}, to={"a.web": 1, "b.web": 2})
    assert one.extent == "4 of the 10 instances that serve, in 2 apps (b, a)"
    assert one.reaches_too_far(39)
    assert not one.reaches_too_far(40)


def test_other_counts_are_another_edit():
    fleet = {"a.web": 4, "b.web": 3}
    assert len({scaled(fleet, to={"a.web": n, "b.web": 1}).name for n in range(4)}) == 4


def test_an_own_edit_that_could_not_be_proved_is_no_shared_one_because_more_are_asked_for():
    """a and b were edited, let through and failed; then the defaults say count: 2."""
    fleet, failed = {"a.web": "v1", "b.web": "v1"}, {"a.web": "v2", "b.web": "v2"}
    after = plan(failed, (), {"a.web": 2, "b.web": 2})
    serving = {label: (version, 1) for label, version in fleet.items()}
    assert not Change(serving=serving, before=plan(failed), after=after).reaches_too_far(0)


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


def test_a_fleet_of_which_no_plan_was_kept_is_not_ended_unasked():
    serving = {"a.web": ("v1", 1), "b.web": ("v1", 1)}
    assert Change(serving=serving, before=None, after=plan({})).reaches_too_far(50)


def test_what_serves_comes_from_the_stacks_output():
    summary = {"versions": {"web": "v1", "work": "v2"}, "counts": {"web": 3.0, "work": 0.0}}
    assert serving_of({"a": summary, "never-proved": None}) == {"a.web": ("v1", 3), "a.work": ("v2", 0)}
    assert serving_of(None) == {}
    assert serving_of({"a": {"versions": {"web": "v1"}, "count": 1}}) == {"a.web": ("v1", 1)}


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
            serving = {label: (version, 2) for label, version in before["versions"].items()}
            change = Change(serving=serving, before=before, after=after)
            return change, [*refusal(change, shared, settings)] if change.apps else []

        return edited

    def test_an_edit_of_the_defaults_says_its_line(self, edited):
        change, (first, cause, *_) = edited(
            "apps/_defaults.yaml", "cmd: bin/web\ncount: 2\nenv:\n  TEAM: edge\n"
        )
        assert change.reaches_too_far(99)
        assert first == (
            "this update would replace or end 6 of the 6 instances that serve, in 3 apps (api, shop, x); "
            "maxReplaced is 50% (default)"
        )
        assert cause == "  because env.TEAM: 'core' -> 'edge' (apps/_defaults.yaml:4)"

    def test_it_says_both_ways_on(self, edited):
        change, (*_, one, all_) = edited("apps/_defaults.yaml", {"cmd": "bin/other", "count": 2})
        assert one == "  next: one app first: make rollout STACK=dev APP=api"
        assert all_ == f"  or all, by naming the change: pulumi config set approved {change.name} --stack dev"

    def test_an_edit_of_the_stacks_config(self, edited, project):
        file = project / "Pulumi.dev.yaml"
        text = file.read_text().replace("ami-00000000000000000", "ami-0abc1234")
        change, (_, cause, *_) = edited("Pulumi.dev.yaml", f"{text}  compute-instances:maxReplaced: 10%\n")
        assert change.reaches_too_far(99)
        assert "because imageId: 'ami-00000000000000000' -> 'ami-0abc1234' (Pulumi.dev.yaml:" in cause

    def test_a_count_of_the_defaults_that_ends_all(self, edited):
        change, (first, cause, *_, last) = edited(
            "apps/_defaults.yaml", "cmd: bin/web\ncount: 0\nenv: {TEAM: core}\n"
        )
        assert change.reaches_too_far(99)
        assert first.startswith("this update would replace or end 6 of the 6 instances that serve, in 3 ")
        assert cause == "  because count: '2' -> '0' (apps/_defaults.yaml:2)"
        assert last.startswith("  next: if all of them shall end, name the change: pulumi config set ")

    def test_counts_of_the_stacks_config_that_end_all(self, edited, project):
        text = (project / "Pulumi.dev.yaml").read_text()
        counts = "  compute-instances:counts:\n    api: 0\n    shop: 0\n    x: 1\n"
        change, (first, *causes, _, _, _) = edited("Pulumi.dev.yaml", text + counts)
        assert change.reaches_too_far(80)
        assert first.startswith("this update would replace or end 5 of the 6 ")
        assert [cause.partition(" (")[0] for cause in causes] == [
            "  because counts.api: now '0'",
            "  because counts.shop: now '0'",
            "  because counts.x: now '1'",
            "  because count: '2' holds no longer",
        ]

    def test_an_environment_of_the_defaults_that_ends_all(self, edited, project):
        (project / "Pulumi.prod.yaml").unlink()
        change, (_, cause, *_) = edited(
            "apps/_defaults.yaml",
            "cmd: bin/web\ncount: 2\nenv: {TEAM: core}\nenvironments:\n  dev:\n    count: 1\n",
        )
        assert (change.instances, change.reaches_too_far(49)) == (3, True)
        assert cause == "  because count: '2' -> '1' (apps/_defaults.yaml:6)"

    def test_a_key_that_two_apps_have_of_two_layers_is_told_of_both(self, edited, project, write):
        """The stack's config says x's count; what the defaults say of the others must not vanish by it."""
        with (project / "Pulumi.dev.yaml").open("a") as file:
            file.write("  compute-instances:counts: {x: 2}\n")
        _, (_, cause, *_) = edited("apps/_defaults.yaml", "cmd: bin/web\ncount: 1\nenv: {TEAM: core}\n")
        assert cause == "  because count: '2' -> '1' (apps/_defaults.yaml:2)"

    def test_an_apps_own_scale_in_is_its_own(self, edited):
        url = "https://slugs.example.com/x.tar.gz"
        change, _ = edited("apps/x.yaml", {"slug_url": url, "count": 0})
        assert (change.ended, change.shared_edit) == ({"x.web": 2}, {})

    def test_an_edit_of_bootstrap(self, now, monkeypatch):
        _, before, _ = now()
        monkeypatch.setitem(script._RUNTIME_PACKAGES, "none", ("curl",))
        _, after, shared = now()
        change = Change(serving={}, before=before, after=after)
        assert change.shared_edit == {label: f"2 x {version}" for label, version in after["versions"].items()}
        assert [*change.causes(shared)] == ["bootstrap: what every machine gets has changed"]

    @pytest.mark.parametrize("keys", [{"env": {"A": "b"}}, {"count": 3}, {"slug_url": "https://e.com/b.gz"}])
    def test_an_apps_own_edit_is_its_own(self, edited, keys):
        url = "https://slugs.example.com/x.tar.gz"
        assert not edited("apps/x.yaml", {"slug_url": url, **keys})[0].shared_edit

    def test_another_approval_is_said_to_be_of_another_change(self, edited, project):
        with (project / "Pulumi.dev.yaml").open("a") as file:
            file.write("  compute-instances:approved: plan-00000000\n")
        _, said = edited("apps/_defaults.yaml", {"cmd": "bin/other"})
        assert said[-3].startswith("  plan-00000000 (Pulumi.dev.yaml:")

    def test_of_many_apps_some_are_named(self, edited, write):
        for n in range(10):
            write(f"apps/more-{n}.yaml", {"slug_url": "https://slugs.example.com/a.tar.gz"})
        change, _ = edited("apps/_defaults.yaml", {"cmd": "bin/other", "count": 2})
        assert change.extent.startswith("26 of the 26 instances that serve, in 13 apps (api, more-0, ")
        assert change.extent.endswith(" more-4, 7 more)")
