"""moto's server on an address of ours, taught our instances and asking for signatures and permissions."""

import logging
import os
import socket
from collections.abc import Iterable
from io import BytesIO
from ipaddress import IPv4Network
from threading import Thread
from typing import TYPE_CHECKING

from moto import settings
from moto.ec2.models import ec2_backends, elastic_ip_addresses, elastic_network_interfaces, instances
from moto.iam import access_control
from moto.iam.models import iam_backends
from moto.kms import models as kms
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
from werkzeug.serving import BaseWSGIServer, make_server
from werkzeug.wsgi import get_input_stream

from local.aws.api.access import LocalRequest, LocalS3Request
from local.aws.api.account import ACCOUNT, REGION, AccessKey, create_admin, create_image
from local.aws.api.addresses import PublicAddresses
from local.aws.api.backend import LocalBackend
from local.aws.api.iam import LocalIam, LocalRoleKey
from local.aws.api.instance import LocalInstance
from local.aws.api.keys import LocalKey
from local.aws.api.lag import Lag
from local.aws.api.world import WORLD
from local.errors import LocalError

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_POLL = 0.05
"""Seconds until `stop` is noticed."""

_REFUSED = (
    b'<?xml version="1.0" encoding="UTF-8"?>\n'
    b"<Error><Code>AccessDenied</Code><Message>Access Denied: the request is not signed</Message></Error>"
)

_OF_MOTO = ("/moto-api", "/latest/meta-data/", "/latest/api/")
"""Pages of its own, by which anybody with any signature could empty the account."""


class ApiServer:
    """The API of one local AWS, serving from threads of its own after `start`."""

    def __init__(self, address: tuple[str, int], public: IPv4Network, iam_lag: float = 0.0) -> None:
        """What IAM is told is known `iam_lag` seconds later. Raises LocalError when `address` is taken."""
        _teach_moto(public)
        self.backend: LocalBackend = ec2_backends[ACCOUNT][REGION]
        self.backend.lag = iam_backends[ACCOUNT]["aws"].lag = Lag(iam_lag)
        self.key: AccessKey = create_admin()
        create_image(self.backend)
        self._server = _bind(address)

    def start(self) -> None:
        Thread(target=self._server.serve_forever, args=[_POLL], name="api", daemon=True).start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()


def _teach_moto(public: IPv4Network) -> None:
    """Set moto up before its first use. It keeps its settings and its state in modules: one per process."""
    os.environ["MOTO_EC2_LOAD_DEFAULT_AMIS"] = "false"  # hundreds, none of which could be booted
    settings.INITIAL_NO_AUTH_ACTION_COUNT = 0  # check keys and policies from the first call on
    settings.ENABLE_AMI_VALIDATION = True
    settings.ENABLE_KEYPAIR_VALIDATION = True
    settings.EC2_ENABLE_INSTANCE_TYPE_VALIDATION = True
    ec2_backends.backend = LocalBackend
    iam_backends.backend = LocalIam
    # moto looks these names up in its modules at every launch; its own give states and addresses nothing has.
    instances.Instance = LocalInstance
    access_control.AssumedRoleAccessKey = LocalRoleKey
    access_control.IAMRequest = LocalRequest
    access_control.S3IAMRequest = LocalS3Request
    kms.Key = LocalKey
    addresses = PublicAddresses(public, _taken_addresses)
    elastic_network_interfaces.random_public_ip = addresses.take
    elastic_ip_addresses.random_ip = addresses.take


def _taken_addresses() -> list[str | None]:
    backend = ec2_backends[ACCOUNT][REGION]
    return [one.public_ip for one in [*backend.enis.values(), *backend.addresses]]


def _bind(address: tuple[str, int]) -> BaseWSGIServer:
    logging.getLogger("werkzeug").setLevel(logging.WARNING)  # not a line per request
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(address)
    except OSError as error:
        listener.close()
        raise LocalError(
            f"cannot listen on {address[0]}:{address[1]}: {error.strerror}",
            hint="the local AWS of another folder, or something else, has this address: see `ss -ltnp`",
        ) from error
    listener.listen(128)
    app = _aws_only(_one_by_one(DomainDispatcherApplication(create_backend_app)))
    with listener:  # the server makes a copy of the descriptor
        return make_server(
            *address, app, threaded=True, request_handler=MotoRequestHandler, fd=listener.fileno()
        )


def _aws_only(app: "WSGIApplication") -> "WSGIApplication":
    """Refuse unsigned requests as AWS does, where moto fails with an HTTP 500, and moto's own pages."""

    def serve(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        if "HTTP_AUTHORIZATION" in environ and not environ["PATH_INFO"].startswith(_OF_MOTO):
            return app(environ, start_response)
        start_response("403 Forbidden", [("Content-Type", "application/xml")])
        return [_REFUSED]

    return serve


def _one_by_one(app: "WSGIApplication") -> "WSGIApplication":
    """Answer under the lock; a request is received before it, so a slow one holds nobody up."""

    def serve(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        body = get_input_stream(environ).read()
        environ |= {"wsgi.input": BytesIO(body), "CONTENT_LENGTH": str(len(body))}
        with WORLD:
            return app(environ, start_response)

    return serve
