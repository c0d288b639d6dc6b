"""The processes of an app: which there are, and what each of them inherits from which layer."""

import pytest

SLUG = "slug_url: https://slugs.example.com/a.tar.gz"


@pytest.fixture
def processes(project):
    """The processes that these lines below a slug make, by their names."""

    def processes(*lines):
        project.write("apps/hello.yaml", SLUG, *lines)
        return {process.name: process for process in project.one().processes}

    return processes


WORKER = "processes: {worker: {cmd: bin/work}}"


@pytest.mark.parametrize(
    ("lines", "names"),
    [
        (["cmd: bin/web"], ["web"]),
        (["cmd: bin/web", "processes: {}"], ["web"]),
        (["cmd: bin/web", "processes: {zoo: {cmd: a}, api: {cmd: b}}"], ["api", "web", "zoo"]),
        (["cmd: bin/web", "processes: {web: {count: 2}}"], ["web"]),
        (["processes: {web: {cmd: bin/web}}"], ["web"]),
        ([WORKER], ["worker"]),
        (["cmd: a", WORKER, "environments: {dev: {processes: {worker: null}}}"], ["web"]),
        (["cmd: a", WORKER, "environments: {dev: {processes: null}}"], ["web"]),
        (["cmd: a", WORKER, "environments: {dev: {processes: {web: null}}}"], ["worker"]),
        (["cmd: a", WORKER, "environments: {dev: {cmd: null}}"], ["worker"]),
        ([WORKER, "environments: {dev: {processes: {cron: {cmd: c}}}}"], ["cron", "worker"]),
        ([WORKER, "environments: {dev: {cmd: a}}"], ["web", "worker"]),
    ],
)
def test_which_processes_there_are_in_the_order_of_their_names(processes, lines, names):
    assert [*processes(*lines)] == names


def test_the_commands_of_each(processes):
    both = processes("cmd: bin/web", WORKER)
    assert {name: process.cmd for name, process in both.items()} == {"web": "bin/web", "worker": "bin/work"}
    assert both["worker"].label == "hello.worker"


def test_the_apps_cmd_and_port_are_webs(processes):
    both = processes("cmd: bin/web", "port: 8080", WORKER)
    assert (both["web"].port, both["worker"].port) == (8080, None)
    assert processes("processes: {web: {cmd: a, port: 6000}}")["web"].port == 6000
    assert processes("processes: {web: {cmd: a}}")["web"].port == 5000


def test_the_rest_is_inherited_and_a_process_may_say_otherwise(processes):
    both = processes(
        "cmd: bin/web",
        "runtime: ruby",
        "count: 3",
        "packages: [imagemagick, ffmpeg]",
        "env: {A: app, B: app}",
        "tags: {team: core}",
        "deploy: {canary: 2, generation: 5}",
        "public_ip: false",
        "subnet: subnet-0000000a",
        "root_volume: {size: 20}",
        "processes:",
        "  worker:",
        "    cmd: bin/work",
        "    count: 1",
        "    packages: [jq]",
        "    env: {B: worker}",
        "    tags: {tier: back}",
        "    deploy: {canary: 0}",
        "    subnets: [subnet-0000000b]",
        "    root_volume: {type: gp2}",
    )
    web, worker = both["web"], both["worker"]
    assert (web.count, worker.count) == (3, 1)
    assert (web.packages, worker.packages) == (("imagemagick", "ffmpeg"), ("jq",))
    assert (web.env, worker.env) == ({"A": "app", "B": "app"}, {"A": "app", "B": "worker"})
    assert (web.tags, worker.tags) == ({"team": "core"}, {"team": "core", "tier": "back"})
    assert [one.deploy.canary for one in (web, worker)] == [2, 0]
    assert [one.subnets for one in (web, worker)] == [("subnet-0000000a",), ("subnet-0000000b",)]
    assert [(one.root_volume.size, one.root_volume.type) for one in (web, worker)] == [
        (20, "gp3"),
        (20, "gp2"),
    ]
    for one in (web, worker):
        assert (one.runtime, one.public_ip, one.deploy.generation) == ("ruby", False, 5)


def test_a_process_may_take_away_what_the_app_says(processes):
    both = processes(
        "cmd: a", "env: {A: x}", "processes: {worker: {cmd: b, env: null, count: null}}", "count: 3"
    )
    assert (both["web"].env, both["web"].count) == ({"A": "x"}, 3)
    assert (both["worker"].env, both["worker"].count) == ({}, 1)


class TestLayers:
    """In one layer the process's own keys win; a stronger layer wins as a whole."""

    def test_an_environment_stops_every_process(self, processes):
        both = processes(
            "cmd: a", "processes: {worker: {cmd: b, count: 4}}", "environments: {dev: {count: 0}}"
        )
        assert [one.count for one in both.values()] == [0, 0]

    def test_an_environment_may_name_the_process(self, processes):
        both = processes("cmd: a", WORKER, "environments: {dev: {count: 2, processes: {worker: {count: 7}}}}")
        assert [one.count for one in both.values()] == [2, 7]

    def test_the_apps_word_beats_the_defaults_word_for_a_process(self, project, processes):
        project.write("apps/_defaults.yaml", "processes: {worker: {runtime: node, env: {A: defaults}}}")
        assert processes(WORKER)["worker"].runtime == "node"
        assert processes(WORKER, "runtime: java")["worker"].runtime == "java"
        assert processes(WORKER, "env: {B: app}")["worker"].env == {"A": "defaults", "B": "app"}

    def test_the_defaults_may_bring_a_process(self, project, processes):
        project.write("apps/_defaults.yaml", "processes: {metrics: {cmd: bin/metrics}}")
        assert [*processes("cmd: a")] == ["metrics", "web"]
        assert [*processes("cmd: a", "processes: {metrics: null}")] == ["web"]

    @pytest.mark.parametrize("removed", ["processes: {worker: null}", "processes: null"])
    def test_what_was_removed_does_not_come_back(self, project, processes, removed):
        project.write("apps/_defaults.yaml", "processes: {worker: {cmd: old, env: {A: old}, count: 9}}")
        anew = "environments: {dev: {processes: {worker: {cmd: new}}}}"
        worker = processes("cmd: a", "env: {B: app}", removed, anew)["worker"]
        assert (worker.cmd, worker.env, worker.count) == ("new", {"B": "app"}, 1)

    def test_where_it_is_said_to_be_written(self, project, processes):
        processes("cmd: a", "processes:", "  worker:", "    cmd: b", "    env: {A: c}")
        assert project.written("processes.worker.cmd") == "b (app file, apps/hello.yaml:5)"
        assert project.written("processes.worker.env.A") == "c (app file, apps/hello.yaml:6)"


class TestWithoutAPort:
    """What an app says of ports is not meant for its process that has none."""

    def test_nobody_reaches_it_and_it_is_healthy_while_it_stays_up(self, processes):
        both = processes(
            "cmd: a", "allow_from: [10.0.0.0/8]", "healthcheck: {path: /up, interval: 2s}", WORKER
        )
        web, worker = both["web"], both["worker"]
        assert (web.allow_from, worker.allow_from) == (("10.0.0.0/8",), ())
        assert (web.healthcheck.path, worker.healthcheck.path) == ("/up", None)
        assert (web.healthcheck.interval, worker.healthcheck.interval) == (2, 2)
        assert (worker.port, worker.healthcheck.command) == (None, None)

    def test_with_a_port_all_of_it_is_meant(self, processes):
        port = "processes: {api: {cmd: b, port: 7000}}"
        api = processes("cmd: a", "allow_from: [10.0.0.0/8]", "healthcheck: /up", port)["api"]
        assert (api.port, api.allow_from, api.healthcheck.path) == (7000, ("10.0.0.0/8",), "/up")
        assert processes("cmd: a", port)["api"].healthcheck.path == "/"

    def test_the_apps_command_checks_it_too(self, processes):
        both = processes("cmd: a", "healthcheck: {command: bin/check}", WORKER)
        assert [one.healthcheck.command for one in both.values()] == ["bin/check", "bin/check"]
        assert [one.healthcheck.path for one in both.values()] == [None, None]

    def test_its_own_command_stands_beside_the_apps_path(self, processes):
        both = processes(
            "cmd: a", "healthcheck: /up", "processes: {worker: {cmd: b, healthcheck: {command: c}}}"
        )
        assert (both["web"].healthcheck.path, both["web"].healthcheck.command) == ("/up", None)
        assert (both["worker"].healthcheck.path, both["worker"].healthcheck.command) == (None, "c")
