"""Two daemons of one council, each with files of its own, both fed from one topic: which of them sends stands in a journal. The broker,
the group and the clocks are real. What may happen in which order is walked in tests/unit; here is what it comes to."""

import collections
import email
import json
import os
import signal
import sqlite3
import time

import pytest
import yaml

from processes import BUILD, ROOT, Process, patience, tool, wait_until
from smtp_sink import Sink

# A session lasts six seconds, and what is doubtful waits as long.
SECONDS = 40 * patience()
# Before INTENT, behind it, once it was read back, before the first byte, behind the last, before RESULT.
POINTS = ("want", "wanted", "may-send", "send", "sent", "over")
FROZEN = 11


class Machine:
    def __init__(self, name, cell, port, one_broker="yes", topic=None, journal=None, brokers=None):
        self.name, self.cell = name, cell
        self.process = None
        self.folder = cell.folder / name
        self.folder.mkdir()
        (self.folder / "spool").mkdir()
        (self.folder / "key").write_text("a key that both machines have\n")
        (self.folder / "key").chmod(0o600)
        self.config = self.folder / "casewatchd.yaml"
        self.config.write_text(yaml.safe_dump({
            "council": "Example Council", "database": "casewatch.db", "rules": f"{ROOT}/rules", "spool": "spool",
            "directory": f"{ROOT}/conf/directory.yaml", "templates": f"{ROOT}/conf/templates",
            "calendar": {"file": f"{ROOT}/conf/bank-holidays.json"},
            "kafka": {"topics": [topic or cell.topic], "group": f"{cell.topic}-{name}", "instance": f"{cell.topic}-{name}",
                      "properties": {"bootstrap.servers": brokers or cell.broker.plain}},
            "cell": {"machine": name, "council": "example", "journal": journal or cell.topic + "-journal",
                     "group": cell.topic + "-cell",
                     "key-file": "key", "one-broker": one_broker},
            "smtp": {"host": "127.0.0.1", "port": port, "tls": "none", "from": f"{name}@example.org", "domain": "example.org"},
        }), encoding="utf-8")

    def start(self, stops_at=None):
        program = tool("casewatchd_crash") if stops_at else os.path.join(BUILD, "casewatchd")
        more = {"STOP_AT": stops_at} if stops_at else {}
        self.process = self.cell.ends(Process([program, "--config", str(self.config)], cwd=self.folder, env={**os.environ, **more}))
        self.process.wait_for(">ready$", SECONDS)
        return self

    def wait_owns(self, after=0):
        self.process.wait_for(r"this machine \(\w+\) sends from here on", SECONDS, after)

    def stop(self):
        self.process.signal(signal.SIGTERM)
        assert self.process.finish(SECONDS) == 0

    def tool(self, command):
        program = self.cell.ends(Process([os.path.join(BUILD, "casewatch"), command, "--config", str(self.config)]))
        return program.finish(SECONDS), "\n".join(program.drain())

    def status(self):
        return self.tool("status")[1]

    def query(self, sql):
        base = sqlite3.connect(f"file:{self.folder}/casewatch.db?mode=ro", uri=True, timeout=10)
        try:
            return base.execute(sql).fetchall()
        finally:
            base.close()


class Cell:
    """Two machines, a topic, a journal, a mail server."""

    def __init__(self, folder, broker, topic, ends, sink):
        self.folder, self.broker, self.topic, self.ends, self.sink = folder, broker, topic, ends, sink
        folder.mkdir()
        broker.create(topic, 1, message_timestamp_type="LogAppendTime")
        broker.create(topic + "-journal", 1)
        self.amber, self.birch = (Machine(name, self, sink.port) for name in ("amber", "birch"))
        self.heard = 0

    def lines(self, count):
        for _ in range(count):
            self.heard += 1
            yield json.dumps({"specversion": "1.0", "id": f"e{self.heard}", "source": "/custody", "subject": f"C{7000 + self.heard}",
                              "type": "custody.threshold_met", "data": {"custody": f"K{self.heard}"},
                              "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())})

    def hear(self, count=1):
        self.broker.produce(self.topic, list(self.lines(count)))

    def mails(self):
        """Those to people about alerts: what operations hear is each machine's own."""
        found = [email.message_from_bytes(body) for _, body in self.sink.mails()]
        return [mail for mail in found if not mail["Subject"].startswith("[casewatch ops") and "ops@" not in mail["To"]]

    def told(self):
        return {mail["Message-ID"] for mail in self.mails()}

    def names(self, machine):
        """What there is to say so far, by the names that it has on every machine."""
        return {row[0].hex() for row in machine.query("SELECT same FROM outbox WHERE kind <> 1")}

    def assert_each_told_once(self):
        """Lost: none. Unmarked twice: none."""
        machines = [machine for machine in (self.amber, self.birch) if machine.process]
        waiting = "SELECT count(*) FROM outbox WHERE kind <> 1 AND open = 1 AND critical = 1"
        wait_until(lambda: min(machine.query("SELECT count(*) FROM alert WHERE rule = 'custody.threshold'")[0][0]
                               for machine in machines) == self.heard, SECONDS, "every machine holds every alert")
        wait_until(lambda: all(machine.query(waiting)[0][0] == 0 for machine in machines), SECONDS,
                   "every machine knows that every critical message went")
        unmarked = collections.Counter(mail["Message-ID"] for mail in self.mails() if not mail["X-Casewatch-Possible-Duplicate"])
        assert not [name for name, times in unmarked.items() if times > 1], "told twice unmarked"
        for machine in machines:
            sent = {row[0] for row in machine.query("SELECT message_id FROM outbox WHERE kind <> 1 AND state = 2")}
            assert sent <= self.told(), "a machine believes that something went, and nobody has it"
        alerts = self.amber.query("SELECT count(DISTINCT alert) FROM outbox WHERE purpose = 'opened' AND rule = 'custody.threshold'"
                                  " AND state = 2")[0][0]
        assert alerts == self.heard, "somebody was told of each"


@pytest.fixture
def cell(ends, tmp_path, broker, topic, sink):
    return Cell(tmp_path / "cell", broker, topic, ends, sink)


def test_a_killed_owner_is_followed_and_a_clean_stop_hands_over(cell):
    cell.amber.start().wait_owns()
    cell.birch.start()
    producer = cell.broker.producer(cell.topic, "-p", "0", "-r", "20")
    producer.feed(list(cell.lines(80)))
    wait_until(lambda: len(cell.told()) >= 15, SECONDS, "the owner is in the middle of it")
    assert "amber (this machine) sends" in cell.amber.status()
    cell.amber.process.kill()
    cell.birch.wait_owns()
    assert "birch (this machine) sends" in cell.birch.status()
    cell.amber.start()
    cell.assert_each_told_once()
    mark = len(cell.amber.process.drain())
    cell.birch.stop()
    cell.amber.wait_owns(mark)
    cell.hear(2)
    cell.birch.start()
    cell.assert_each_told_once()
    assert cell.names(cell.amber) == cell.names(cell.birch), "both hold the same messages"


def test_a_frozen_owner_does_not_send_what_its_successor_has(cell, chance):
    """Frozen for longer than its session, at a point of sending; CELL_POINTS=all: at each of them."""
    points = POINTS if os.environ.get("CELL_POINTS") == "all" else (chance.choice(POINTS),)
    for point in points:
        cell.amber.start(stops_at=point).wait_owns()
        cell.birch.start()
        before = len(cell.told())
        cell.hear(6)
        cell.birch.wait_owns()
        time.sleep(max(0, FROZEN - 6))
        cell.amber.process.signal(signal.SIGCONT)
        cell.assert_each_told_once()
        assert len(cell.told()) > before
        cell.amber.stop()
        cell.birch.stop()


def test_check_asks_the_broker_how_the_topics_are_kept(cell):
    found, words = cell.amber.tool("check")
    assert found == 0 and "outlives a machine, but not the disk of its one broker" in words, words
    found, words = Machine("cedar", cell, 25, one_broker="no").tool("check")
    assert found == 1 and "has 1 replica and min.insync.replicas 1" in words, words
    cell.broker.create(cell.topic + "-times", 1)
    found, words = Machine("damson", cell, 25, topic=cell.topic + "-times", journal="none").tool("check")
    assert found == 1 and "keeps its producers' times" in words and "there is none of that name" in words, words
    found, words = Machine("elder", cell, 25, brokers="127.0.0.1:9").tool("check")
    assert found == 0 and "could not be asked" in words, words
