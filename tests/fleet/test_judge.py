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
def test_dead_refuses_at_once(state):
    refused = verdict(BOOTING, state=state, after=1, reason="Client.InstanceInitiatedShutdown")
    assert isinstance(refused, Refused)
    assert f"died after step packages: it is {state} (Client.InstanceInitiatedShutdown)" in refused.text


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


def test_an_aws_that_does_not_answer_is_not_an_instance_that_does_not_exist():
    def unanswered(after):
        sight = Sight(unanswered="RequestLimitExceeded")
        return judge(WANT, "i-0abc", sight, since=LAUNCH, now=LAUNCH + timedelta(seconds=after))

    assert unanswered(299) == Waiting()
    refused = unanswered(301)
    assert isinstance(refused, Refused)
    assert "could not be seen for 300 s: RequestLimitExceeded" in refused.text


def test_a_console_that_could_not_be_read_is_not_an_instance_that_hangs():
    sight = Sight(state="running", launched=LAUNCH, unread="RequestLimitExceeded")
    refused = judge(WANT, "i-0abc", sight, since=LAUNCH, now=LAUNCH + timedelta(seconds=301))
    assert isinstance(refused, Refused)
    assert "could not be seen for 300 s: RequestLimitExceeded" in refused.text


def test_another_versions_ready_does_not_count():
    assert verdict(READY.replace("3fa9c1d2", "0ld0ld00".replace("l", "1"))) == Waiting()


def test_a_log_line_cannot_forge_ready():
    assert verdict(BOOTING + line("log| compute-instances: v1 version=3fa9c1d2 ready ms=1")) == Waiting()
