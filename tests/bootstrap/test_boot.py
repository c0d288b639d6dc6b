"""Whole scripts in real bash, on a folder that stands for the machine."""

import gzip
import hashlib
import subprocess

import pytest

from bootstrap import Failure, Grant, PackedSlug, Slug

STEPS = ("system", "packages", "user", "fetch", "unpack", "configure", "service", "check")
URL = "https://slugs.example.com/hello.tar.gz"


@pytest.fixture
def role_slug():
    bucket = "shop-dev-123456789012-eu-central-1"
    return Slug(url=f"https://{bucket}.s3.amazonaws.com/k", grant=Grant(bucket, "k"))


def test_all_steps_in_their_order_and_then_ready(machine, make):
    boot = machine.boot(make())
    assert boot.report.steps == STEPS
    assert boot.report.ready_ms is not None
    assert (boot.code, boot.report.failure, boot.report.log) == (0, None, ())


def test_the_posts_steps_leave_the_posts_files(machine, make):
    machine.boot(make())
    assert machine.read("/srv/app/bin/web") == "#!/bin/sh\n"
    assert machine.path("/etc/service/app").resolve() == machine.path("/etc/sv/app")
    assert "exec chpst -u app:app" in machine.read("/etc/sv/app/run")
    assert "exec svlogd -tt" in machine.read("/etc/sv/app/log/run")
    assert all(
        machine.path(f"/etc/sv/app/{file}").stat().st_mode & 0o100 for file in ("run", "finish", "log/run")
    )
    assert machine.path("/etc/sv/app/env").stat().st_mode & 0o777 == 0o700
    assert machine.path("/var/lib/compute-instances").stat().st_mode & 0o777 == 0o755
    assert machine.read("/etc/sv/app/env/PORT") == "5000\n"


@pytest.mark.parametrize(
    ("runtime", "packages"), [("none", ["runit", "runit-run"]), ("ruby", ["runit", "runit-run", "ruby"])]
)
def test_the_runtime_names_the_packages(machine, make, runtime, packages):
    update, install = machine.boot(make(runtime=runtime)).called("apt-get")
    assert install[install.index("install") :] == ["install", "-y", "--no-install-recommends", *packages]
    assert {"DPkg::Lock::Timeout=120", "Acquire::Retries=0"} <= {*update}


def test_programs_are_not_asked_in_anybodys_language(machine, make):
    machine.program("apt-get", f"env >{machine.root}/environment")
    machine.boot(make())
    assert {"LC_ALL=C", "DEBIAN_FRONTEND=noninteractive"} <= {*machine.read("environment").splitlines()}


@pytest.mark.parametrize("command", ["update", "install"])
def test_apt_may_be_held_for_a_while(machine, make, command):
    held = f'[[ " $* " == *" {command} "* && " $* " != *" -s "* ]] && [ ! -e {machine.root}/free ]'
    machine.program("apt-get", f"if {held}; then exit 100; fi")
    machine.program("sleep", f"touch {machine.root}/free")
    boot = machine.boot(make())
    assert boot.report.ready_ms is not None
    assert len([call for call in boot.called("apt-get") if command in call and "-s" not in call]) == 2


def test_a_package_that_does_not_exist_is_not_waited_for(machine, make):
    machine.program(
        "apt-get",
        """case " $* " in *" install "*) echo "E: Unable to locate package nope"; exit 100 ;; esac""",
    )
    boot = machine.boot(make(packages=("nope",)))
    assert failed(boot, "packages", 3)
    assert "E: Unable to locate package nope" in boot.report.log
    assert boot.called("sleep") == []


def test_it_may_run_twice(machine, make):
    machine.boot(make(env={"OLD": "value", "KEPT": "value"}))
    machine.program("id")
    boot = machine.boot(make(env={"KEPT": "value"}))
    assert boot.code == 0
    assert boot.report.ready_ms is not None
    assert sorted(file.name for file in machine.path("/etc/sv/app/env").iterdir()) == ["KEPT", "PORT"]
    assert len(boot.called("useradd")) == 1
    assert ["-w", "30", "force-restart", "app"] in boot.called("sv")


def failed(boot, step, code=1):
    """That a boot said once where it failed, and nothing after that."""
    assert boot.report.failure == Failure(step, code)
    assert boot.report.steps == STEPS[: STEPS.index(step)]
    assert (boot.code, boot.report.ready_ms) == (code, None)
    assert (boot.console.count(" status=failed "), boot.console.count(" failed step=")) == (1, 1)
    return True


def test_another_system_is_refused_by_its_name(machine, make):
    machine.write("/etc/os-release", 'ID=ubuntu\nVERSION_ID="24.04"\n')
    boot = machine.boot(make())
    assert failed(boot, "system")
    assert "this image is ubuntu 24.04; the supported one is Debian 12" in boot.report.log


def test_a_slug_that_is_not_there_is_asked_for_once(machine, make):
    machine.write("slug-status", "404")
    boot = machine.boot(make())
    assert failed(boot, "fetch", 3)
    assert f"{URL} answered 404" in boot.report.log
    assert len(boot.called("curl")) == 1


def test_the_query_of_an_address_is_not_told(machine, make):
    """It may hold a signature."""
    machine.write("slug-status", "404")
    boot = machine.boot(make(slug=Slug(url=f"{URL}?signature=s3cr3t")))
    assert f"{URL} answered 404" in boot.report.log
    assert "s3cr3t" not in boot.log


@pytest.mark.parametrize("status", ["000", "301", "408", "429", "503"])
def test_what_may_pass_is_asked_for_again(machine, make, status):
    machine.write("slug-status", status)
    machine.program("sleep", f"printf 200 >{machine.root}/slug-status")
    boot = machine.boot(make())
    assert boot.report.ready_ms is not None
    assert f"{URL} answered {status}" in boot.log
    assert len([call for call in boot.called("curl") if URL in call]) == 2


def test_a_403_is_final_where_nothing_is_signed(machine, make):
    machine.write("slug-status", "403")
    assert failed(machine.boot(make()), "fetch", 3)


def test_a_role_may_be_known_late(machine, make, role_slug):
    machine.write("slug-status", "403")
    machine.program("sleep", f"printf 200 >{machine.root}/slug-status")
    boot = machine.boot(make(slug=role_slug))
    assert boot.report.ready_ms is not None
    assert len([call for call in boot.called("curl") if role_slug.url in call]) == 2
    assert "the role may not read it, or there is no such object" in boot.log


def test_a_bucket_in_another_region(machine, make, role_slug):
    machine.write("slug-status", "307")
    boot = machine.boot(make(slug=role_slug))
    assert failed(boot, "fetch", 3)
    assert "the bucket is in another region" in boot.report.log


def test_the_roles_credentials_stand_in_no_process_list_and_no_log(machine, make, role_slug):
    boot = machine.boot(make(slug=role_slug))
    assert machine.read("curl-config") == 'user = "AKIA:s3cr3t/key"\nheader = "x-amz-security-token: t0ken"\n'
    for secret in ("s3cr3t/key", "t0ken"):
        assert not [call for call in boot.calls if any(secret in word for word in call)]
        assert secret not in boot.log + boot.console
    (fetch,) = [call for call in boot.called("curl") if role_slug.url in call]
    assert fetch[fetch.index("--aws-sigv4") + 1] == "aws:amz:eu-central-1:s3"


def test_a_role_without_credentials(machine, make, role_slug):
    machine.write("credentials", "no json")
    machine.program("sleep", f"cp -r {machine.root}/good {machine.root}/credentials")
    machine.write("good", '{"AccessKeyId": "AKIA", "SecretAccessKey": "key", "Token": "t"}')
    boot = machine.boot(make(slug=role_slug))
    assert "the instance's role gave no credentials" in boot.log
    assert boot.report.ready_ms is not None


def test_the_right_checksum(machine, make):
    sha256 = hashlib.sha256(machine.path("slug.tar").read_bytes()).hexdigest()
    assert machine.boot(make(slug=Slug(url=URL, sha256=sha256))).report.ready_ms is not None


@pytest.mark.parametrize("signed", [False, True])
def test_a_fetch_may_be_slow_but_not_stall(machine, make, role_slug, signed):
    boot = machine.boot(make(slug=role_slug if signed else Slug(url=URL)))
    fetch = next(call for call in boot.called("curl") if "--proto" in call)
    assert "-m" not in fetch
    assert [fetch[fetch.index(option) + 1] for option in ("--speed-limit", "--speed-time")] == ["1024", "30"]


def test_a_wrong_checksum_unpacks_nothing(machine, make):
    boot = machine.boot(make(slug=Slug(url=URL, sha256="0" * 64)))
    assert failed(boot, "fetch")
    sha256 = hashlib.sha256(machine.path("slug.tar").read_bytes()).hexdigest()
    assert f"what was fetched has the sha256 {sha256} and not {'0' * 64}" in boot.report.log
    assert not machine.path("/srv/app").exists()


def packed_slug(sha256, folder):
    return PackedSlug(url=URL, sha256=sha256, grant=Grant("bucket", "hello/*"), folder=folder, key="k")


def test_a_packed_slug_is_checked_uncompressed(machine, make, tmp_path):
    tar = machine.path("slug.tar").read_bytes()
    machine.path("slug.tar").write_bytes(gzip.compress(tar))
    slug = packed_slug(hashlib.sha256(tar).hexdigest(), tmp_path)
    assert machine.boot(make(slug=slug)).report.ready_ms is not None
    assert machine.read("/srv/app/bin/web") == "#!/bin/sh\n"


def test_a_broken_slug_leaves_the_old_app_whole(machine, make):
    machine.write("/srv/app/bin/web", "the old one")
    whole = machine.path("slug.tar").read_bytes()
    machine.path("slug.tar").write_bytes(whole[: whole.index(b"#!/bin/sh") + 3])
    boot = machine.boot(make())
    assert failed(boot, "unpack")
    assert "the slug is no whole tarball: unexpected end of data" in boot.report.log
    assert machine.read("/srv/app/bin/web") == "the old one"


def test_a_new_slug_leaves_nothing_of_the_old_app(machine, make):
    machine.write("/srv/app/old", "gone")
    machine.write("/srv/app.new/half", "left by a try that was cut off")
    machine.boot(make())
    assert sorted(path.name for path in machine.path("/srv/app").iterdir()) == ["bin"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [(["111", "0"], "the app exited with code 111\n"), (["-1", "9"], "the app was ended by signal 9\n")],
)
def test_runit_tells_how_the_app_ended(machine, make, arguments, said):
    machine.boot(make())
    finish = [machine.path("/etc/sv/app/finish"), *arguments]
    assert subprocess.run(finish, capture_output=True, text=True, check=True).stdout == said
    assert not machine.path("/run/app-exits").exists()
    machine.write("/run/app-exits", "")
    subprocess.run(finish, capture_output=True, check=True)
    assert machine.read("/run/app-exits") == f"{arguments[0]}\n"
