"""Daemons of one council, each with files of its own, all fed from one partition of a topic, and a mail server: what tests of cells
have in common."""

import collections
import email
import hashlib
import json
import os
import re
import signal
import sqlite3
import time
from hmac import new as hmac_of

import yaml

from processes import BUILD, ROOT, Process, patience, tool, wait_until

# A session lasts six seconds, and what is doubtful waits as long.
SECONDS = 40 * patience()


def settles(count):
    """The figure once it has stood still for two seconds."""
    figure, since = count(), time.monotonic()

    def stands():
        nonlocal figure, since
        if count() != figure:
            figure, since = count(), time.monotonic()
        return time.monotonic() - since > 2

    wait_until(stands, SECONDS, "it stands still")
    return figure


class Machine:
    def __init__(self, name, cell, port, one_broker="yes", topic=None, journal=None, brokers=None, group=None, machine=None):
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
            "kafka": {"topics": [topic or cell.topic], "partitions": [0], "sources": ["/"], "group": f"{cell.topic}-{name}",
                      "properties": {"bootstrap.servers": brokers or cell.broker.plain}},
            "cell": {"machine": machine or name, "council": "example", "journal": journal or cell.topic + "-journal",
                     "group": group or cell.topic + "-cell",
                     "key-file": "key", "one-broker": one_broker, "edition-seconds": 300},
            "smtp": {"host": "127.0.0.1", "port": port, "tls": "none", "from": f"{name}@example.org", "domain": "example.org"},
        }), encoding="utf-8")

    def run(self, stops_at=None, deadly=None, faults=False, clock=None):
        """`deadly`: it is killed, as by its watchdog, each time it stores an event with those words; `faults`: its disk fails on demand
        (break_disk); `clock`: its wall clock is so many seconds ahead."""
        program = tool("casewatchd_crash") if stops_at else os.path.join(BUILD, "casewatchd")
        more = {"STOP_AT": stops_at} if stops_at else {}
        if deadly:
            more = {**self.preloaded("deadly_record.so"), "DEADLY_RECORD": deadly}
        if faults:
            self.faults = self.folder / "faults"
            self.faults.mkdir(exist_ok=True)
            more = {**self.preloaded("storage_fault.so"), "STORAGE_FAULTS": str(self.faults)}
        if clock:
            more = {**self.preloaded("wall_clock.so"), "WALL_CLOCK_AHEAD": str(clock)}
        self.process = self.cell.ends(Process([program, "--config", str(self.config)], cwd=self.folder, env={**os.environ, **more}))
        return self

    @staticmethod
    def preloaded(library):
        return {"LD_PRELOAD": tool(library), "ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "") + ":verify_asan_link_order=0"}

    def break_disk(self, fault, ending):
        hidden = self.faults / f".{fault}"
        hidden.write_text(ending)
        hidden.rename(self.faults / fault)

    def mend_disk(self, fault):
        (self.faults / fault).unlink()

    def start(self, *how, **kinds):
        self.run(*how, **kinds).process.wait_for(">ready$", SECONDS)
        return self

    def dies(self, deadly, times):
        """Started as often as that it dies at the record so many times."""
        for _ in range(times):
            if not (self.process and self.process.running()):
                self.run(deadly=deadly)
            self.process.finish(SECONDS)

    def wait_owns(self, after=0):
        self.process.wait_for(r"this machine \(\w+\) sends from here on", SECONDS, after)

    def says_it_sends(self):
        said = [line for line in self.process.drain() if re.search(r"this machine \(\w+\) sends", line)]
        return bool(said) and "sends from here on" in said[-1]

    def wait_stands_by(self):
        """In the group it is some moments later, which nobody says."""
        self.process.wait_for(r"this machine \(\w+\) has read the log, and stands by", SECONDS)

    def move(self):
        """Hands over to whoever stands by. Until that one is in the group nobody does, and it may come into it between two orders:
        it has taken over then, as it has been there for longer than who was told to step back."""
        def order():
            found, words = self.tool("move")
            return (found, words) if found != 1 else None
        return wait_until(order, SECONDS, "it is handed over")

    def stop(self):
        self.process.signal(signal.SIGTERM)
        assert self.process.finish(SECONDS) == 0

    def tool(self, *words, config=None):
        program = self.cell.ends(Process([os.path.join(BUILD, "casewatch"), *words, "--config", str(config or self.config)]))
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
    """Some machines, a topic, a journal, a mail server."""

    def __init__(self, folder, broker, topic, ends, sink, names=("amber", "birch"), own=None, **kept):
        """`own`: what machines are told otherwise than the rest, by name; `kept`: how the topics are."""
        self.folder, self.broker, self.topic, self.ends, self.sink = folder, broker, topic, ends, sink
        folder.mkdir()
        broker.create(topic, 1, message_timestamp_type="LogAppendTime", **kept)
        broker.create(topic + "-journal", 1, **kept)
        self.machines = []
        for name in names:
            setattr(self, name, Machine(name, self, **{"port": sink.port, **(own or {}).get(name, {})}))
            self.machines.append(getattr(self, name))
        self.heard = 0
        self.read_mails = {}

    def lines(self, count):
        for _ in range(count):
            self.heard += 1
            yield json.dumps({"specversion": "1.0", "id": f"e{self.heard}", "source": "/custody", "subject": f"C{7000 + self.heard}",
                              "type": "custody.threshold_met", "data": {"custody": f"K{self.heard}"},
                              "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())})

    def running(self):
        return [machine for machine in self.machines if machine.process and machine.process.running()]

    def read(self, machine):
        """How far: the offset after the last record taken."""
        return max([row[0] for row in machine.query("SELECT next FROM position WHERE name LIKE 'kafka:%'")], default=0)

    def what_stands(self, machine):
        """What must be the same on every machine that has read as far: of operations each has its own."""
        return {
            "alerts": machine.query("SELECT alert.id, rule, name, state, opened, closed, told, step, next, acknowledged, early FROM alert"
                                    " JOIN history ON history.id = alert.history ORDER BY alert.id"),
            "events": machine.query("SELECT name, time, arrived, flags FROM event JOIN history ON history.id = event.history"
                                    " ORDER BY name, time, arrived"),
            "messages": sorted(row[0].hex() for row in machine.query("SELECT same FROM outbox WHERE kind <> 1")),
            "quarantine": machine.query("SELECT source_name, state FROM quarantine ORDER BY source_name"),
        }

    def assert_equal(self):
        machines = self.running()
        wait_until(lambda: len({self.read(machine) for machine in machines}) == 1, SECONDS, "all have read as far")
        try:
            wait_until(lambda: all(self.what_stands(machine) == self.what_stands(machines[0]) for machine in machines[1:]), SECONDS / 2,
                       "the same stands on every machine")
        except AssertionError:
            first = self.what_stands(machines[0])
            for machine in machines[1:]:
                for what, rows in self.what_stands(machine).items():
                    assert rows == first[what], f"{what} of {machine.name} and {machines[0].name}"

    def order(self, name, words):
        """As a machine of the cell gives one: sealed by their key."""
        def hmac(key, whole):
            return hmac_of(key, whole, hashlib.sha256).digest()

        key = hmac((self.amber.folder / "key").read_bytes().strip(), b"casewatch cell: seal of orders")
        council, order, value = b"example", name.encode(), words.encode()
        seal = hmac(key, b"casewatch cell order %d %s %d %s " % (len(council), council, len(order), order)
                    + hashlib.sha256(value).digest())
        headers = {"casewatch-council": "example", "casewatch-order": name, "casewatch-seal": "0x" + seal.hex()}
        self.broker.produce(self.topic, ["".join(f"{header}={said}\t" for header, said in headers.items()) + words], "--binary")

    def hear(self, count=1):
        self.broker.produce(self.topic, list(self.lines(count)))

    def mails(self):
        """Those to people about alerts: what operations hear is each machine's own."""
        for meta in sorted(self.sink.folder.glob("*.json")):
            if meta.name not in self.read_mails:
                self.read_mails[meta.name] = email.message_from_bytes(meta.with_suffix(".eml").read_bytes())
        return [mail for mail in self.read_mails.values() if not mail["Subject"].startswith("[casewatch ops") and "ops@" not in mail["To"]]

    def marked(self):
        return [mail for mail in self.mails() if mail["X-Casewatch-Possible-Duplicate"]]

    def senders(self):
        """Of those mails, in the order in which they came."""
        return [mail["From"].split("<")[-1].split("@")[0] for mail in self.mails()]

    def owner(self):
        """The one that said last of itself that it sends."""
        def found():
            sends = [machine for machine in self.running() if machine.says_it_sends()]
            return sends[0] if len(sends) == 1 else None
        return wait_until(found, SECONDS, "one machine sends")

    def told(self):
        return {mail["Message-ID"] for mail in self.mails()}

    def names(self, machine):
        """What there is to say so far, by the names that it has on every machine."""
        return {row[0].hex() for row in machine.query("SELECT same FROM outbox WHERE kind <> 1")}

    def assert_each_told_once(self):
        """Lost: none. Unmarked twice: none."""
        machines = self.running()
        waiting = "SELECT count(*) FROM outbox WHERE kind <> 1 AND open = 1 AND critical = 1"
        wait_until(lambda: min(machine.query("SELECT count(*) FROM alert WHERE rule = 'custody.threshold'")[0][0]
                               for machine in machines) == self.heard, SECONDS, "every machine holds every alert")
        wait_until(lambda: all(machine.query(waiting)[0][0] == 0 for machine in machines), SECONDS,
                   "every machine knows that every critical message went")
        unmarked = collections.Counter(mail["Message-ID"] for mail in self.mails() if not mail["X-Casewatch-Possible-Duplicate"])
        assert not [name for name, times in unmarked.items() if times > 1], "told twice unmarked"
        for machine in machines:
            sent = {row[0] for row in machine.query("SELECT message_id FROM outbox WHERE kind <> 1 AND state = 2")}
            assert sent <= self.told(), f"{machine.name} believes that something went, and nobody has it: {sent - self.told()}"
        alerts = machines[0].query("SELECT count(DISTINCT alert) FROM outbox WHERE purpose = 'opened' AND rule = 'custody.threshold'"
                                  " AND state = 2")[0][0]
        assert alerts == self.heard, "somebody was told of each"
