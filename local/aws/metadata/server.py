"""The metadata service over HTTP, behind the balancer of the machines' network.

Machines reach it as 169.254.169.254; the balancer says who asks in a header that it sets itself, whatever
the machine sent.
"""

from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

from local.aws.metadata.service import TOKEN, TOKEN_SECONDS, MetadataService
from local.errors import LocalError

_POLL = 0.05
"""Seconds until `stop` is noticed."""

ASKER = "X-Machine-Address"
"""The machine's private address."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128  # many machines boot at once, and each asks sixty times


class MetadataServer:
    """Serves from threads of its own after `start`."""

    def __init__(self, address: tuple[str, int], service: MetadataService) -> None:
        """Raises LocalError when somebody else listens on `address`."""
        try:
            self._server = _Server(address, _handler(service))
        except OSError as error:
            raise LocalError(
                f"cannot listen on {address[0]}:{address[1]}: {error.strerror}",
                hint="something else has this address: see `ss -ltnp`",
            ) from error

    def start(self) -> None:
        Thread(target=self._server.serve_forever, args=[_POLL], name="metadata", daemon=True).start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()


def _handler(service: MetadataService) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self._serve()

        def do_PUT(self) -> None:
            self._serve()

        def _serve(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            path = self.path.partition("?")[0]
            token = {name: self.headers[name] for name in (TOKEN, TOKEN_SECONDS) if name in self.headers}
            answer = service.answer(self.command, path, token, self.headers.get(ASKER, ""))
            self.send_response(answer.status)
            headers = {
                "Content-Type": "text/plain",
                "Content-Length": str(len(answer.body)),
                **answer.headers,
            }
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(answer.body)

        def log_message(self, *_: object) -> None:
            """cloud-init alone asks sixty times a boot."""

    return Handler
