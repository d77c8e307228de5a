"""The answer page at 200 requests a second and the board at 10: alone; beside a spool directory that is read as fast as it goes; and
beside events that come at a pace."""
import http.client
import itertools
import socket
import statistics
import threading
import time

from pages import HEADER

RATE = 200       # requests a second, begun at their time whatever became of those before
TARGET_MS = 20   # p99
BOARD_RATE = 10  # a duty desk has a few screens; each is asked for once a minute


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("casewatch", timeout=30)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(30)
        self.sock.connect(self.path)


def ask(path, target, headers=None):
    connection = UnixConnection(path)
    try:
        connection.request("GET", target, headers=headers or {})
        reply = connection.getresponse()
        reply.read()
        return reply.status
    finally:
        connection.close()


def measure(path, target, seconds, clients=16, rate=RATE, headers=None):
    """Milliseconds from when each request was due to its last byte, and how many were told to come again."""
    took, busy, lock = [], [0], threading.Lock()
    begin = time.monotonic()

    def client(number):
        for turn in range(number, int(seconds * rate), clients):
            due = begin + turn / rate
            time.sleep(max(0, due - time.monotonic()))
            status = ask(path, target, headers)
            with lock:
                took.append((time.monotonic() - due) * 1000)
                busy[0] += status != 200

    threads = [threading.Thread(target=client, args=(number,)) for number in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(took), busy[0]


def figures(took, busy):
    quantile = statistics.quantiles(took, n=100)
    return f"p50 {quantile[49]:.1f} ms, p99 {quantile[98]:.1f} ms, longest {took[-1]:.1f} ms, {busy} of {len(took)} told to come again"


class Paced:
    """Puts so many events a second into the spool directory, a fifth of a second's in a file, until it is stopped."""

    def __init__(self, events, spool, a_second):
        self.spool, self.each, self.stopped, self.given = spool, a_second // 5, threading.Event(), 0
        self.parts = list(self._parts(events))
        self.thread = threading.Thread(target=self._give)

    def _parts(self, events):
        with open(events, encoding="utf-8") as lines:
            for number in range(1_000_000):
                some = list(itertools.islice(lines, self.each))
                if len(some) < self.each:
                    return
                part = self.spool / f".{number:06d}.part"
                part.write_text("".join(some), encoding="utf-8")
                yield part

    def _give(self):
        begin = time.monotonic()
        for turn, part in enumerate(self.parts):
            if self.stopped.wait(max(0, begin + turn / 5 - time.monotonic())):
                return
            part.rename(self.spool / f"{part.stem[1:]}.jsonl")
            self.given += self.each

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.stopped.set()
        self.thread.join()


class Pages:
    def __init__(self, council, say):
        self.council, self.say = council, say

    def beside(self, seconds, events, a_second):
        """The page beside so many events a second, if the daemon takes them: what it took is said."""
        self.council.hear()
        target, path = f"/a/{self.council.wait_link()}", str(self.council.path / "web.sock")
        ask(path, target)
        self.say(f"  alone: {figures(*measure(path, target, seconds / 2))}")
        with Paced(events, self.council.path / "spool", a_second) as paced:
            time.sleep(1)
            before, given, begun = self.taken(), paced.given, time.monotonic()
            took, busy = measure(path, target, seconds)
            lasted = time.monotonic() - begun
            taken, offered = self.taken() - before, paced.given - given
        p99 = statistics.quantiles(took, n=100)[98]
        rate = taken / lasted
        self.say(f"  beside {rate:,.0f} events/s taken of {offered / lasted:,.0f} offered: {figures(took, busy)} (target: p99 at most {TARGET_MS} ms"
                 f" beside 20,000 events/s{'' if p99 <= TARGET_MS and rate >= 0.98 * 20_000 else '; MISSED'})")

    def taken(self):
        return self.council.query("SELECT count(*) FROM event")[0][0]

    def board(self, name, path, seconds):
        """As it stands: beside the events it fills with what these open, up to as many as a page has."""
        took, busy = measure(path, "/board", seconds, clients=4, rate=BOARD_RATE, headers={HEADER: "p-edt"})
        self.say(f"  {name}: {figures(took, busy)}")

    def row(self, seconds, events):
        """`events`: a file of many, to be moved into the spool directory."""
        self.council.hear()
        target = f"/a/{self.council.wait_link()}"
        path = str(self.council.path / "web.sock")
        ask(path, target)
        self.say(f"  alone: {figures(*measure(path, target, seconds))}")
        self.board("the board, alone", path, seconds)
        before = self.council.query("SELECT count(*) FROM event")[0][0]
        begun = time.monotonic()
        events.rename(self.council.path / "spool" / "many.jsonl")
        took, busy = measure(path, target, seconds)
        self.board("the board, beside the rest of them", path, seconds / 2)
        taken = self.council.query("SELECT count(*) FROM event")[0][0] - before
        p99 = statistics.quantiles(took, n=100)[98]
        self.say(f"  beside {taken / (time.monotonic() - begun):,.0f} events/s: {figures(took, busy)}"
                 f" (target: p99 at most {TARGET_MS} ms{'' if p99 <= TARGET_MS else '; MISSED'})")
