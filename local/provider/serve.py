"""The plugin's process: a gRPC server on the loopback, for as long as the engine that started it lives."""

import os
import signal
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import grpc
from pulumi.runtime.proto import provider_pb2_grpc

from local.provider.servicer import Servicer

CALLS_AT_ONCE = 256
"""Threads: one waits in each creation. The engine makes as many at once as PULUMI_PARALLEL says."""

LARGEST_MESSAGE = 400 * 1024 * 1024
"""Bytes; what the engine's own channels allow."""

OPTIONS = (
    ("grpc.max_receive_message_length", LARGEST_MESSAGE),
    ("grpc.max_send_message_length", LARGEST_MESSAGE),
)


def server(stop: threading.Event) -> tuple[grpc.Server, int]:
    """A started server and its port. The caller stops it."""
    made = grpc.server(ThreadPoolExecutor(CALLS_AT_ONCE), options=OPTIONS)
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(Servicer(stop), made)
    port = made.add_insecure_port("127.0.0.1:0")
    made.start()
    return made, port


def main() -> None:
    """Serve, tell the engine the port on stdout, and end with the engine."""
    stop, over, engine = threading.Event(), threading.Event(), os.getppid()
    for number in (signal.SIGINT, signal.SIGTERM):
        # Said here even though it is the usual thing: in a shell's background jobs SIGINT comes ignored.
        signal.signal(number, lambda *_: over.set())
    running, port = server(stop)
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    while not over.wait(1.0) and os.getppid() == engine:
        pass  # a killed engine says nothing; its child then has another parent
    stop.set()
    running.stop(grace=None).wait()
