"""The process that is a local AWS: API, metadata service, machines, network; from start to clean end."""

import logging
import os
import signal
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from threading import Event
from typing import TYPE_CHECKING

from local.aws.machine import Site
from local.aws.simulated import SimulatedSite
from local.connection import Connection, announce
from local.home import Home

if TYPE_CHECKING:
    from local.aws.api.server import ApiServer

log = logging.getLogger(__name__)


def serve(home: Home, kind: str, iam_lag: float) -> None:
    """Be the local AWS of `home` with machines of `kind` until SIGTERM or SIGINT. Raises LocalError.

    What IAM is told is known to others `iam_lag` seconds later. When this returns, nothing is left but a log.
    """
    over = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: over.set())
    with ExitStack() as at_end:
        site = make_site(home, kind)
        at_end.callback(site.close)
        with ThreadPoolExecutor(1) as beside:
            opened = beside.submit(site.open)
            api = _serve_api(home, iam_lag, at_end)  # imports moto, which takes a second
            opened.result()
        _run_machines(api, site, at_end)
        if not over.is_set():
            _announce(home, kind, api, at_end)
            log.info("ready on %s", home.endpoint)
        over.wait()
        log.info("ending")


def make_site(home: Home, kind: str) -> Site:
    """The ground for machines of `kind`: `nspawn` or `simulated`."""
    if kind == "simulated":
        return SimulatedSite()
    from local.aws.ground import NspawnSite  # noqa: PLC0415  # needs tools that simulated machines do not

    return NspawnSite(home, api=home.api, metadata=home.metadata)


def _serve_api(home: Home, iam_lag: float, at_end: ExitStack) -> "ApiServer":
    from local.aws.api.server import ApiServer  # noqa: PLC0415  # moto, see above
    from local.aws.metadata.instances import Instances  # noqa: PLC0415
    from local.aws.metadata.server import MetadataServer  # noqa: PLC0415
    from local.aws.metadata.service import MetadataService  # noqa: PLC0415

    api = ApiServer(home.api, home.loopback, iam_lag)
    metadata = MetadataServer(home.metadata, MetadataService(Instances(api.backend).find))
    for server in (api, metadata):
        server.start()
        at_end.callback(server.stop)
    return api


def _run_machines(api: "ApiServer", site: Site, at_end: ExitStack) -> None:
    from local.aws.keeper import Keeper  # noqa: PLC0415
    from local.aws.loop import start_loops  # noqa: PLC0415  # moto, see above

    keeper, stop = Keeper(site, api.backend.consoles), Event()
    loops = start_loops(api.backend, keeper, site, stop)
    at_end.callback(keeper.close)
    for loop in loops:
        at_end.callback(loop.join)
    at_end.callback(stop.set)


def _announce(home: Home, kind: str, api: "ApiServer", at_end: ExitStack) -> None:
    connection = Connection(
        pid=os.getpid(),
        endpoint=home.endpoint,
        region=api.backend.region_name,
        account=api.backend.account_id,
        access_key=api.key.id,
        secret_key=api.key.secret,
        machines=kind,
        iam_lag=api.backend.lag.seconds,
    )
    announce(home, connection)
    at_end.callback(home.connection_file.unlink, missing_ok=True)
