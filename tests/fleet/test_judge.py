from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from fleet.judge import _NEXT, Expectation, Proved, Refused, Sight, Waiting, judge

LAUNCH = datetime(2026, 1, 1, tzinfo=UTC)
WANT = Expectation(
    app="hello", name="hello.web.0.3fa9c1d2", version="3fa9c1d2", deadline=timedelta(minutes=5)
)


def line(text, version="3fa9c1d2"):
    return f"\r\ncompute-instances: v1 version={version} {text}\r\n"


BOOTING = line("step=system status=ok ms=1") + line("step=packages status=ok ms=9000")
READY = BOOTING + line("ready ms=20000")
FAILED = (
    BOOTING
    + line("step=fetch status=failed exit=3 ms=120")
    + line("log| https://slugs.example.com/demo.tar.gz answered 404")
    + line("failed step=fetch exit=3")
)


def verdict(console="", *, state="running", after=30, launched=LAUNCH, since=LAUNCH, reason=""):
    sight = Sight(state=state, reason=reason, launched=launched, console=console)
    return judge(WANT, "i-0abc", sight, since=since, now=LAUNCH + timedelta(seconds=after))


def test_ready_passes():
    assert verdict(READY) == Proved(timedelta(seconds=30))


def test_ready_passes_however_late():
    assert verdict(READY, after=86_400) == Proved(timedelta(days=1))


def test_failed_refuses_at_once_with_app_instance_step_exit_and_log():
    refused = verdict(FAILED, after=1)
    assert isinstance(refused, Refused)
    assert refused.text.splitlines() == [
        "app hello: instance i-0abc (hello.web.0.3fa9c1d2) failed at step fetch, exit 3",
        "  | https://slugs.example.com/demo.tar.gz answered 404",
        "  whole console: aws ec2 get-console-output --output text --instance-id i-0abc --latest",
        f"  next: {_NEXT}",
    ]


@pytest.mark.parametrize("state", ["shutting-down", "terminated", "stopping", "stopped"])
def test_dead_refuses_at_once_and_says_how_another_machine_is_had(state):
    refused = verdict(BOOTING, state=state, after=1, reason="Client.InstanceInitiatedShutdown")
    assert isinstance(refused, Refused)
    first, *_, next_ = refused.text.splitlines()
    assert first.endswith(f") died after step packages: it is {state} (Client.InstanceInitiatedShutdown)")
    assert "pulumi up --replace '**::hello.web.0.3fa9c1d2' makes a fresh one" in next_


def test_dead_says_what_had_failed_before():
    refused = verdict(FAILED, state="terminated", after=1)
    assert isinstance(refused, Refused)
    assert ") failed at step fetch, exit 3, and died: it is terminated\n" in refused.text
    assert "answered 404" in refused.text


def test_dead_refuses_even_what_was_ready():
    assert isinstance(verdict(READY, state="terminated"), Refused)


def test_silence_is_waited_for_until_the_deadline():
    assert verdict(BOOTING, after=300) == Waiting()
    refused = verdict(BOOTING, after=301)
    assert isinstance(refused, Refused)
    assert (
        "hangs: not ready 300 s after its launch (healthy_deadline), last finished step: packages"
        in refused.text
    )


def test_the_deadline_counts_from_the_launch_not_from_the_gate():
    late = LAUNCH + timedelta(hours=1)
    assert isinstance(verdict(BOOTING, since=late, after=3600), Refused)


def test_failed_dead_and_silent_give_three_messages():
    heads = {
        verdict(FAILED).text.splitlines()[0],
        verdict(BOOTING, state="terminated").text.splitlines()[0],
        verdict(BOOTING, after=301).text.splitlines()[0],
    }
    assert len(heads) == 3


def test_not_found_is_not_yet_for_a_minute():
    assert verdict(state=None, launched=None, after=60) == Waiting()
    refused = verdict(state=None, launched=None, after=61)
    assert isinstance(refused, Refused)
    assert "does not exist; was it terminated by hand?\n  next: pulumi up --refresh" in refused.text


BLIND = [
    Sight(unanswered="RequestLimitExceeded"),
    Sight(state="running", launched=LAUNCH, unread="RequestLimitExceeded"),
]


@pytest.mark.parametrize("sight", BLIND)
def test_an_aws_that_does_not_show_it_is_no_instance_that_hangs_or_does_not_exist(sight):
    def blind(after):
        return judge(WANT, "i-0abc", sight, since=LAUNCH, now=LAUNCH + timedelta(seconds=after))

    assert blind(299) == Waiting()
    refused = blind(301)
    assert isinstance(refused, Refused)
    assert "could not be seen for 301 s: RequestLimitExceeded\n  next: " in refused.text


@pytest.mark.parametrize("sight", BLIND)
def test_one_that_could_not_be_seen_at_first_may_be_ready_for_long(sight):
    """An `up` that is run again hours later begins while consoles are throttled."""
    since = LAUNCH + timedelta(hours=3)
    assert judge(WANT, "i-0abc", sight, since=since, now=since) == Waiting()
    assert judge(WANT, "i-0abc", sight, since=since, now=since + timedelta(seconds=300)) == Waiting()


def test_its_age_is_told_by_the_clock_of_its_launch():
    """Our own is four minutes ahead, or behind."""
    for ahead in (240, -240):
        now = LAUNCH + timedelta(seconds=299 + ahead)
        seen = Sight(state="running", launched=LAUNCH, at=LAUNCH + timedelta(seconds=299), console=BOOTING)
        assert judge(WANT, "i-0abc", seen, since=now, now=now) == Waiting()
        ready = replace(seen, console=READY)
        assert judge(WANT, "i-0abc", ready, since=now, now=now) == Proved(timedelta(seconds=299))
        late = replace(seen, at=LAUNCH + timedelta(seconds=301))
        assert isinstance(judge(WANT, "i-0abc", late, since=now, now=now), Refused)


def test_another_versions_ready_does_not_count():
    assert verdict(READY.replace("3fa9c1d2", "0ld0ld00".replace("l", "1"))) == Waiting()


def test_a_log_line_cannot_forge_ready():
    assert verdict(BOOTING + line("log| compute-instances: v1 version=3fa9c1d2 ready ms=1")) == Waiting()
