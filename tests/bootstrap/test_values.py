"""Values never become code, and arrive as they are: what real bash makes of a script that holds them."""

import subprocess

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st
from pydantic import ValidationError

from bootstrap import Grant, Slug
from manifest import Healthcheck
from manifest.model import AppFile

NASTY = [
    "$(touch PWNED)",
    "`touch PWNED`",
    "';touch PWNED;'",
    '";touch PWNED;"',
    "\ntouch PWNED\n",
    "\nRUN\ntouch PWNED\n",
    "${IFS}$HOME~*!!",
    "{{7*7}}{% raw %}{##",
    "%s%n\\n\\",
    "-n",
    "--",
    "& | ; < > ( ) # '",
    "\u00fc\u2603\U0001f600\u2028\x85",
    "\x01\x07\x1b\x7f\r",
    "",
    "\n",
    " \tx",
    "readonly version=00000000",
    "x" * 5000,
]

PRINTABLE = [value for value in NASTY if value.strip() and value.isprintable()]


def carried(folder):
    """The environment that `chpst -e` makes of a folder.

    Its manual: an empty file unsets; only the first line counts, without blanks at its end; NUL is a newline.
    """
    return {
        file.name: file.read_bytes().partition(b"\n")[0].rstrip(b" \t").replace(b"\0", b"\n").decode()
        for file in folder.iterdir()
        if file.stat().st_size
    }


@pytest.fixture
def configured(machine, make):
    """Runs the part of a script that writes the app's environment and its runit scripts."""

    def configured(**keys):
        head, _, rest = make(**keys).text.partition("begin system\n")
        part = rest.partition("begin configure\n")[2].partition("finish\n\n")[0]
        assert machine.run(f"{head}begin configure\n{part}finish\n") == 0
        return carried(machine.path("/etc/sv/app/env"))

    return configured


def test_nasty_values_of_env_arrive_as_they_are(machine, configured):
    env = {f"V{n}": value for n, value in enumerate(NASTY)}
    assert configured(env=env) == {**env, "PORT": "5000"}
    assert not [*machine.root.rglob("PWNED")]


@examples(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(values=st.lists(st.text() | st.text("\n\0\t '\"\\$`-a"), min_size=1, max_size=6))
def test_any_value_of_env_is_refused_or_arrives_as_it_is(configured, values):
    taken = {f"V{n}": value for n, value in enumerate(values) if is_taken(value)}
    assert all("\0" in value or value[-1:] in {" ", "\t"} for value in values if not is_taken(value))
    assert configured(env=taken) == {**taken, "PORT": "5000"}


def is_taken(value):
    try:
        AppFile.model_validate({"name": "a", "source": "a", "cmd": "a", "env": {"A": value}})
    except ValidationError:
        return False
    return True


def test_the_port_goes_with_the_env(configured):
    assert configured(port=8080)["PORT"] == "8080"


@pytest.mark.parametrize("cmd", PRINTABLE)
def test_the_command_is_one_argument_whatever_it_holds(machine, configured, cmd):
    configured(cmd=cmd)
    machine.path("/srv/app").mkdir()
    machine.run(f"export PATH={machine.root}\nexec {machine.path('/etc/sv/app/run')}")
    environment = str(machine.path("/etc/sv/app/env"))
    (call,) = machine.read("calls").split("\n\0")[:-1]
    assert call.split("\0")[:-1] == ["chpst", "-u", "app:app", "-e", environment, "bash", "-c", cmd]
    assert not [*machine.root.rglob("PWNED")]


@pytest.mark.parametrize("command", PRINTABLE)
def test_the_command_of_a_check_is_one_argument_whatever_it_holds(machine, make, command):
    boot = machine.boot(make(healthcheck=Healthcheck(command=command)))
    assert boot.report.ready_ms is not None
    environment = str(machine.path("/etc/sv/app/env"))
    asked = ["-u", "app:app", "-e", environment, "bash", "-c", command]
    assert boot.called("chpst") == [asked, asked]
    assert not [*machine.root.rglob("PWNED")]


def test_the_command_of_a_check_is_a_command(machine, make):
    """In the app's folder, as the app; only its end is told, and what it says last where it fails."""
    machine.program("chpst", 'shift 4; exec "$@"')
    command = f"""pwd >{machine.root}/said; echo "$HOME" '$(a)' $((1+1)) >>{machine.root}/said"""
    assert machine.boot(make(healthcheck=Healthcheck(command=command))).report.ready_ms is not None
    home = machine.path("/srv/app")
    assert machine.read("said") == f"{home}\n{home} $(a) 2\n"


def test_nasty_packages_reach_apt_as_they_are(machine, make):
    """The model refuses most of them; the script does not rely on that."""
    packages = tuple(value for value in NASTY if value and not value.endswith("\n"))
    boot = machine.boot(make(packages=packages))
    (install,) = [call for call in boot.called("apt-get") if "install" in call]
    assert install[install.index("runit-run") + 1 :] == sorted(packages)
    assert not [*machine.root.rglob("PWNED")]


def test_the_command_is_a_command(machine, configured):
    """In the app's folder, with what it says on the way to the log."""
    configured(cmd="""echo "$HOME" '$(a)' $((1+1)); pwd; echo 'to stderr' >&2""")
    machine.path("/srv/app").mkdir()
    machine.program("chpst", 'shift 4; exec "$@"')
    environment = {"PATH": f"{machine.root}/bin:/usr/bin:/bin"}
    run = subprocess.run(machine.path("/etc/sv/app/run"), env=environment, stdout=subprocess.PIPE, check=True)
    home = machine.path("/srv/app")
    assert run.stdout.decode() == f"{home} $(a) 2\n{home}\nto stderr\n"


ADDRESS = "$(touch${IFS}PWNED)/`touch${IFS}PWNED`/';touch${IFS}PWNED;'/{{7*7}}[1-3]{a,b}&|<>()#*!~%s"


@pytest.mark.parametrize("grant", [None, Grant("bucket", "k")], ids=["plain", "signed"])
def test_nasty_addresses_reach_curl_as_they_are(machine, make, grant):
    slug = Slug(url=f"https://slugs.example.com/{ADDRESS}", grant=grant)
    boot = machine.boot(make(slug=slug, healthcheck=Healthcheck(path=f"/{ADDRESS}")))
    assert boot.report.ready_ms is not None
    *_, fetch, check, _again = boot.called("curl")
    assert slug.url in fetch
    assert check[-1] == f"http://127.0.0.1:5000/{ADDRESS}"
    assert all("g" in call[0] for call in (fetch, check))  # without -g, curl expands brackets
    assert not [*machine.root.rglob("PWNED")]


def test_nasty_addresses_are_told_as_they_are(machine, make):
    machine.write("slug-status", "404")
    boot = machine.boot(make(slug=Slug(url=f"https://slugs.example.com/{ADDRESS}")))
    assert boot.report.log[-1] == f"https://slugs.example.com/{ADDRESS} answered 404"
