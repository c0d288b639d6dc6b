"""What the script says of itself: parts of it in real bash, with a file for the console."""

from dataclasses import replace

import pytest

from bootstrap import Failure
from manifest import Healthcheck


@pytest.fixture
def runs(machine, make):
    """Runs a body after the head of a script, which is all that stands before its first step."""

    def runs(body, **keys):
        script = make(**keys)
        return machine.boot(replace(script, text=script.text.partition("begin system\n")[0] + body))

    return runs


def lines(boot):
    """The lines on the console, without what is the same in all of them."""
    said = [line.partition(f" version={boot.version} ")[2] for line in boot.console.splitlines() if line]
    assert said[0] == "started"
    return said[1:]


def test_a_step_that_is_done(runs):
    boot = runs('begin fetch\necho working\nfinish\nsay "ready ms=5"\n')
    step, ready = lines(boot)
    assert step.startswith("step=fetch status=ok ms=")
    assert ready == "ready ms=5"
    assert (boot.log, boot.code) == ("== fetch\nworking\n", 0)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("false", 1),
        ("bash -c 'exit 22'", 22),
        ("exit 7", 7),
        ("(exit 5)", 5),
        ("false | cat", 1),
        ("bash -c 'exit 4' | false | cat", 1),
        ('echo "$nothing"', 1),
        ('x=$(echo "$nothing")', 1),
        ("f() { false; echo never; }; f", 1),
        ("f() { g; echo never; }; g() { bash -c 'exit 9'; }; f", 9),
        ("x=$(false; echo never)", 1),
        ("x=$(bash -c 'exit 9'; echo never)", 9),
        ("f() { local x; x=$(bash -c 'exit 9'; echo never); echo never; }; f", 9),
        ("echo $(false; echo never)$(exit 3) >/dev/null; false", 1),
        ("no-such-program", 127),
        ("cat <no-such-file", 1),
        ("wrong() { return 3; }; persist 60 wrong", 3),
        ("f() { (g); }; g() { return 6; }; x=$(f)", 6),
    ],
)
def test_a_step_that_fails_is_told_once(runs, body, code):
    boot = runs(f"begin fetch\n{body}\necho never\n")
    said = lines(boot)
    assert said[0].startswith(f"step=fetch status=failed exit={code} ms=")
    assert said[-1] == f"failed step=fetch exit={code}"
    assert all(line.startswith("log| ") for line in said[1:-1])
    assert (boot.code, boot.report.failure) == (code, Failure("fetch", code))
    assert "never" not in boot.log


def test_a_condition_that_does_not_hold_is_no_failure(runs):
    boot = runs(
        "begin fetch\nif false; then :; fi\nfalse || :\n! true || :\nuntil true; do :; done\nfinish\n"
    )
    assert (boot.code, boot.report.steps) == (0, ("fetch",))


def test_the_log_of_the_failed_step_goes_with_it(runs):
    boot = runs("begin fetch\necho early\nfinish\nbegin unpack\necho '  late'\nfalse\n")
    assert boot.report.log[-2:] == ("== unpack", "  late")


def test_only_the_last_lines_go_and_only_so_much_of_each(runs):
    boot = runs("begin fetch\nfor n in {1..99}; do echo $n; done\nprintf 'x%.0s' {1..999}\nfalse\n")
    assert boot.report.log == (*(str(n) for n in range(86, 100)), "x" * 300)


def test_a_console_that_cannot_be_written_fails_nothing(machine, runs):
    machine.path("/dev/console").symlink_to("/dev/full")
    assert runs("begin fetch\nfinish\n").code == 0
    machine.path("/dev/console").unlink()
    machine.path("/dev/console").mkdir()
    boot = runs("begin fetch\nfinish\n")
    assert (boot.code, boot.log) == (0, "== fetch\n== fetch\n")


def hasty(**keys):
    """Gives up at the first fault."""
    return Healthcheck(**keys).model_copy(update={"start_timeout": 0})


class TestTheAppsLog:
    def test_goes_with_a_failed_check_only(self, machine, runs):
        machine.write("/var/log/app/current", "boom\n")
        assert "boom" not in runs("begin fetch\nfalse\n").report.log
        assert "boom" in runs("begin check\nfalse\n").report.log

    def test_is_never_read_as_the_report(self, machine, make, runs):
        forged = f"compute-instances: v1 version={make().version} ready ms=1"
        machine.path("/var/log/app").mkdir()
        machine.path("/var/log/app/current").write_bytes(
            f"{forged}\na\r{forged}\n\x1b[2K\x0b{forged}\n".encode()
        )
        boot = runs("begin check\nfalse\n")
        assert boot.console.count("compute-instances; v1") == boot.console.count("ready ms=1") == 3
        assert boot.report.ready_ms is None
        assert "\r" not in boot.console
        assert "\x1b" not in boot.console

    def test_may_be_anything(self, machine, runs):
        machine.path("/var/log/app").mkdir()
        machine.path("/var/log/app/current").write_bytes(b"a\0b\xff\xc3\xa4c\td\n-n\n\\n %s $(x)\n")
        assert [*runs("begin check\nfalse\n").report.log][:3] == ["abc\td", "-n", "\\n %s $(x)"]

    def test_may_not_be_there(self, runs):
        assert runs("begin check\nfalse\n").report.failure == Failure("check", 1)


class TestValuesOfTheEnvironment:
    """What leaves a failed machine names them instead of showing them."""

    @pytest.mark.parametrize(
        ("env", "said", "told"),
        [
            ({"TOKEN": "hunter"}, "got hunter, hunter", "got [TOKEN], [TOKEN]"),
            ({"SHORT": "abcde"}, "got abcde", "got abcde"),
            ({"EMPTY": "", "BLANK": "      "}, "got       nothing", "got       nothing"),
            ({"URL": "a*b?[c]\\d'\""}, "a*b?[c]\\d'\" aXXbYc", "[URL] aXXbYc"),
            ({"ALL": "******", "ONE": "??????"}, "secret ****** ??????", "secret [ALL] [ONE]"),
            ({"AMPERSAND": "a&b&c&d"}, "a&b&c&d", "[AMPERSAND]"),
            ({"FOREIGN": "pässwörd"}, "a pässwörd!", "a [FOREIGN]!"),
            ({"A": "secret", "B": "secret-longer"}, "a secret, a secret-longer", "a [A], a [B]"),
            ({"B": "secret", "A": "secret-longer"}, "a secret, a secret-longer", "a [B], a [A]"),
            ({"A": "secret", "B": "the secret key"}, "the secret key, secret", "[B], [A]"),
            ({"A": "TOKENS", "TOKENS": "hunter"}, "hunter", "[[A]]"),
            ({"KEY": "first line\nsecond line\nend"}, "of second line", "of [KEY]"),
            ({"OPTION": "-n secret"}, "-n secret", "[OPTION]"),
            ({"LONG": "x" * 500}, f"it is {'x' * 500}", "it is [LONG]"),
            ({"CUT": "hunter22"}, f"{'x' * 296}hunter22", f"{'x' * 296}[CUT"),
            ({"BINARY": "\x01\x02\x1b[31mred"}, "a \x01\x02\x1b[31mred", "a [BINARY]"),
        ],
    )
    def test_are_replaced_by_their_names(self, machine, runs, env, said, told):
        machine.write("/var/log/app/current", f"{said}\n")
        assert runs("begin check\nfalse\n", env=env).report.log[0] == told

    def test_are_replaced_where_the_log_is_cut(self, machine, runs):
        """The last lines of a log may begin within a value of several lines, and svlogd stamps each line."""
        value = [f"line {n} of the key" for n in range(30)]
        machine.write("/var/log/app/current", "".join(f"@4000 {line}\n" for line in value))
        boot = runs("begin check\nfalse\n", env={"KEY": "\n".join(value)})
        assert boot.report.log[:15] == ("@4000 [KEY]",) * 15

    def test_are_replaced_in_the_scripts_own_log_too(self, runs):
        boot = runs("begin fetch\necho got hunter22\nfalse\n", env={"TOKEN": "hunter22"})
        assert "hunter22" in boot.log
        assert "hunter22" not in boot.console

    def test_are_replaced_in_what_the_first_steps_say(self, machine, make):
        says = "echo 'E: no hunter22 at hunter.example.com'; exit 100"
        machine.program("apt-get", f'case " $* " in *" install "*) {says} ;; esac')
        boot = machine.boot(make(env={"TOKEN": "hunter22"}, packages=("nope",)))
        assert "E: no [TOKEN] at hunter.example.com" in boot.report.log
        assert "hunter22" in boot.log
        assert "hunter22" not in boot.console

    def test_are_replaced_in_the_fault_and_in_what_the_check_says(self, machine, make):
        machine.program("chpst", 'shift 4; exec "$@"')
        check = hasty(command="echo 'refused: hunter22'; false")
        boot = machine.boot(make(env={"TOKEN": "hunter22"}, healthcheck=check))
        told = "the check exited with code 1: refused: [TOKEN], more than 0 seconds after the start"
        assert told in boot.report.log
        assert "hunter22" in boot.log
        assert "hunter22" not in boot.console


class TestPersist:
    """The tries are told apart by a count; the clock is bash's own variable."""

    def test_ends_when_the_command_succeeds(self, runs, machine):
        boot = runs(
            "begin fetch\nn=0; third() { n=$((n + 1)); [ $n -eq 3 ]; }; persist 60 third\necho tried $n\n"
        )
        assert (boot.code, boot.log) == (0, "== fetch\ntried 3\n")
        assert boot.called("sleep") == [["2"], ["2"]]

    def test_pauses_as_it_is_told(self, runs):
        boot = runs("n=0; second() { n=$((n + 1)); [ $n -eq 2 ]; }; pause=0.1 persist 60 second\n")
        assert boot.called("sleep") == [["0.1"]]

    def test_gives_up_at_once_where_another_try_is_of_no_use(self, runs):
        boot = runs("begin fetch\nwrong() { echo tried; return 3; }; persist 60 wrong\n")
        assert (boot.code, boot.log.count("tried")) == (3, 1)

    def test_gives_up_when_the_time_is_over(self, runs):
        boot = runs(
            "begin fetch\nslow() { echo tried; SECONDS=$((SECONDS + 25)); return 4; }; persist 60 slow\n"
        )
        assert (boot.code, boot.log.count("tried\n")) == (4, 3)

    def test_hands_the_arguments_on(self, runs):
        assert runs("persist 60 printf '%s|' 'a b' '*' ''\n").log == "a b|*||"
