"""A fleet of twenty apps: what they share stands once, so that the tenth app is five lines."""

import pytest

DEFAULTS = """\
x-quiet: &quiet {count: 1, instance_type: t3.micro}
runtime: ruby
instance_type: t3.small
count: 3
env: {RACK_ENV: production, LOG_LEVEL: info}
tags: {team: core}
healthcheck: {path: /up, interval: 2s}
allow_from: [10.0.0.0/8]
deploy: {max_parallel: 50%, healthy_deadline: 10m}
environments:
  dev: {<<: *quiet, env: {LOG_LEVEL: debug}}
  local: *quiet
"""
PLAIN = """\
slug_url: https://slugs.example.com/{name}.tar.gz
cmd: bin/web --app {name}
env: {{DATABASE: {name}}}
tags: {{cost-center: "{number}"}}
port: {port}
"""
WITH_WORKERS = """\
x-worker: &worker {{healthcheck: {{command: bin/alive}}, instance_type: t3.medium}}
slug_url: https://slugs.example.com/{name}.tar.gz
processes:
  mail: {{<<: *worker, cmd: bin/work mail}}
  push: {{<<: *worker, cmd: bin/work push, count: 5}}
"""
NAMES = [f"app-{number:02}" for number in range(20)]


@pytest.fixture
def fleet(project):
    """Fifteen web apps and five of two workers, on three stacks."""
    for stack in ("local", "prod"):
        project.stack(name=stack)
    (project.root / "apps/hello.yaml").unlink()
    project.write("apps/_defaults.yaml", DEFAULTS)
    for number, name in enumerate(NAMES):
        text = (WITH_WORKERS if number % 4 == 3 else PLAIN).format(
            name=name, number=number, port=5000 + number
        )
        (project.root / f"apps/{name}.yaml").write_text(text)
        assert len(text.splitlines()) == 5
    return project


def processes(fleet, stack):
    return {process.label: process for app in fleet.apps(stack) for process in app.processes}


@pytest.mark.parametrize("stack", ["dev", "local", "prod"])
def test_twenty_apps_of_five_lines_each(fleet, stack):
    assert [app.name for app in fleet.apps(stack)] == NAMES
    assert len(processes(fleet, stack)) == 15 + 5 * 2


def test_each_has_what_all_share_and_what_it_says(fleet):
    web = processes(fleet, "prod")["app-09.web"]
    assert web.env == {"RACK_ENV": "production", "LOG_LEVEL": "info", "DATABASE": "app-09"}
    assert web.tags == {"team": "core", "cost-center": "9"}
    assert (web.cmd, web.port, web.count, web.instance_type) == ("bin/web --app app-09", 5009, 3, "t3.small")
    assert (web.healthcheck.path, web.healthcheck.interval, web.allow_from) == ("/up", 2, ("10.0.0.0/8",))
    assert (web.deploy.max_parallel, web.deploy.healthy_deadline) == ("50%", 600)


def test_an_anchor_spares_the_workers_words(fleet):
    mail, push = (processes(fleet, "prod")[f"app-03.{name}"] for name in ("mail", "push"))
    for worker in (mail, push):
        assert (worker.instance_type, worker.healthcheck.command) == ("t3.medium", "bin/alive")
        assert (worker.port, worker.healthcheck.path, worker.allow_from) == (None, None, ())
    assert (mail.cmd, mail.count, push.cmd, push.count) == ("bin/work mail", 3, "bin/work push", 5)


def test_an_anchor_spares_the_environments_words(fleet):
    dev, local = (processes(fleet, stack)["app-00.web"] for stack in ("dev", "local"))
    assert (dev.count, local.count) == (1, 1)
    assert (dev.instance_type, local.instance_type) == ("t3.micro", "t3.micro")
    assert (dev.env["LOG_LEVEL"], local.env["LOG_LEVEL"]) == ("debug", "info")
    assert {one.count for one in processes(fleet, "dev").values()} == {1}


def test_one_line_for_all_changes_all(fleet):
    fleet.write("apps/_defaults.yaml", DEFAULTS.replace("runtime: ruby", "runtime: java"))
    assert {process.runtime for process in processes(fleet, "prod").values()} == {"java"}


def test_a_value_is_told_where_it_stands(fleet):
    app = fleet.apps("dev")[3]
    assert str(app.written["count"][1]) == "environments.dev, apps/_defaults.yaml:1"
    assert str(app.written["processes.push.count"][1]) == "app file, apps/app-03.yaml:5"
    assert str(app.written["processes.push.instance_type"][1]) == "app file, apps/app-03.yaml:1"


def test_a_fault_for_all_is_told_once_and_one_of_one_app_at_its_line(fleet):
    fleet.write("apps/_defaults.yaml", DEFAULTS.replace("interval: 2s", "interval: 2"))
    fleet.write("apps/app-07.yaml", WITH_WORKERS.format(name="app-07").replace("count: 5", "count: five"))
    assert fleet.problems("prod") == [
        "apps/_defaults.yaml:7: healthcheck.interval: must be a duration such as 10s, 5m or 1h",
        "apps/app-07.yaml:5: processes.push.count: must be a whole number",
    ]
