"""A web server for tests that receives webhooks, with faults by script; loopback only.

In a test:  with HookSink() as hooks: hooks.plan("503", "hang-up"); ... hooks.requests
A fault is taken by one request, in the order of the plan: a status ("204", "410", "301:URL"), "mute" (no answer, connection
open), "hang-up" (the request is kept, the connection closed without an answer), "go-on" (the same after "100 Continue"); without one the answer is 204.
"""

import http.server
import ssl
import threading

from processes import wait_until


class HookSink:
    def __init__(self, certificate=None, key=None):
        self.requests, self.connections = [], 0
        self._plan, self._lock = [], threading.Lock()
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def setup(self):
                outer.connections += 1
                super().setup()

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                with outer._lock:
                    outer.requests.append((self.path, dict(self.headers.items()), body))
                    fault = outer._plan.pop(0) if outer._plan else "204"
                outer._answer(self, fault)

            def log_message(self, *arguments):
                pass

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, request, client_address):
                pass  # a client that hangs up, or refuses our certificate

        self._server = Server(("127.0.0.1", 0), Handler)
        self.scheme = "http"
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate, key)
            # With the handshake in the thread of the connection: one that fails must not end the server.
            self._server.socket = context.wrap_socket(self._server.socket, server_side=True, do_handshake_on_connect=False)
            self.scheme = "https"
        self.port = self._server.server_address[1]
        self._ending = threading.Event()

    def _answer(self, handler, fault):
        if fault == "mute":
            self._ending.wait(60)
        if fault == "go-on":  # an interim answer, and then none
            handler.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        if fault in ("mute", "hang-up", "go-on"):
            handler.close_connection = True
            return
        status, _, target = fault.partition(":")
        handler.send_response(int(status))
        if target:
            handler.send_header("Location", target)
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    def plan(self, *faults):
        with self._lock:
            self._plan.extend(faults)

    def url(self, path="/hook", host="127.0.0.1"):
        return f"{self.scheme}://{host}:{self.port}{path}"

    def wait(self, count, seconds=20):
        wait_until(lambda: len(self.requests) >= count, seconds, f"{count} requests")
        return self.requests

    def __enter__(self):
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        return self

    def __exit__(self, *error):
        self._ending.set()
        self._server.shutdown()
        self._server.server_close()
