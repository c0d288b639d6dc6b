"""Hello from Python. The greeting is read by a package that lies in vendor/."""

import os
import signal
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from iniconfig import IniConfig

GREETING = IniConfig("settings.ini")["web"]["greeting"]


class Web(BaseHTTPRequestHandler):
    def do_GET(self):
        body = f"{GREETING}\n".encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/plain")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


signal.signal(signal.SIGTERM, lambda *_: sys.exit())
server = ThreadingHTTPServer(("", int(os.environ["PORT"])), Web)
print(f"listening on {server.server_port}", flush=True)
server.serve_forever()
