import re
from copy import deepcopy
from dataclasses import replace

import pytest

from fleet.accepted import accepted_of
from fleet.explain import explain, values_of
from fleet.release import releases_of
from manifest import Origin, Said, load_apps, load_settings


@pytest.fixture
def now(project):
    def now():
        settings = load_settings(project, "dev")
        (release,) = releases_of(load_apps(project, settings), settings)
        vcpus = {process.name: "2" for process in release.app.processes}
        return release.app, {**accepted_of(release), "vcpus": vcpus}

    return now


@pytest.fixture
def said(now, project):
    """What is said where hello's file had these lines more, and has those now."""
    file = project / "apps/hello.yaml"
    shipped = file.read_text()

    def said(before, after):
        file.write_text(f"{shipped}{before}\n")
        _, old = now()
        file.write_text(f"{shipped}{after}\n")
        app, new = now()
        return [*explain(app, old, new)]

    return said


def version(accepted):
    return accepted["processes"]["web"]["version"]


def test_a_new_app(now):
    app, new = now()
    line, peak = explain(app, None, new)
    assert peak == "app hello:   at most 1 instance (2 vCPU) at once"
    assert line == f"app hello: new: web 1 x t3.micro of version {version(new)}"


@pytest.mark.parametrize("size", [12, 13])
def test_a_script_is_told_to_be_long_where_it_soon_is_too_long_to_go_as_it_is(now, size):
    app, new = now()
    new["processes"]["web"]["script"] = "x" * (size * 1024)
    line, _ = explain(app, None, new)
    assert line.endswith(", script 13.0 KiB") == (size == 13)


def test_a_value_from_no_file_says_its_layer(now, project):
    app, old = now()
    written = {**app.written, "count": Said("3", Origin("stack config", "Pulumi.dev.yaml", 0))}
    *_, cause = explain(replace(app, written=written), old, {**old, **values_of(written)})
    assert cause == "app hello:   because count: default -> '3' (stack config)"


def test_a_changed_value_says_key_file_and_line(now, project):
    _, old = now()
    with (project / "apps/hello.yaml").open("a") as file:
        file.write("env: {GREETING: hi}\n")
    app, new = now()
    effect, peak, cause = explain(app, old, new)
    assert effect == f"app hello: web: 1 of version {version(old)} replaced by 1 of {version(new)}"
    at_once = "at most 2 instances (4 vCPU) at once, since no old one goes before every new one is proved"
    assert peak == f"app hello:   {at_once}"
    assert cause == "app hello:   because env.GREETING: default -> 'hi' (apps/hello.yaml:7)"


def test_a_count_by_the_stacks_config_replaces_nothing(now, project):
    _, old = now()
    file = project / "Pulumi.dev.yaml"
    file.write_text(file.read_text() + "  compute-instances:counts:\n    hello: 3\n")
    app, new = now()
    lines = [*explain(app, old, new)]
    assert lines[0] == f"app hello: web: 1 -> 3 instances, version {version(old)} stays"
    assert lines[1].startswith("app hello:   because count: default -> '3' (Pulumi.dev.yaml:")


def test_a_deadline_replaces_nothing(said):
    lines = said("", "deploy: {healthy_deadline: 10m}")
    assert lines[0] == "app hello: no instance is replaced"
    assert "deploy.healthy_deadline: default -> '10m' (apps/hello.yaml:7)" in lines[1]


def test_a_changed_slug(now, project):
    _, old = now()
    with (project / "slugs/hello/bin/web").open("a") as file:
        file.write("# changed\n")
    app, new = now()
    assert any("because the slug's content: " in line for line in explain(app, old, new))


def test_a_changed_template_is_said_to_be_bootstraps(now):
    app, new = now()
    old = deepcopy(new)
    old["processes"]["web"]["version"] = "00000000"
    *_, cause = explain(app, old, new)
    assert cause == "app hello:   because bootstrap: what every machine gets has changed"


def test_a_value_taken_away_says_where_it_was(said):
    *_, cause = said("env: {GREETING: hi}", "")
    assert "because env.GREETING: 'hi' -> default (no longer in apps/hello.yaml)" in cause


def test_a_state_gives_none_back_as_nothing(now, project):
    file = project / "apps/hello.yaml"
    file.write_text(file.read_text().replace("source: ../slugs/hello", "slug_url: https://e.com/a.tar.gz"))
    app, new = now()
    assert new["slug"] is None
    kept = {key: value for key, value in new.items() if value is not None}
    assert [*explain(app, kept, kept)] == []


def test_a_comment_above_a_key_is_no_change(now, project):
    _, old = now()
    file = project / "apps/hello.yaml"
    file.write_text("# more\n" + file.read_text())
    assert now()[1] == old


def test_a_template_that_changed_is_said_beside_a_key_that_replaces_nothing(now, project):
    _, old = now()
    with (project / "apps/hello.yaml").open("a") as file:
        file.write("deploy: {healthy_deadline: 10m}\n")
    app, new = now()
    old["processes"]["web"]["version"] = "00000000"
    assert any("because bootstrap: " in line for line in explain(app, old, new))


def test_nothing_that_changed_is_no_line(now):
    app, new = now()
    assert [*explain(app, deepcopy(new), new)] == []


def test_from_a_url_to_a_folder_is_one_cause_and_no_content(now, project):
    file = project / "apps/hello.yaml"
    shipped = file.read_text()
    file.write_text(shipped.replace("source: ../slugs/hello", "slug_url: https://slugs.example.com/a.tar.gz"))
    _, old = now()
    file.write_text(shipped)
    app, new = now()
    assert not any("content" in line for line in explain(app, old, new))


def test_several_processes_their_waves_and_the_peak_of_all(said):
    effect, peak, *_ = said(
        "processes: {web: {count: 2}, worker: {cmd: bin/work}, old: {cmd: bin/old}}",
        "processes: {web: {count: 5}, worker: {cmd: bin/work}}\nenv: {A: b}",
    )
    assert re.search(r"web: 2 of version \w{8} replaced by 5 of \w{8}, started one after the other; ", effect)
    assert effect.endswith("; old goes: 1 x t3.micro")
    assert peak.startswith("app hello:   at most 10 instances (")  # 2 + 5 web, 1 + 1 worker, 1 old


@pytest.mark.parametrize("workers", [3, 1])
def test_a_process_that_stays_is_counted_once_and_whole_until_the_others_are_proved(said, workers):
    _, peak, *_ = said(
        "processes: {web: {count: 2}, worker: {cmd: bin/work, count: 3}}",
        f"processes: {{web: {{count: 2, port: 8080}}, worker: {{cmd: bin/work, count: {workers}}}}}",
    )
    assert peak.startswith("app hello:   at most 7 instances (14 vCPU) at once, ")


@pytest.mark.parametrize(
    "keys",
    [
        "tags: {team: core}",
        "deploy: {canary: 2}",
        "deploy: {max_parallel: 50%}",
        "allow_from: [10.0.0.0/8]",
        "processes: {web: {deploy: {canary: 2}}}",
    ],
)
def test_what_replaces_nothing_is_said_to_replace_nothing(now, project, keys):
    _, old = now()
    file = project / "apps/hello.yaml"
    lines = [line for line in file.read_text().splitlines() if not line.startswith("allow_from")]
    file.write_text("\n".join([*lines, keys, ""]))
    app, new = now()
    first, *causes = explain(app, old, new)
    assert first == "app hello: no instance is replaced"
    assert causes
    old["processes"]["web"]["version"] = "00000000"
    assert any("because bootstrap: " in line for line in explain(app, old, new))


def test_a_process_that_goes_runs_beside_the_one_that_comes(said):
    effect, peak, *_ = said(
        "processes: {web: {count: 2}, worker: {cmd: bin/work, count: 3}}",
        "processes: {web: {count: 2}, jobs: {cmd: bin/work, count: 3}}",
    )
    comes = "jobs is new: 3 x t3.micro, started one after the other"
    assert effect == f"app hello: {comes}; worker goes: 3 x t3.micro"
    assert peak.startswith("app hello:   at most 8 instances (16 vCPU) at once, since no old one goes ")


@pytest.mark.parametrize(("before", "after"), [(2, 5), (5, 2)])
def test_of_more_or_fewer_of_a_version_that_stays_no_peak_is_said(said, before, after):
    assert not [line for line in said(f"count: {before}", f"count: {after}") if "at once" in line]


@pytest.mark.parametrize(
    ("before", "after", "effect"),
    [
        (3, 0, "app hello: web: 3 -> 0 instances"),
        (0, 3, "app hello: web: 0 -> 3 instances, started one after the other"),
        (0, 0, "app hello: no instance is replaced"),
    ],
)
def test_where_there_was_or_will_be_none_none_is_replaced(said, before, after, effect):
    assert said(f"count: {before}", f"count: {after}\nenv: {{A: b}}")[0] == effect


def test_a_peak_says_no_vcpus_where_aws_did_not_tell_them(now):
    app, new = now()
    (_, peak) = explain(app, None, {**new, "vcpus": {}})
    assert peak == "app hello:   at most 1 instance at once"
