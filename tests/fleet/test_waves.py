"""Waves, held against any count and any deploy section."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

import fleet.process
from fleet.waves import in_words, waves_of
from manifest.model import Deploy
from manifest.values import COUNT_MAX

counts = st.integers(0, COUNT_MAX)
shares = st.integers(1, 100).map(lambda percent: f"{percent}%")
deploys = st.builds(Deploy, canary=counts, max_parallel=st.integers(1, COUNT_MAX) | shares)


def bound(count, max_parallel):
    if isinstance(max_parallel, int):
        return max_parallel
    return max(1, count * int(max_parallel[:-1]) // 100)


@given(counts, deploys)
def test_every_index_once_and_the_lowest_first(count, deploy):
    assert [index for wave in waves_of(count, deploy) for index in wave] == [*range(count)]


@given(counts, deploys)
def test_the_canary_first_and_no_wave_after_it_above_the_bound(count, deploy):
    canary = min(deploy.canary, count)
    waves = waves_of(count, deploy)
    first, rest = (waves[:1], waves[1:]) if canary else ((), waves)
    assert [len(wave) for wave in first] == ([canary] if canary else [])
    assert all(len(wave) <= bound(count, deploy.max_parallel) for wave in rest)


@given(counts, deploys)
def test_no_wave_is_empty_and_only_the_last_is_smaller_than_it_may_be(count, deploy):
    waves = waves_of(count, deploy)
    assert all(waves)
    after_canary = waves[1:] if min(deploy.canary, count) else waves
    assert all(len(wave) == bound(count, deploy.max_parallel) for wave in after_canary[:-1])


@given(counts, counts, deploys)
def test_one_that_stands_has_the_same_index_when_more_come(count, more, deploy):
    grown = [index for wave in waves_of(count + more, deploy) for index in wave]
    assert grown[:count] == [index for wave in waves_of(count, deploy) for index in wave]


@pytest.mark.parametrize(
    ("count", "canary", "max_parallel", "sizes"),
    [
        (0, 1, "25%", []),
        (1, 1, "25%", [1]),
        (4, 1, "25%", [1, 1, 1, 1]),
        (10, 1, "25%", [1, 2, 2, 2, 2, 1]),
        (10, 0, "25%", [2, 2, 2, 2, 2]),
        (10, 3, 4, [3, 4, 3]),
        (3, 10, 1, [3]),
        (7, 0, "100%", [7]),
        (5, 0, "1%", [1, 1, 1, 1, 1]),
        (199, 0, "50%", [99, 99, 1]),
    ],
)
def test_examples(count, canary, max_parallel, sizes):
    deploy = Deploy(canary=canary, max_parallel=max_parallel)
    assert [len(wave) for wave in waves_of(count, deploy)] == sizes


@pytest.mark.parametrize(
    ("count", "canary", "max_parallel", "words"),
    [
        (0, 1, "25%", ""),
        (3, 3, 1, ""),
        (3, 1, "25%", "one after the other"),
        (10, 1, "25%", "1 first, then 2 at a time"),
        (10, 0, "25%", "2 at a time"),
        (5, 3, 1, "3 first, then one after the other"),
        (5, 1, 4, "1 first, then 4"),
        (5, 0, 3, "3 first, then 2"),
        (7, 3, 3, "3 at a time"),
    ],
)
def test_its_words(count, canary, max_parallel, words):
    assert in_words(waves_of(count, Deploy(canary=canary, max_parallel=max_parallel))) == words


@given(counts, deploys)
def test_words_say_how_many_are_first_and_how_many_after_them(count, deploy):
    waves = waves_of(count, deploy)
    words = in_words(waves).replace("one after the other", "1 at a time")
    told = [int(size) for size in re.findall(r"\d+", words)]
    assert told == [*dict.fromkeys(len(wave) for wave in waves[:2])] if len(waves) > 1 else not told


@pytest.fixture
def waited_for(monkeypatch, write, ready_dev):
    """For how many Stashes each wave of a fleet of ten waits: the first for the plan, others for gates."""
    waited, passed = [], fleet.process._passed

    def counted(stashes):
        stashes = list(stashes)
        waited.append(len(stashes))
        return passed(stashes)

    monkeypatch.setattr(fleet.process, "_passed", counted)
    slug = "https://slugs.example.com/a.tar.gz"
    write("apps/hello.yaml", {"slug_url": slug, "cmd": "bin/web", "count": 10})
    return waited


def test_a_wave_waits_for_the_gates_of_the_one_before_it_alone(run, waited_for):
    """Each waiting for all before it would be 500,000 waits for a fleet of 1,000."""
    seen = run()
    assert len(seen.of("Instance")) == 10
    assert waited_for == [1, 1, 2, 2, 2, 2]
    assert {one.inputs["ami"] for one in seen.of("Instance")} == {"ami-0abcdef0123456789"}


def test_a_preview_waits_for_nothing(run, waited_for, monkeypatch):
    monkeypatch.setattr(fleet.process, "is_dry_run", lambda: True)
    assert len(run().of("Instance")) == 10
    assert waited_for == []
