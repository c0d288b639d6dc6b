"""Kinds of values with a form of their own: what is taken, as what, and what is not."""

import pytest

CODES = "must be HTTP statuses such as 200-399 or 200,204"
SHARE = "must be a number of instances from 1 up, or a share such as 25%"
DURATION = "must be a duration such as 10s, 5m or 1h"
PACKAGE = "must be a Debian package such as imagemagick"
TAG = "must hold only letters, digits, blanks and _ . : / = + - @"
TAKEN = "is not yours to set: Name, compute-instances:... and aws:... are taken"


@pytest.mark.parametrize(
    ("codes", "ranges"),
    [
        ("200", [(200, 200)]),
        ("'200'", [(200, 200)]),
        ("100-599", [(100, 599)]),
        ("200-200", [(200, 200)]),
        ("200-299,404", [(200, 299), (404, 404)]),
        ("'200,204'", [(200, 200), (204, 204)]),
    ],
)
def test_codes(project, codes, ranges):
    project.app(f"healthcheck: {{success_codes: '{codes}'}}".replace("''", "'"))
    assert project.process().healthcheck.success_ranges == ranges
    project.app(f"healthcheck:\n  success_codes: {codes}")
    assert project.process().healthcheck.success_ranges == ranges


@pytest.mark.parametrize("share", ["1", "1000", "1%", "25%", "100%", "'25%'"])
def test_shares(project, share):
    project.app(f"deploy: {{max_parallel: {share}}}")
    plain = share.strip("'")
    assert project.process().deploy.max_parallel == (int(plain) if plain.isdigit() else plain)


@pytest.mark.parametrize(("text", "seconds"), [("1s", 1), ("90s", 90), ("2m", 120), ("1h", 3600)])
def test_durations(project, text, seconds):
    project.app(f"healthcheck: {{interval: {text}, timeout: {text}, threshold: 1}}")
    check = project.process().healthcheck
    assert (check.interval, check.timeout) == (seconds, seconds)


@pytest.mark.parametrize("package", ["jq", "g++", "libc6-dev", "python3.11-venv", "0ad"])
def test_packages(project, package):
    project.app(f"packages: [{package}]")
    assert project.process().packages == (package,)


@pytest.mark.parametrize(
    ("tags", "carried"),
    [
        ("{team: core}", {"team": "core"}),
        ("{team: '', cost: 42}", {"team": "", "cost": "42"}),
        ("{'a b_c.d:e/f=g+h-i@j': 'Zürich 東京'}", {"a b_c.d:e/f=g+h-i@j": "Zürich 東京"}),
        (f"{{{'k' * 128}: {'v' * 256}}}", {"k" * 128: "v" * 256}),
        ("{name: x, NAME: y}", {"name": "x", "NAME": "y"}),
        (str({f"k{n}": "v" for n in range(44)}), {f"k{n}": "v" for n in range(44)}),
    ],
)
def test_tags(project, tags, carried):
    project.app(f"? tags\n: {tags}")
    assert project.process().tags == carried


def refused(project, line):
    project.app(line)
    return project.problem().partition(": ")[2]


NO_CODES = [
    "",
    "99",
    "600",
    "2xx",
    "200-",
    "-200",
    "200 - 299",
    "200, 204",
    "200,",
    "200-299-399",
    "\u0662\u0660\u0660",
]
NO_SHARES = ["0", "-1", "0%", "101%", "'25'", "25 %", "half", "'2.5%'", "'\u0662%'"]
NO_DURATIONS = ["0s", "05s", "5", "5d", "5 s", "1m30s", "-5s", "5S", "100000s", "\u0665s"]
NO_PACKAGES = [
    "",
    "x",
    "-n",
    "--force",
    "Jq",
    "jq=1.6",
    "jq/sid",
    "jq jq",
    "$(id)",
    "`id`",
    "jq\\n",
    "\u00e92",
]


@pytest.mark.parametrize("codes", NO_CODES)
def test_no_codes(project, codes):
    assert (
        refused(project, f"healthcheck: {{success_codes: '{codes}'}}")
        == f"healthcheck.success_codes: {CODES}"
    )


@pytest.mark.parametrize("share", NO_SHARES)
def test_no_shares(project, share):
    assert refused(project, f"deploy: {{max_parallel: {share}}}") == f"deploy.max_parallel: {SHARE}"


@pytest.mark.parametrize("text", NO_DURATIONS)
def test_no_durations(project, text):
    assert refused(project, f"healthcheck: {{interval: {text}}}") == f"healthcheck.interval: {DURATION}"


@pytest.mark.parametrize("package", NO_PACKAGES)
def test_no_packages(project, package):
    assert refused(project, f'packages: ["{package}"]') == f"packages[0]: {PACKAGE}"


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("healthcheck: {success_codes: 2000}", f"healthcheck.success_codes: {CODES}"),
        (
            "healthcheck: {success_codes: '200,399-200'}",
            "healthcheck.success_codes: 399-200 begins above its end",
        ),
        ("packages: [jq, curl, jq]", "packages: names jq twice"),
        ("subnets: [subnet-0000000a, subnet-0000000a]", "subnets: names subnet-0000000a twice"),
        (f"env:\n  ? {'N' * 256}\n  : x", f"env.{'N' * 256}: must have at most 255 characters"),
        ("tags: {Name: x}", f"tags.Name: {TAKEN}"),
        ("tags: {'compute-instances:app': x}", f"tags.compute-instances:app: {TAKEN}"),
        ("tags: {'AWS:x': y}", f"tags.AWS:x: {TAKEN}"),
        ("tags: {'': x}", "tags.: must not be empty"),
        ("tags: {'a\"b': c}", f'tags.a"b: {TAG}'),
        ("tags: {a: '$(id)'}", f"tags.a: {TAG}"),
        ("tags: {a: '{{7*7}}'}", f"tags.a: {TAG}"),
        ('tags: {a: "b\\nc"}', f"tags.a: {TAG}"),
        ("tags: {a: true}", "tags.a: must be text; quote it"),
        (f"tags: {{a: {'v' * 257}}}", "tags.a: must have at most 256 characters"),
    ],
)
def test_what_else_is_refused(project, line, problem):
    assert refused(project, line) == problem


def test_a_tag_whose_key_is_too_long(project):
    project.app("tags:", f"  ? {'k' * 129}", "  : v")
    assert project.problem() == f"apps/hello.yaml:4: tags.{'k' * 129}: must have at most 128 characters"


def test_a_value_of_any_length_is_told_in_bounds(project):
    project.app(f"name: {'n' * 100_000}")
    problem = project.problem()
    assert problem.startswith("apps/hello.yaml:3: name: 'nnn")
    assert problem.endswith("nnn... (100090 characters)")
    assert len(problem) < 1100


def test_tags_of_app_and_process_are_counted_together(project):
    own = {f"k{n}": "v" for n in range(23)}
    project.app(f"tags: {own}", "processes:", f"  web: {{tags: {dict.fromkeys(map(str.upper, own), 'v')}}}")
    assert project.problem() == "apps/hello.yaml:5: processes.web.tags: must have at most 44 entries"


def test_generation_counts_up(project):
    assert project.process().deploy.generation == 1
    project.app("deploy: {generation: 12}")
    assert project.process().deploy.generation == 12
