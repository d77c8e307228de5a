"""A council's daemon for tests: its configuration, its process, its database, and the tool beside it."""

import array
import collections
import email
import json
import os
import signal
import time

from kafka_kit import run
import stored_events
from processes import BUILD, ROOT, Process, wait_until

CONFIGURATION = """
council: Example Council
database: casewatch.db
rules: {root}/rules
directory: {root}/conf/directory.yaml
templates: {root}/conf/templates
spool: spool
calendar:
  file: {root}/conf/bank-holidays.json
  zone: Europe/London
kafka:
  topics: [{topics}]
  group: {group}
  instance: {group}-1
  properties:
    bootstrap.servers: {brokers}
smtp:
  host: 127.0.0.1
  port: {port}
  tls: none
  from: casewatch@example.org
  domain: example.org
"""


class Council:
    def __init__(self, directory, brokers, topics, port, keep):
        self.directory = directory
        self.directory.mkdir(exist_ok=True)
        (self.directory / "spool").mkdir(exist_ok=True)
        self.keep = keep
        self.process = None
        self.config = self.directory / "casewatchd.yaml"
        self.config.write_text(CONFIGURATION.format(root=ROOT, topics=", ".join(topics), group=topics[0], brokers=brokers,
                                                    port=port), encoding="utf-8")

    # The daemon

    def start(self, ready=True):
        # The log goes to a file's worth of lines in memory, without a journal.
        self.process = self.keep(Process([os.path.join(BUILD, "casewatchd"), "--config", str(self.config)], cwd=self.directory))
        if ready:
            self.process.wait_for(">ready$", 30)
        return self.process

    def kill(self):
        self.process.kill()

    def stop(self, seconds=40):
        """SIGTERM: it finishes what it has in hand, and leaves as asked."""
        self.process.signal(signal.SIGTERM)
        assert self.process.finish(seconds) == 0, self.process.drain()[-20:]

    # The tool

    def tool(self, *arguments, **options):
        return run(os.path.join(BUILD, "casewatch"), *map(str, arguments), "--config", str(self.config), **options)

    def backtest(self, lines, until):
        """What would stand at `until`: sorted (rule, subject, evidence). Ids are left out: that of an alert which covers others
        depends on which of them was known first."""
        out = self.tool("backtest", "--until", until, "-", input="".join(line + "\n" for line in lines), seconds=120)
        standing = {}
        for line in map(json.loads, out.splitlines()):
            if line["what"] in ("alert.opened", "alert.updated"):
                standing[line["alert"]] = (line["rule"], line["subject"], tuple(line["evidence"]))
            elif line["what"] in ("alert.resolved", "alert.withdrawn"):
                standing.pop(line["alert"], None)
        return sorted(standing.values())

    # The database, beside the running daemon

    def query(self, sql, *values):
        base = stored_events.connect(self.directory / "casewatch.db")
        try:
            return base.execute(sql, values).fetchall()
        finally:
            base.close()

    def event_ids(self):
        return [json.loads(bytes(row[0]).decode("utf-8-sig"))["id"] for row in self.query("SELECT event_json(id, packed, bytes) FROM event")]

    def count(self, table):
        return self.query(f"SELECT count(*) FROM {table}")[0][0]

    def standing(self):
        """Sorted (rule, subject, evidence) of what stands now."""
        rows = self.query("SELECT a.rule, h.name, a.told_of FROM alert a JOIN history h ON h.id = a.history"
                          " WHERE a.state = 0 AND a.early = 0")
        ids = {ref: json.loads(bytes(row).decode("utf-8-sig"))["id"] for ref, row in self.query("SELECT id, event_json(id, packed, bytes) FROM event")}
        return sorted((rule, subject, tuple(ids[ref] for ref in array.array("q", refs))) for rule, subject, refs in rows)

    def wait_events(self, count, seconds=60):
        def there():
            if self.query("SELECT 1 FROM quarantine WHERE reason LIKE 'casewatch ended or failed%'"):
                raise AssertionError("one was set aside, and will not come")
            return self.count("event") >= count

        try:
            wait_until(there, seconds, f"{count} events stored")
        except AssertionError as late:
            aside = self.query("SELECT reason, count(*) FROM quarantine GROUP BY reason")
            raise AssertionError(f"{late}; {self.count('event')} are; set aside: {aside}; the daemon said: "
                                 f"{self.process.drain()[-30:]}") from late

    def wait_mails_gone(self, seconds=60):
        """Until nothing that may go out now waits."""
        wait_until(lambda: not self.query("SELECT 1 FROM outbox WHERE open = 1 AND not_before <= ? LIMIT 1",
                                          int(time.time() * 1e6)), seconds, "messages to leave")


def by_message(mails):
    """{Message-ID: [mail, ...]} in the order of arrival."""
    found = collections.defaultdict(list)
    for _, body in mails:
        mail = email.message_from_bytes(body)
        found[mail["Message-ID"]].append(mail)
    return found
