"""All apps of a stack together."""

import os


def test_apps_come_in_the_order_of_their_names(project):
    project.app("name: zebra", name="b")
    project.app(name="api-2")
    project.app(name="api")
    assert [app.name for app in project.apps()] == ["api", "api-2", "hello", "zebra"]


def test_no_apps_are_no_problem(project):
    (project.root / "apps/hello.yaml").unlink()
    assert project.apps() == ()


def test_a_folder_without_apps_is_not_taken_for_an_empty_fleet(project):
    (project.root / "apps/hello.yaml").unlink()
    (project.root / "apps").rmdir()
    assert project.problem() == "apps: there is no such folder here; it holds a file per app"


def test_what_looks_like_an_app_is_not_passed_over(project):
    (project.root / "apps/shop.yml").touch()
    (project.root / "apps/API.YAML").touch()
    (project.root / "apps/folder.yaml").mkdir()
    (project.root / "apps/gone.yaml").symlink_to("nowhere")
    assert project.problems() == [
        "apps/API.YAML: is not read; call it .yaml",
        "apps/folder.yaml: is no file",
        "apps/gone.yaml: is no file",
        "apps/shop.yml: is not read; call it .yaml",
    ]


def test_problems_of_all_files_are_reported_together_in_their_order(project):
    project.app("on: count", name="zebra")
    project.app("port: 0", "count: -1")
    project.write("apps/_defaults.yaml", "runtime: none")
    project.write("apps/api.yaml", "- a list")
    assert project.problems() == [
        "apps/api.yaml:1: must be a map of keys and values",
        "apps/hello.yaml:3: port: must be 1024 or more",
        "apps/hello.yaml:4: count: must be 0 or more",
        "apps/zebra.yaml:3: a key must be text; quote it: 'on'",
    ]


def test_a_problem_of_the_defaults_is_told_once_and_first(project):
    project.app(name="api")
    project.write("apps/_defaults.yaml", "env: {A: on}")
    assert project.problem().startswith("apps/_defaults.yaml:1: YAML reads on")
    project.write("apps/_defaults.yaml", "env: {A: true}", "environments: {eu: {}}")
    assert project.problems() == [
        "apps/_defaults.yaml:1: env.A: must be text; quote it",
        "apps/_defaults.yaml:2: environments.eu: there is no Pulumi.eu.yaml, so no such stack (known: dev)",
    ]


def test_an_empty_app_file(project):
    project.write("apps/hello.yaml", "# soon")
    assert project.problems() == [
        "apps/hello.yaml:1: cmd: is missing",
        "apps/hello.yaml:1: needs one of slug_url and source",
    ]


def test_a_file_named_as_no_app_may_be(project):
    project.app(name="Hello World")
    assert project.problem().startswith(
        "apps/Hello World.yaml:1: name: 'Hello World' must begin with a letter"
    )


def test_a_file_whose_name_is_no_text(project):
    for name in (b"apps/\xff.yaml", b"apps/a\nb.yaml"):
        (project.root / os.fsdecode(name)).write_text("slug_url: https://slugs.example.com/a\ncmd: a\n")
    assert project.problems() == [
        r"apps/a\nb.yaml: has a name that cannot be printed",
        r"apps/\udcff.yaml: has a name that cannot be printed",
    ]


def test_two_files_of_one_name(project):
    project.write("apps/_defaults.yaml", "cmd: bin/web")
    project.write("apps/api.yaml", "slug_url: https://slugs.example.com/a", "name: hello")
    both = "both make an app 'hello'"
    assert project.problem() == f"apps/hello.yaml:1: name: apps/api.yaml and apps/hello.yaml {both}"
    project.write("apps/zebra.yaml", "slug_url: https://slugs.example.com/a", "name: hello")
    told = f"apps/zebra.yaml:2: name: apps/api.yaml and apps/zebra.yaml {both}"
    assert told in project.problems()


def test_a_name_for_all_apps_is_told_where_it_was_written(project):
    project.write("apps/_defaults.yaml", "count: 1", "name: site")
    project.app(name="api")
    told = "name: apps/api.yaml and apps/hello.yaml both make an app 'site'"
    assert project.problem() == f"apps/_defaults.yaml:2: {told}"


def test_an_environment_without_a_stack(project):
    project.stack(name="prod")
    project.app("environments:", "  dev: {count: 2}", "  prd: {count: 2}")
    text = "there is no Pulumi.prd.yaml, so no such stack (did you mean 'prod'?)"
    assert project.problem() == f"apps/hello.yaml:5: environments.prd: {text}"


def test_environments_that_are_none(project):
    project.app("environments: [dev]")
    assert project.problem() == "apps/hello.yaml:3: environments: must be a map of stacks"
    project.app("environments: {dev: 2}")
    assert project.problem() == "apps/hello.yaml:3: environments.dev: must be a map of keys"


def test_an_environment_within_an_environment(project):
    project.app("environments:", "  dev:", "    environments: {prod: {}}")
    assert project.problem().startswith("apps/hello.yaml:5: environments: unknown key (")


def test_the_environment_of_another_stack_is_judged_too(project):
    project.stack(name="prod")
    project.app("environments:", "  prod:", "    instance_typ: m7i.large", "    port: 0")
    assert project.problems("dev") == [
        "apps/hello.yaml:5: environments.prod: instance_typ: unknown key (did you mean 'instance_type'?)",
        "apps/hello.yaml:6: environments.prod: port: must be 1024 or more",
    ]


def test_a_problem_of_every_stack_is_told_once(project):
    project.stack(name="prod")
    project.app("port: 0", "environments:", "  prod: {count: 2}")
    assert project.problems("dev") == ["apps/hello.yaml:3: port: must be 1024 or more"]


def test_what_holds_for_the_stack_is_judged_on_the_stack_only(project):
    """Another stack's imageId is its own affair."""
    project.write("Pulumi.prod.yaml", "config: {}")
    project.app("environments: {prod: {count: 2}}")
    assert project.problems("dev") == []


def test_counts_of_an_app_that_is_not_there(project):
    project.stack("  shop:counts:", "    hello: 1", "    helo: 3")
    assert project.problem() == "Pulumi.dev.yaml:7: counts.helo: there is no such app (did you mean 'hello'?)"


def test_counts_of_a_process_that_is_not_there(project):
    project.stack("  shop:counts:", "    hello:", "      web: 1", "      wbe: 3")
    assert (
        project.problem()
        == "Pulumi.dev.yaml:8: counts.hello.wbe: there is no such process (did you mean 'web'?)"
    )


def test_counts_of_an_app_whose_file_is_wrong_are_not_judged(project):
    project.stack("  shop:counts: {hello: 1, api: 3}")
    project.app("port: 0")
    assert project.problem() == "apps/hello.yaml:3: port: must be 1024 or more"
