"""Who reads or changes moto's state does so alone."""

import io
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Event, Thread
from typing import Any

import pytest
from moto.ec2.models import instances

from local.aws.api.account import ACCOUNT, REGION
from local.aws.api.backend import LocalBackend
from local.aws.api.instance import LocalInstance
from local.aws.api.server import _one_by_one
from local.aws.api.world import WORLD
from local.aws.keeper import Keeper
from local.aws.loop import MachineLoop, NetworkLoop
from local.aws.metadata.instances import Instances
from local.aws.simulated import SimulatedSite


def is_free() -> bool:
    """Whether another thread than this would get it now."""
    with ThreadPoolExecutor(1) as other:
        return other.submit(_take).result()


def _take() -> bool:
    if taken := WORLD.acquire(blocking=False):
        WORLD.release()
    return taken


@contextmanager
def taken_by_another() -> Iterator[None]:
    taken, over = Event(), Event()

    def hold() -> None:
        with WORLD:
            taken.set()
            over.wait()

    (other := Thread(target=hold)).start()
    taken.wait()
    try:
        yield
    finally:
        over.set()
        other.join()


class Upload(io.BytesIO):
    """A request's body that says whether somebody is held up while it comes."""

    def readable(self) -> bool:
        return True

    def read(self, *size: int | None) -> bytes:
        assert is_free(), "a slow upload holds everybody up"
        return super().read(*size)


def test_a_request_is_received_in_its_own_time_and_answered_alone() -> None:
    def app(environ: dict[str, Any], _: object) -> list[bytes]:
        assert not is_free()
        return [environ["wsgi.input"].read()]

    request = {"wsgi.input": Upload(b"Action=Do and more"), "CONTENT_LENGTH": "9"}
    assert [*_one_by_one(app)(request, lambda *_: None)] == [b"Action=Do"]
    assert is_free()


@pytest.fixture
def backend(monkeypatch: pytest.MonkeyPatch) -> LocalBackend:
    monkeypatch.setenv("MOTO_EC2_LOAD_DEFAULT_AMIS", "false")
    monkeypatch.setattr(instances, "Instance", LocalInstance)
    return LocalBackend(REGION, ACCOUNT)


READERS: dict[str, Callable[[LocalBackend], Callable[[], Any]]] = {
    "the machines' loop": lambda one: MachineLoop(one, Keeper(SimulatedSite(), one.consoles)).turn,
    "the network's loop": lambda one: NetworkLoop(one, SimulatedSite()).turn,
    "the metadata service": lambda one: lambda: Instances(one).find("172.31.0.4"),
}


@pytest.mark.parametrize("who", READERS)
def test_who_looks_waits_until_the_others_have_done(backend: LocalBackend, who: str) -> None:
    look = READERS[who](backend)
    with ThreadPoolExecutor(1) as beside:
        with taken_by_another():
            looked = beside.submit(look)
            with pytest.raises(TimeoutError):
                looked.result(timeout=0.3)
        looked.result(timeout=60)
