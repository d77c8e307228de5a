"""A wire between a program and its server that can be cut without either noticing: nothing is refused, nothing is closed, and no
byte comes over. It stands where a cable, a switch or a firewall does; no rights and no modules of the kernel are needed for it."""

import select
import socket
import threading

PORTION = 65536
TOWARDS_SERVER, TOWARDS_CLIENT = "requests", "answers"
BOTH = (TOWARDS_SERVER, TOWARDS_CLIENT)


class Wire:
    """Clients connect to .address; it leads to `server` ("host:port", which may be said later) until cut() and after mend()."""

    def __init__(self, server=None):
        self.server = server
        self.whole = {way: threading.Event() for way in BOTH}
        for event in self.whole.values():
            event.set()
        self.stopping = threading.Event()
        self.lock = threading.Lock()
        self.open, self.fill = set(), []
        self.carried = {way: 0 for way in BOTH}  # bytes, by way
        self.listening = socket.socket()
        self.listening.bind(("127.0.0.1", 0))
        self.listening.listen(64)
        self.address = "127.0.0.1:%d" % self.listening.getsockname()[1]
        self.accepting = threading.Lock()
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stopping.set()
        for event in self.whole.values():
            event.set()
        with self.lock:
            for one in [*self.open, *self.fill, self.listening]:
                one.close()

    def cut(self, *ways):
        """No byte goes over in the given ways (all, unless said), and who knocks anew hears nothing, not even a refusal."""
        ways = ways or BOTH
        for way in ways:
            self.whole[way].clear()
        with self.accepting:
            self.listening.listen(0)  # the kernel keeps quiet to who knocks when the place is full: it is filled here
            while True:
                one = socket.socket()
                one.settimeout(0.3)
                try:
                    one.connect(self.listening.getsockname())
                    self.fill.append(one)
                except TimeoutError:
                    one.close()
                    break

    def mend(self):
        with self.accepting:
            for one in self.fill:
                one.close()
            self.fill = []
            self.listening.listen(64)
        for event in self.whole.values():
            event.set()

    # ---- in threads ----

    def _is_whole(self):
        return all(event.is_set() for event in self.whole.values())

    def _accept(self):
        while not self.stopping.is_set():
            with self.accepting:
                if not self._is_whole() or not select.select([self.listening], [], [], 0)[0]:
                    client = None
                else:
                    client = self.listening.accept()[0]
            if client is None:
                self.stopping.wait(0.02)
                continue
            self._join(client)

    def _join(self, client):
        host, port = self.server.split(":")
        try:
            server = socket.create_connection((host, int(port)), timeout=10)
        except OSError:
            client.close()
            return
        server.settimeout(None)
        with self.lock:
            self.open |= {client, server}
        for way, source, sink in ((TOWARDS_SERVER, client, server), (TOWARDS_CLIENT, server, client)):
            threading.Thread(target=self._carry, args=(way, source, sink), daemon=True).start()

    def _carry(self, way, source, sink):
        """One way of one connection: its end is carried over, too, but not while the wire is cut."""
        try:
            while True:
                portion = source.recv(PORTION)
                self.whole[way].wait()
                if not portion:
                    break
                sink.sendall(portion)
                self.carried[way] += len(portion)
        except OSError:
            pass  # one side is gone: so is, for the other, the connection
        finally:
            for one in (source, sink):
                try:
                    one.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass  # it was closed by the other way's thread
