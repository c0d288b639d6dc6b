"""A ground with two machines on it, one for each file of tests."""

from collections.abc import Iterator

import pytest

from local.aws.ground import NspawnSite
from local.aws.nspawn import NspawnMachine
from local.home import Home
from tests.machines.ground.parts import PROBE, PROBES_OPEN, Ground, Internet, eventually, internet_at, says


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    return Home(tmp_path_factory.mktemp("ground") / "home")


@pytest.fixture(scope="module")
def internet(home: Home) -> Iterator[Internet]:
    with internet_at(home) as internet:
        yield internet


@pytest.fixture(scope="module")
def opened(home: Home, internet: Internet) -> Iterator[Ground]:
    site = NspawnSite(home, api=home.api, metadata=home.metadata)
    site.open()
    try:
        yield (ground := Ground(home, internet, site))
    finally:
        site.close()
    eventually(lambda: not any(machine.running() for machine in ground.booted))


@pytest.fixture(scope="module")
def machines(opened: Ground) -> tuple[NspawnMachine, NspawnMachine]:
    first, second = opened.boot(10, PROBE), opened.boot(11, PROBE)
    for machine in (first, second):
        says(machine, "probe: ready")
    return first, second


@pytest.fixture
def ground(opened: Ground, machines: tuple[NspawnMachine, NspawnMachine]) -> Ground:
    """Two machines that people may ask on port 5000, and nothing else is open."""
    assert all(machine.running() for machine in machines)
    opened.publish(*PROBES_OPEN)
    return opened
