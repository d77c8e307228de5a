"""The dead-man's switch: an address is asked only while casewatch does its work, and one that hangs disturbs nothing."""

import http.server
import sqlite3
import threading
import time

import pytest

from processes import wait_until
from spool_council import SpoolCouncil, to_director

ENOUGH = 4  # seconds without a ping, where one comes every second


class Listener:
    """Counts who asks; answers with `status`, or hangs where that is None."""

    def __init__(self):
        self.pings, self.status = [], 200
        listener = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                listener.pings.append((time.monotonic(), self.path))
                if listener.status is None:
                    time.sleep(30)  # it hangs
                else:
                    self.send_response(listener.status)
                    self.end_headers()

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def wait_ping(self, seconds=30):
        before = len(self.pings)
        wait_until(lambda: len(self.pings) > before, seconds, "a ping")

    def wait_silence(self, seconds=60):
        """No ping for a while: whoever listens would raise the alarm."""
        wait_until(lambda: self.pings and time.monotonic() - self.pings[-1][0] > ENOUGH, seconds, "silence")


@pytest.fixture
def listener():
    one = Listener()
    yield one
    one.server.shutdown()


@pytest.fixture
def council(tmp_path, ends, sink, listener):
    (tmp_path / "spool").mkdir()
    url = f"http://127.0.0.1:{listener.server.server_port}/secret-of-the-switch"
    return SpoolCouncil(tmp_path, ends, sink.port, **{"dead-man": {"url": url, "seconds": 1}}).start()


def test_pings_stop_when_mail_is_refused_and_come_again_when_it_is_taken(council, listener, sink):
    listener.wait_ping()
    assert listener.pings[0][1] == "/secret-of-the-switch"
    sink.plan(*["mail:421"] * 4)
    council.hear(1)
    listener.wait_silence()
    wait_until(lambda: to_director(sink), 90, "the mail, at last")
    listener.wait_ping()
    assert not any("secret-of-the-switch" in line for line in council.process.drain()), "the address is in the log"


def test_pings_stop_while_nothing_can_be_committed(council, listener):
    listener.wait_ping()
    base = sqlite3.connect(council.path / "casewatch.db", isolation_level=None)
    base.execute("BEGIN IMMEDIATE")
    listener.wait_silence()
    base.execute("ROLLBACK")
    base.close()
    listener.wait_ping()


def test_pings_stop_while_the_source_is_not_read(council, listener):
    listener.wait_ping()
    (council.path / "spool").rename(council.path / "elsewhere")
    listener.wait_silence()
    (council.path / "elsewhere").rename(council.path / "spool")
    listener.wait_ping()


def test_an_address_that_refuses_or_hangs_is_said_and_disturbs_nothing(council, listener, sink):
    listener.status = 500
    wait_until(lambda: council.query("SELECT 1 FROM condition WHERE id = 'ops.undeliverable' AND key = 'dead-man'"), 30,
               "ops to be told")
    listener.status = None
    listener.wait_ping()
    council.hear(1)
    wait_until(lambda: to_director(sink), 20, "the director told meanwhile")
