"""What keys must be together, and at which place it is told."""

import pytest

LATE = "must be shorter than deploy.healthy_deadline, which is"
EARLY = "must be longer than"
START_TIMEOUT = "healthcheck.start_timeout, which is"


def problems(project, *lines):
    project.write("apps/hello.yaml", "slug_url: https://slugs.example.com/a", *lines)
    return [problem.removeprefix("apps/hello.yaml:") for problem in project.problems()]


WORKER = ["cmd: a", "processes:", "  worker:", "    cmd: b"]
"""The worker's own keys follow, on line 6."""


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        # of web alone
        (["cmd: a", "deploy: {min_healthy_time: 5m}"], [f"3: deploy.min_healthy_time: {LATE} 300 s"]),
        (
            ["cmd: a", "deploy: {healthy_deadline: 10s}"],
            [
                f"3: deploy.healthy_deadline: {EARLY} deploy.min_healthy_time, which is 10 s",
                f"3: deploy.healthy_deadline: {EARLY} {START_TIMEOUT} 60 s",
            ],
        ),
        (
            ["cmd: a", "healthcheck: {interval: 150s, threshold: 3}"],
            ["3: healthcheck.interval: 3 checks, 150 s apart, need 300 s; deploy.healthy_deadline is 300 s"],
        ),
        (["cmd: a", "healthcheck: {interval: 149s, threshold: 3}"], []),
        (
            ["cmd: a", "deploy: {healthy_deadline: 45s}", "healthcheck: {threshold: 10, start_timeout: 5s}"],
            ["4: healthcheck.threshold: 10 checks, 5 s apart, need 45 s; deploy.healthy_deadline is 45 s"],
        ),
        (
            [
                "cmd: a",
                "deploy: {healthy_deadline: 5s, min_healthy_time: 1s}",
                "healthcheck: {start_timeout: 1s}",
            ],
            ["3: deploy.healthy_deadline: must be longer: 2 checks, 5 s apart, need 5 s"],
        ),
        (["processes: {web: {count: 2}}"], ["2: processes.web.cmd: is missing"]),
        # of the worker alone
        (["processes:", "  worker: {count: 2}"], ["3: processes.worker.cmd: is missing"]),
        (["cmd: a", "processes:", "  worker: {}"], ["4: processes.worker.cmd: is missing"]),
        ([*WORKER, "    allow_from: [10.0.0.0/8]"], ["6: processes.worker.allow_from: needs a port"]),
        ([*WORKER, "    healthcheck: /up"], ["6: processes.worker.healthcheck: needs a port"]),
        (
            [*WORKER, "    healthcheck:", "      path: /up"],
            ["7: processes.worker.healthcheck.path: needs a port"],
        ),
        (
            [*WORKER, "    healthcheck: {start_timeout: 5m}"],
            [f"6: processes.worker.healthcheck.start_timeout: {LATE} 300 s"],
        ),
        # of what it inherits and what it says
        (
            [*WORKER, "    deploy: {healthy_deadline: 61s}", "healthcheck: {start_timeout: 61s}"],
            [f"6: processes.worker.deploy.healthy_deadline: {EARLY} {START_TIMEOUT} 61 s"],
        ),
        (
            [*WORKER, "    healthcheck: {start_timeout: 90s}", "deploy: {healthy_deadline: 80s}"],
            [f"6: processes.worker.healthcheck.start_timeout: {LATE} 80 s"],
        ),
        # of what both inherit, told once
        (
            [*WORKER, "deploy: {healthy_deadline: 60s}"],
            [f"6: deploy.healthy_deadline: {EARLY} {START_TIMEOUT} 60 s"],
        ),
        # of the release
        (
            ["port: 8000", "processes: {worker: {cmd: b}}"],
            ["2: port: is short for processes.web.port, and the app has no process web; say whose it is"],
        ),
        (["port: 8000", "processes: {web: {cmd: b}}"], []),
        (["port: 8000", "cmd: b"], []),
        ([*WORKER, "    source: ."], ["6: processes.worker.source: unknown key"]),
        ([*WORKER, "    name: x"], ["6: processes.worker.name: unknown key"]),
    ],
)
def test_where_it_is_told(project, lines, told):
    found = problems(project, *lines)
    assert [problem.partition(" (")[0] for problem in found] == told


def test_only_what_fits_alone_is_judged_together(project):
    found = problems(project, "deploy: {min_healthy_time: 5m}", "healthcheck: {threshold: 0}")
    assert found == ["3: healthcheck.threshold: must be 1 or more"]


def test_a_rule_of_another_stack(project):
    project.stack(name="prod")
    found = problems(project, "cmd: a", "environments:", "  prod: {deploy: {min_healthy_time: 10m}}")
    assert found == [f"4: environments.prod: deploy.min_healthy_time: {LATE} 300 s"]


def test_a_port_that_the_defaults_name_for_all_is_not_meant_for_an_app_without_web(project):
    project.write("apps/_defaults.yaml", "port: 8000")
    assert problems(project, "processes: {worker: {cmd: b}}") == []
    assert len(problems(project, "processes: {worker: {cmd: b}}", "port: 8000")) == 1


def test_an_environment_without_web_needs_no_port(project):
    project.stack(name="prod")
    lines = ["cmd: a", "port: 8000", "processes: {worker: {cmd: b}}", "environments:"]
    assert problems(project, *lines, "  prod: {processes: {web: null}}") == []


def test_a_rule_that_the_defaults_break(project):
    project.write("apps/_defaults.yaml", "", "healthcheck:", "  start_timeout: 5m")
    project.app()
    text = f"healthcheck.start_timeout: {LATE} 300 s"
    assert project.problem() == f"apps/_defaults.yaml:3: {text}"


def test_an_image_that_one_process_lacks(project):
    project.write(
        "Pulumi.dev.yaml",
        "config:",
        "  aws:region: eu-central-1",
        "  aws:allowedAccountIds: ['123456789012']",
    )
    missing = "image_id: is missing; name one here or in Pulumi.dev.yaml as imageId"
    assert problems(project, *WORKER, "    image_id: ami-12345678") == [f"1: {missing}"]
    assert problems(project, *WORKER, "image_id: ami-12345678") == []


def counted(project, *lines):
    project.stack("  shop:counts:", *lines)
    project.app("processes: {worker: {cmd: bin/work, count: 4}}")
    return project


def test_one_count_for_several_processes(project):
    text = (
        "counts.hello: the app has several processes (web, worker); "
        "say which: pulumi config set --path counts.hello.web 3"
    )
    assert counted(project, "    hello: 3").problem() == f"Pulumi.dev.yaml:6: {text}"


def test_a_count_of_each_process(project):
    app = counted(project, "    hello:", "      web: 3").one()
    assert [process.count for process in app.processes] == [3, 4]
    assert project.written("processes.web.count") == "3 (stack config, Pulumi.dev.yaml:7)"
    assert project.written("processes.worker.count") == "4 (app file, apps/hello.yaml:3)"


def test_a_count_of_a_process_that_is_not_there(project):
    text = "counts.hello.wrker: there is no such process (did you mean 'worker'?)"
    assert counted(project, "    hello: {wrker: 3}").problem() == f"Pulumi.dev.yaml:6: {text}"
