"""From shadow to live: what was made in shadow reaches nobody; what still stands at go-live is told once."""

import datetime
import email
import json
import os
import signal
import sqlite3
import subprocess
import time

import pytest

from processes import BUILD, ROOT, Process, wait_until
from smtp_sink import Sink

SHADOW = """\
council: Example Council
database: casewatch.db
spool: spool
rules: {root}/rules
directory: {root}/conf/directory.yaml
templates: {root}/conf/templates
calendar: {{file: {root}/conf/bank-holidays.json}}
"""
LIVE = """\
go-live: {go_live}
smtp:
  host: 127.0.0.1
  port: {port}
  tls: none
  from: casewatch@example.org
  domain: example.org
"""


def now(seconds=0):
    at = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=seconds)
    return at.isoformat(timespec="seconds")


class Council:
    def __init__(self, path, ends):
        self.path, self.ends, self.sent = path, ends, 0
        self.configure("")

    def configure(self, more):
        (self.path / "casewatchd.yaml").write_text(SHADOW.format(root=ROOT) + more)

    def start(self):
        self.daemon = self.ends(Process([os.path.join(BUILD, "casewatchd"), "--config", str(self.path / "casewatchd.yaml")]))
        self.daemon.wait_for("ready")

    def stop(self):
        self.daemon.signal(signal.SIGTERM)
        assert self.daemon.finish(10) == 0

    def hear(self, id, type, subject, data):
        self.sent += 1
        hidden = self.path / "spool" / f".{self.sent}"
        hidden.write_text(json.dumps({"specversion": "1.0", "source": "/lcs", "time": now(), "id": id, "type": type,
                                      "subject": subject, "data": data}) + "\n")
        hidden.rename(self.path / "spool" / f"{self.sent:04}.jsonl")

    def status(self):
        return subprocess.run([os.path.join(BUILD, "casewatch"), "status", "--config", str(self.path / "casewatchd.yaml")],
                              capture_output=True, text=True, timeout=30, check=False).stdout

    def query(self, sql, *values):
        base = sqlite3.connect(f"file:{self.path}/casewatch.db?mode=ro", uri=True, timeout=10)
        try:
            return base.execute(sql, values).fetchall()
        finally:
            base.close()

    def alert(self, rule, subject):
        rows = self.query("SELECT a.id, a.state, a.told FROM alert a JOIN history h ON h.id = a.history"
                          " WHERE a.rule = ? AND h.name = ?", rule, subject)
        return rows[0] if rows else None


@pytest.fixture
def council(tmp_path, ends):
    council = Council(tmp_path, ends)
    council.start()
    return council


def test_what_stands_at_go_live_is_told_once_and_what_shadow_made_reaches_nobody(council, tmp_path):
    council.hear("e1", "custody.threshold_met", "C1", {"custody": "K1"})
    council.hear("e2", "custody.threshold_met", "C2", {"custody": "K2"})
    wait_until(lambda: council.alert("custody.threshold", "C1") and council.alert("custody.threshold", "C2"), 10, "two alerts")
    council.hear("e3", "event.withdrawn", "C2", {"id": "e2"})
    wait_until(lambda: council.alert("custody.threshold", "C2")[1] == 2, 10, "one is withdrawn")
    in_shadow = council.query("SELECT count(*) FROM outbox WHERE open = 1")[0][0]
    assert in_shadow >= 2, "shadow shows whom it would have told; of what nobody was told nobody hears that it is gone"
    said = "Channel      none: nobody is sent anything (shadow)"  # nothing is wrong, and nobody is told: a lost `smtp:` looks so, too
    wait_until(lambda: said in council.status(), 30, "status to say that it is shadow")
    council.stop()
    time.sleep(1.1)  # go-live is written in seconds, and is to be after all of that
    with Sink(tmp_path / "mails") as sink:
        council.configure(LIVE.format(go_live=now(1), port=sink.port))
        council.start()
        wait_until(sink.mails, 20, "the Director hears")
        wait_until(lambda: not council.query("SELECT 1 FROM outbox WHERE open = 1 AND not_before <= ? LIMIT 1",
                                             int(time.time() * 1e6)), 20, "nothing else waits")
        wait_until(lambda: "Channel      smtp: up" in council.status(), 30, "status to say that it is not")
        assert said not in council.status()
        told = [(meta["to"][0], email.message_from_bytes(body)) for meta, body in sink.mails()]
    assert len(told) == len({to for to, _ in told}), "one message a recipient"
    dropped = council.query("SELECT count(*) FROM outbox WHERE reply LIKE '%before go-live%'")[0][0]
    assert dropped == in_shadow
    assert council.alert("custody.threshold", "C1")[2] > council.alert("custody.threshold", "C2")[2]
