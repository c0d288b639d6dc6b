"""Each key of an app file, wrong: what is said of it, word for word. The wrong text stands on line 3."""

import pytest

SHA256 = "a" * 64

NAME = "must begin with a letter and hold only a-z, 0-9 and '-'"
PATH = "must be a path in printable ASCII such as /health"
DURATION = "must be a duration such as 10s, 5m or 1h"
CARRIED = "cannot end with a blank, nor hold NUL: runit's envdir would not carry it"
RANGE = "must be a range of addresses such as 203.0.113.0/24"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("cmdd: x", "3: cmdd: unknown key (did you mean 'cmd'?)"),
        ('"cmd\\n": x', "3: cmd\\n: unknown key (did you mean 'cmd'?)"),
        ("enviroments: {}", "3: enviroments: unknown key (did you mean 'environments'?)"),
        (
            "deploy: {healty_deadline: 5m}",
            "3: deploy.healty_deadline: unknown key (did you mean 'healthy_deadline'?)",
        ),
        (
            "deploy: {qqq: 1}",
            (
                "3: deploy.qqq: unknown key (known: canary, generation, healthy_deadline, "
                "max_parallel, min_healthy_time)"
            ),
        ),
        (
            "processes: {deploy: {cuont: 3}}",
            "3: processes.deploy.cuont: unknown key (did you mean 'count'?)",
        ),
        (
            "processes: {deploy: {deploy: {cnary: 3}}}",
            "3: processes.deploy.deploy.cnary: unknown key (did you mean 'canary'?)",
        ),
        ("healthcheck:\n  pth: /", "4: healthcheck.pth: unknown key (did you mean 'path'?)"),
        ("name: Hello", f"3: name: 'Hello' {NAME}"),
        ("name: 9lives", f"3: name: '9lives' {NAME}"),
        ("name: a.b", f"3: name: 'a.b' {NAME}"),
        (
            f"name: {'n' * 24}",
            f"3: name: '{'n' * 24}' has 24 characters; AWS names made from it have room for 23",
        ),
        ("name: null", "3: name: is missing"),
        ("image_id: ami-1", "3: image_id: must be an image id such as ami-0abc1234"),
        ("image_id: [ami-12345678]", "3: image_id: must be text"),
        ("instance_type: t3", "3: instance_type: must be an EC2 instance type such as t3.micro"),
        ("subnet: subnet-x", "3: subnet: must be a subnet id such as subnet-0abc1234"),
        ("key_name: ''", "3: key_name: must not be empty"),
        (f"key_name: {'k' * 256}", "3: key_name: must have at most 255 characters"),
        (
            f"slug_sha256: {SHA256[1:]}",
            "3: slug_sha256: must be 64 hex digits, as sha256sum prints them",
        ),
        ("runtime: perl", "3: runtime: must be one of 'none', 'ruby', 'python', 'node' or 'java'"),
        ("count: three", "3: count: must be a whole number"),
        ("count: '3'", "3: count: must be a whole number; take the quotes away"),
        ("public_ip: 'false'", "3: public_ip: must be true or false; take the quotes away"),
        ("public_ip: 'no'", "3: public_ip: must be true or false"),
        ("count: 1e3", "3: count: must be a whole number"),
        ("count: true", "3: count: must be a whole number"),
        ("count: -1", "3: count: must be 0 or more"),
        ("count: 1001", "3: count: must be 1000 or less"),
        ("port: 0", "3: port: must be 1024 or more"),
        ("port: 65536", "3: port: must be 65535 or less"),
        ("env: [A]", "3: env: must be a map"),
        ("env: {A-B: c}", "3: env.A-B: must be a name of letters, digits and _"),
        ("env: {1A: c}", "3: env.1A: must be a name of letters, digits and _"),
        ("env: {PORT: 1}", "3: env.PORT: comes from the key port"),
        ("env: {A: true}", "3: env.A: must be text; quote it"),
        ("env: {A: [b]}", "3: env.A: must be text"),
        ("env:\n  A: 'b '", f"4: env.A: {CARRIED}"),
        ('env:\n  A: "b\\t"', f"4: env.A: {CARRIED}"),
        ('env:\n  A: "b\\0c"', f"4: env.A: {CARRIED}"),
        ("healthcheck: x", f"3: healthcheck: {PATH}"),
        ("healthcheck: /a b", f"3: healthcheck: {PATH}"),
        ("healthcheck: /\u00e4", f"3: healthcheck: {PATH}"),
        ("healthcheck: 5", "3: healthcheck: must be a path such as /up, or a map"),
        ("healthcheck:\n  start_timeout: 60", f"4: healthcheck.start_timeout: {DURATION}"),
        ("deploy: {min_healthy_time: 0s}", f"3: deploy.min_healthy_time: {DURATION}"),
        ("deploy: {healthy_deadline: 100000h}", f"3: deploy.healthy_deadline: {DURATION}"),
        (
            "deploy: {min_healthy_time: 5m}",
            "3: deploy.min_healthy_time: must be shorter than deploy.healthy_deadline, which is 300 s",
        ),
        ("allow_from: 0.0.0.0/0", "3: allow_from: must be a list"),
        (
            "allow_from:\n- 10.0.0.0/8\n- 10.0.0.1/8",
            f"5: allow_from[1]: {RANGE}: 10.0.0.1/8 has host bits set",
        ),
        ("allow_from: [x]", f"3: allow_from[0]: {RANGE}: 'x' does not appear to be an IPv4 or IPv6 network"),
        ("allow_from: [5]", "3: allow_from[0]: must be text; quote it"),
        ("allow_from: [10.0.0.1, 10.0.0.1/32]", "3: allow_from: names 10.0.0.1/32 twice"),
    ],
)
def test_a_wrong_key(project, text, problem):
    project.app(text)
    assert project.problem() == f"apps/hello.yaml:{problem}"


@pytest.mark.parametrize(
    ("cmd", "problem"),
    [
        ("cmd: ' '", "must be a command, such as bin/web"),
        ('cmd: "a\\nb"', "must be one line without control characters; put more into a script of the slug"),
        ('cmd: "a\\eb"', "must be one line without control characters; put more into a script of the slug"),
        ("cmd: 5", "must be text; quote it"),
        ("cmd: null", "is missing"),
    ],
)
def test_a_wrong_command(project, cmd, problem):
    project.write("apps/hello.yaml", "slug_url: https://slugs.example.com/a.tar.gz", cmd)
    assert project.problem() == f"apps/hello.yaml:2: cmd: {problem}"


def test_without_a_command(project):
    project.write("apps/hello.yaml", "slug_url: https://slugs.example.com/a.tar.gz")
    assert project.problem() == "apps/hello.yaml:1: cmd: is missing"


SHAPE = "must be https://HOST/PATH or s3://BUCKET/KEY"
ASCII = "must hold only printable ASCII without blanks, quotes and backslashes; encode others as %20"
SECRET = (
    "must hold no user, password or token: the script, the state and previews show it; "
    "use s3:// for what is private"
)
S3 = "must be s3://BUCKET/KEY of letters, digits, '-', '_' and '.' (no '.' in BUCKET)"


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("http://slugs.example.com/a", SHAPE),
        ("https://slugs.example.com", SHAPE),
        ("https:///a", SHAPE),
        ("s3://bucket", SHAPE),
        ("https://slugs.example.com/a b", ASCII),
        ("https://slugs.example.com/ä", ASCII),
        ('https://slugs.example.com/"', ASCII),
        ("https://slugs.example.com/\\", ASCII),
        ("https://[slugs/a", SHAPE),
        ("https://slugs.example.com:http/a", SHAPE),
        ("https://slugs.example.com:65536/a", SHAPE),
        ("https://u:secret@slugs.example.com/a", SECRET),
        ("https://token@slugs.example.com/a", SECRET),
        ("https://@slugs.example.com/a", SECRET),
        ("s3://token@bucket/a", SECRET),
        ("s3://bucket/a*b", S3),
        ("s3://bucket/${aws:username}", S3),
        ("s3://bucket/a?versionId=b", S3),
        ("s3://bucket/a/../b", S3),
        ("s3://bucket//a", S3),
        ("s3://bu.cket/a", S3),
        ("s3://bucket:443/a", S3),
    ],
)
def test_a_wrong_slug_url(project, url, problem):
    project.write("apps/hello.yaml", "cmd: bin/web", f"slug_url: '{url}'")
    assert project.problem() == f"apps/hello.yaml:2: slug_url: {problem}"


@pytest.mark.parametrize(
    "url", ["https://slugs.example.com:8443/a%20b@c?c[d]={e}", "s3://my-bucket/hello/v1.2_3.tar.gz"]
)
def test_a_good_slug_url(project, url):
    project.write("apps/hello.yaml", "cmd: bin/web", f"slug_url: '{url}'")
    assert project.one().slug_url == url


@pytest.mark.parametrize(
    ("lines", "problem"),
    [
        ((), "1: needs one of slug_url and source"),
        (
            ("source: .", "slug_url: https://slugs.example.com/a"),
            "1: needs one of slug_url and source, not both",
        ),
        (
            ("source: ''",),
            "2: source: must be a folder relative to the app's file, such as ../slugs/hello",
        ),
        (
            ("source: .", f"slug_sha256: '{SHA256}'"),
            "3: slug_sha256: goes with slug_url; a source is checked by itself",
        ),
        (("source: ../slugs/none",), "2: source: there is no folder ../slugs/none beside apps/hello.yaml"),
        (("source: loop",), "2: source: there is no folder loop beside apps/hello.yaml"),
        (
            ('source: "a\\0b"',),
            "2: source: must be a folder relative to the app's file, such as ../slugs/hello",
        ),
        (("source: hello.yaml",), "2: source: there is no folder hello.yaml beside apps/hello.yaml"),
        ((f"source: {'s' * 300}",), f"2: source: there is no folder {'s' * 300} beside apps/hello.yaml"),
        (
            ("source: /srv/slug",),
            "2: source: must be a folder relative to the app's file, such as ../slugs/hello",
        ),
        (
            ("source: .", "healthcheck: {start_timeout: 5m}"),
            "3: healthcheck.start_timeout: must be shorter than deploy.healthy_deadline, which is 300 s",
        ),
    ],
)
def test_keys_that_do_not_go_together(project, lines, problem):
    (project.root / "apps/loop").symlink_to("loop")
    project.write("apps/hello.yaml", "cmd: bin/web", *lines)
    assert project.problem() == f"apps/hello.yaml:{problem}"


def test_a_source_of_the_defaults_that_is_not_there(project):
    project.write("apps/_defaults.yaml", "", "source: ../slugs/none")
    project.write("apps/hello.yaml", "cmd: bin/web")
    text = "there is no folder ../slugs/none beside apps/hello.yaml"
    assert project.problem() == f"apps/_defaults.yaml:2: source: {text}"


def test_an_image_that_nobody_names(project):
    project.write(
        "Pulumi.dev.yaml",
        "config:",
        "  aws:region: eu-central-1",
        "  aws:allowedAccountIds: ['123456789012']",
    )
    assert (
        project.problem()
        == "apps/hello.yaml:1: image_id: is missing; name one here or in Pulumi.dev.yaml as imageId"
    )


def test_only_the_posts_six_names(project):
    project.write(
        "apps/demo.yaml",
        "image_id: ami-9aaa1cf2",
        "instance_type: t2.micro",
        "subnet: subnet-a55587fc",
        "key_name: ops",
        "slug_url: https://s3-us-west-1.amazonaws.com/example-slugs/demo.tar.gz",
        "cmd: bin/web",
    )
    (project.root / "apps/hello.yaml").unlink()
    app, process = project.one(), project.process()
    assert (app.name, process.runtime, app.source, app.slug_sha256) == ("demo", "none", None, None)
    assert (process.label, process.image_id, process.instance_type) == (
        "demo.web",
        "ami-9aaa1cf2",
        "t2.micro",
    )
    assert (process.subnets, process.key_name, process.cmd) == (("subnet-a55587fc",), "ops", "bin/web")


def test_what_holds_where_nothing_is_written(project):
    process = project.process()
    assert (process.instance_type, process.key_name, process.subnets) == ("t3.micro", None, ())
    assert (process.count, process.port, process.env, process.allow_from) == (1, 5000, {}, ())
    assert (process.healthcheck.path, process.healthcheck.start_timeout) == ("/", 60)
    assert (process.deploy.min_healthy_time, process.deploy.healthy_deadline) == (10, 300)


def test_what_is_written_is_what_one_gets(project):
    (project.root / "slugs/hello").mkdir(parents=True)
    project.write(
        "apps/hello.yaml",
        "name: greeter",
        "source: ../slugs/hello",
        "cmd: bin/web -v",
        "runtime: ruby",
        "key_name: k",
        "env: {A: '', B: 5, C: ' c\\n', _d: \"x \\n\\ty\\n\"}",
        "count: 0",
        "port: 8080",
        "healthcheck: {path: '/up?a=[b]', start_timeout: 2m}",
        "allow_from: [10.0.0.1, '2001:db8::/32']",
        "deploy: {healthy_deadline: 1h, min_healthy_time: 3s}",
    )
    app, process = project.one(), project.process()
    assert (app.name, process.runtime) == ("greeter", "ruby")
    assert (app.source, app.slug_url) == (project.root / "slugs/hello", None)
    assert process.env == {"A": "", "B": "5", "C": " c\\n", "_d": "x \n\ty\n"}
    assert (process.cmd, process.count, process.port) == ("bin/web -v", 0, 8080)
    assert process.key_name == "k"
    assert (process.healthcheck.path, process.healthcheck.start_timeout) == ("/up?a=[b]", 120)
    assert process.allow_from == ("10.0.0.1/32", "2001:db8::/32")
    assert (process.deploy.min_healthy_time, process.deploy.healthy_deadline) == (3, 3600)


def test_a_healthcheck_may_be_its_path(project):
    project.app("healthcheck: /up")
    assert project.process().healthcheck.path == "/up"


def test_all_wrong_keys_at_once_in_the_order_of_the_file(project):
    project.app("port: 0", "count: -1", "name: X", "deploy: {canary: -1}", "env: {A: true}")
    assert [problem.split(": ")[:2] for problem in project.problems()] == [
        ["apps/hello.yaml:3", "port"],
        ["apps/hello.yaml:4", "count"],
        ["apps/hello.yaml:5", "name"],
        ["apps/hello.yaml:6", "deploy.canary"],
        ["apps/hello.yaml:7", "env.A"],
    ]
