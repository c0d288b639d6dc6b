"""Short forms: written out in each layer, so that one layer may be short where another is long."""

import pytest

SUBNET = "subnet-0000000a"
OTHER = "subnet-0000000b"


@pytest.mark.parametrize(
    ("defaults", "app", "subnets"),
    [
        ("", f"subnet: {SUBNET}", (SUBNET,)),
        (f"subnets: [{OTHER}]", f"subnet: {SUBNET}", (SUBNET,)),
        (f"subnet: {OTHER}", f"subnets: [{SUBNET}, {OTHER}]", (SUBNET, OTHER)),
        (f"subnet: {OTHER}", "subnet: null", ()),
        (f"subnets: [{OTHER}]", "subnet: null", ()),
        (f"subnet: {OTHER}", "subnets: null", ()),
        (f"subnet: {OTHER}", f"processes: {{web: {{subnet: {SUBNET}}}}}", (SUBNET,)),
    ],
)
def test_one_subnet(project, defaults, app, subnets):
    project.write("apps/_defaults.yaml", defaults)
    project.app(app)
    assert project.process().subnets == subnets


@pytest.mark.parametrize(
    ("defaults", "app", "check"),
    [
        ("", "healthcheck: /up", ("/up", None, 5)),
        ("healthcheck: {interval: 2s}", "healthcheck: /up", ("/up", None, 2)),
        ("healthcheck: /up", "healthcheck: {interval: 2s}", ("/up", None, 2)),
        ("healthcheck: /up", "healthcheck: /health", ("/health", None, 5)),
        ("healthcheck: /up", "healthcheck: {command: bin/check}", (None, "bin/check", 5)),
        ("healthcheck: {command: bin/check}", "healthcheck: /up", ("/up", None, 5)),
        ("healthcheck: {command: bin/check}", "healthcheck: {path: /up}", ("/up", None, 5)),
        ("healthcheck: {command: a, interval: 2s}", "healthcheck: {command: b}", (None, "b", 2)),
        ("healthcheck: {command: a, interval: 2s}", "healthcheck: {command: null}", ("/", None, 2)),
        ("healthcheck: {command: a, interval: 2s}", "healthcheck: null", ("/", None, 5)),
        ("healthcheck: /up", "processes: {web: {healthcheck: {command: a}}}", (None, "a", 5)),
        ("processes: {web: {healthcheck: /web}}", "healthcheck: /up", ("/up", None, 5)),
    ],
)
def test_a_healthcheck(project, defaults, app, check):
    project.write("apps/_defaults.yaml", defaults)
    project.app(app)
    made = project.process().healthcheck
    assert (made.path, made.command, made.interval) == check


def test_what_is_written_short_is_told_where_it_stands(project):
    project.app(f"subnet: {SUBNET}", "healthcheck: /up")
    assert project.written("subnets") == f"['{SUBNET}'] (app file, apps/hello.yaml:3)"
    assert project.written("healthcheck.path") == "/up (app file, apps/hello.yaml:4)"


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("subnet: x", "subnet: must be a subnet id such as subnet-0abc1234"),
        ("subnet: [x]", "subnet: must be text"),
        ("subnetss: x", "subnetss: unknown key (did you mean 'subnets'?)"),
        ("subne: x", "subne: unknown key (did you mean 'subnet'?)"),
        (
            "processes: {web: {subnet: x}}",
            "processes.web.subnet: must be a subnet id such as subnet-0abc1234",
        ),
        ("processes: {web: {subne: x}}", "processes.web.subne: unknown key (did you mean 'subnet'?)"),
        (
            "processes: {web: {healthcheck: up}}",
            "processes.web.healthcheck: must be a path in printable ASCII such as /health",
        ),
    ],
)
def test_what_is_wrong_is_told_under_the_name_that_was_written(project, line, problem):
    project.app(line)
    assert project.problem() == f"apps/hello.yaml:3: {problem}"


TWO_SUBNETS = f"subnet: {SUBNET}, subnets: [{OTHER}]"
TWO_CHECKS = "healthcheck: {path: /up, command: bin/check}"
ANOTHER_WAY = "command is another way to check; name one of them"


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        (f"{{{TWO_SUBNETS}}}", "subnet: is short for subnets, which stands here too"),
        (
            f"{{processes: {{web: {{{TWO_SUBNETS}}}}}}}",
            "processes.web.subnet: is short for subnets, which stands here too",
        ),
        (f"{{{TWO_CHECKS}}}", f"healthcheck.path: {ANOTHER_WAY}"),
        (f"{{processes: {{web: {{{TWO_CHECKS}}}}}}}", f"processes.web.healthcheck.path: {ANOTHER_WAY}"),
        (
            "{cmd: a, processes: {web: {cmd: b}}}",
            "cmd: is short for processes.web.cmd, which stands here too",
        ),
        (
            "{port: 5000, processes: {web: {port: 6000}}}",
            "port: is short for processes.web.port, which stands here too",
        ),
    ],
)
def test_one_layer_says_a_thing_once(project, line, problem):
    """In the app's file, in the defaults, and in an environment alike."""
    slug = "{slug_url: https://slugs.example.com/a, " + ("" if "cmd: a" in line else "cmd: a, ")
    project.write("apps/hello.yaml", slug + line.removeprefix("{"))
    assert project.problem() == f"apps/hello.yaml:1: {problem}"
    project.app("environments:", f"  dev: {line}")
    assert project.problem() == f"apps/hello.yaml:4: {problem}"
    project.app()
    project.write("apps/_defaults.yaml", line)
    assert project.problem() == f"apps/_defaults.yaml:1: {problem}"


def test_two_layers_may_say_it_differently(project):
    project.write("apps/_defaults.yaml", "cmd: a", "port: 6000", "healthcheck: /up")
    project.write(
        "apps/hello.yaml",
        "slug_url: https://slugs.example.com/a",
        "processes: {web: {cmd: b, port: 7000, healthcheck: {command: c}}}",
    )
    process = project.process()
    assert (process.cmd, process.port, process.healthcheck.command) == ("b", 7000, "c")
