"""kill -9 at every transition of a message: nobody is missed, and nothing goes twice unmarked.

The daemon is build/tests/casewatchd_crash (tests/tools/crash_points.c): the same objects with named points at which it ends.
It is killed at one point after another, each time with a child newly in custody; what each run leaves, the next one finds.
At last the daemon that is installed makes an end of it. docs/delivery.md has the table of points.
`make crash KILLS=1000` goes on at random: any point, the N-th time it is passed, any fault of the mail server."""

import json
import os
import re
import sqlite3
import time

import pytest
import yaml

from daemon_kit import by_message
from notify_stub import KEY, TEMPLATE, NotifyStub
from processes import BUILD, ROOT, Process, patience, tool, wait_until

CONFIG = """\
council: Example Council
database: casewatch.db
spool: spool
rules: {root}/rules
directory: directory.yaml
templates: {root}/conf/templates
calendar: {{file: {root}/conf/bank-holidays.json}}
smtp: {{host: 127.0.0.1, port: {mail}, tls: none, from: casewatch@example.org, domain: example.org, timeout-milliseconds: 3000}}
"""
NOTIFY = "notify: {{key-file: key, text-template: {template}, url: '{url}', timeout-milliseconds: 2000}}\n"
DIRECTOR = "director.childrens.care@example.org"

# point -> what the mail server does with the next message, so that it is passed
BY_MAIL = {
    "take-stored": None, "owed": None, "take-commit": None, "take-committed": None,
    "tick-commit": None, "tick-committed": None,
    "claim-marked": None, "claim-named": None, "claim-commit": None, "claim-committed": None,
    "send": None, "sent": None, "result": None, "written-accepted": None, "result-commit": None, "result-committed": None,
    "recover": None, "recover-commit": None, "recover-committed": None,
    "written-retry": "rcpt:451", "written-uncertain": "hangup-end",
    "written-failed": "refused", "climb": "refused", "climb-owed": "refused", "climb-commit": "refused",
    "climb-committed": "refused",
}
FAULTS = (None, "refused", "rcpt:451", "hangup-end", "hangup-data", "end:451", "greet:421")
# Of a text of seven alerts, point after point: what the service says to the next request to send. The N-th row of it is written
# when the process ends, and the others are not.
BY_STORM = (("claim-named:3", None), ("claim-committed", None), ("send", None), ("written-retry:3", "429"), ("result-commit", "429"),
            ("result-committed", "503"), ("recover-commit", None), ("recover-committed", None), ("claim-marked", None), ("sent", None),
            ("written-given:4", None), ("ask", None), ("asked", None), ("written-delivered:3", None))
BY_TEXT = ("send", "sent", "written-given", "ask", "asked", "written-delivered", "result-commit")


class Council:
    def __init__(self, path, ends, sink, notify=None):
        self.path, self.ends, self.sink, self.events = path, ends, sink, 0
        self.config = path / "casewatchd.yaml"
        self.config.write_text(CONFIG.format(root=ROOT, mail=sink.port) +
                               (NOTIFY.format(template=TEMPLATE, url=notify.url) if notify else ""))
        (path / "key").write_text(KEY + "\n")
        (path / "key").chmod(0o600)
        (path / "spool").mkdir()
        directory = yaml.safe_load(open(os.path.join(ROOT, "conf/directory.yaml"), encoding="utf-8"))
        for person in directory["people"]:
            if person["id"] == "p-director" and notify:
                person.update({"phone": "07700 900123", "channels": ["text", "email"]})
        (path / "directory.yaml").write_text(yaml.safe_dump(directory))

    def hear(self, children=1):
        """So many newly in custody, at once."""
        at, lines = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), []
        for number in range(self.events + 1, self.events + children + 1):
            lines.append(json.dumps({"specversion": "1.0", "id": f"e{number}", "source": "/custody", "subject": f"C{7000 + number}",
                                     "type": "custody.threshold_met", "data": {"custody": f"K{number}"}, "time": at}) + "\n")
        self.events += children
        hidden = self.path / "spool" / f".{self.events}.part"
        hidden.write_text("".join(lines))
        hidden.rename(self.path / "spool" / f"{self.events:06d}.jsonl")

    def start(self, point=None):
        program = tool("casewatchd_crash") if point else os.path.join(BUILD, "casewatchd")
        environment = {**os.environ, **({"CRASH_AT": point} if point else {})}
        return self.ends(Process([program, "--config", str(self.config)], cwd=self.path, env=environment))

    def die_at(self, point, seconds, hears=1):
        """Whether it came to the point; one that did not is killed where it is. So many children are in custody once it is
        ready, or cannot be any more."""
        daemon = self.start(point)
        if hears:
            wait_until(lambda: not daemon.running() or any(line.endswith("ready") for line in daemon.drain()), 30 * patience(),
                       "ready or dead")
            for _ in range(hears):
                self.hear()
        until = time.monotonic() + seconds
        while daemon.running() and time.monotonic() < until:
            time.sleep(0.01)
        died = not daemon.running()
        daemon.kill()
        assert not died or daemon.finish() == -9, daemon.drain()[-20:]
        return died

    def query(self, sql):
        base = sqlite3.connect(f"file:{self.path}/casewatch.db?mode=ro", uri=True, timeout=10)
        try:
            return base.execute(sql).fetchall()
        finally:
            base.close()

    def settle(self):
        """The installed daemon makes an end of what is left."""
        self.sink.by_recipient.clear()
        daemon = self.start()
        daemon.wait_for(">ready$", 30 * patience())
        wait_until(lambda: self.query("SELECT count(*) FROM event")[0][0] == self.events, 60 * patience(), "every event stored")
        wait_until(lambda: self.query("SELECT count(*) FROM alert WHERE rule = 'custody.threshold'")[0][0] == self.events,
                   60 * patience(), "an alert of every event")
        wait_until(lambda: not self.query("SELECT 1 FROM outbox WHERE open = 1 AND number > 0 AND critical = 1 LIMIT 1"),
                   120 * patience(), "every critical message at its end")
        # Killed between a message that failed and the step that follows it, none is open and nobody was told yet.
        wait_until(lambda: not self.query("SELECT 1 FROM alert WHERE rule = 'custody.threshold' AND number NOT IN"
                                          " (SELECT number FROM outbox WHERE state IN (2, 3)) LIMIT 1"),
                   60 * patience(), "somebody told of every alert")
        daemon.kill()


def assert_nobody_is_missed(council, sink, texts=()):
    """By the number in a mail or text; or by the text that its row went in: of more than five within a minute one text says how many."""
    mails = sink.mails()
    assert council.query("SELECT count(*) FROM alert WHERE rule = 'custody.threshold'") == [(council.events,)]
    told = " ".join(body.decode(errors="replace") for _, body in mails) + " ".join(text["text"] for text in texts)
    came = {text["reference"] for text in texts}
    for (number,) in council.query("SELECT number FROM alert WHERE rule = 'custody.threshold'"):
        went = council.query(f"SELECT message_id FROM outbox WHERE number = {number} AND state IN (2, 3)")
        assert re.search(rf"A-{number}\b", told) or came & {row[0] for row in went}, f"nobody was told of A-{number}"
    for reference, copies in by_message(mails).items():
        for copy in copies[1:]:
            assert copy["X-Casewatch-Possible-Duplicate"] == "yes", f"a repeat of {reference} without the mark"
    twice = council.query("SELECT number, step, person, purpose, count(*) FROM outbox WHERE number > 0 AND role <> ''"
                          " AND purpose IN ('opened', 'escalated') GROUP BY number, step, person, role, channel, purpose"
                          " HAVING count(*) > 1")
    assert twice == [], "told twice"


def arrange(sink, fault):
    sink.queue.clear()
    sink.by_recipient.clear()
    if fault == "refused":
        sink.by_recipient[DIRECTOR] = "rcpt:550"
    elif fault:
        sink.plan(fault)


def test_killed_at_every_transition_of_a_mail_nobody_is_missed(tmp_path, ends, sink):
    council = Council(tmp_path, ends, sink)
    for point, fault in BY_MAIL.items():
        arrange(sink, fault)
        assert council.die_at(point, 30 * patience()), f"it never came to {point}"
        if point.startswith(("take", "tick", "owed")):
            council.settle()  # a record at which the process died three times would be set aside
    arrange(sink, None)
    council.settle()
    assert_nobody_is_missed(council, sink)


def test_killed_at_every_transition_of_a_text_nobody_is_missed_and_no_text_goes_twice(tmp_path, ends, sink):
    with NotifyStub() as notify:
        notify.status = "delivered"
        council = Council(tmp_path, ends, sink, notify)
        for point in BY_TEXT:
            assert council.die_at(point, 40 * patience()), f"it never came to {point}"
        council.settle()
        assert_nobody_is_missed(council, sink, notify.texts)
        references = [text["reference"] for text in notify.texts]
        assert len(references) == len(set(references)), "a text went twice"


def test_killed_at_every_transition_of_a_text_of_many_alerts_that_is_put_off_it_is_one_text_and_goes_once(tmp_path, ends, sink):
    with NotifyStub() as notify:
        notify.status = "delivered"
        council = Council(tmp_path, ends, sink, notify)
        council.hear(7)
        for point, fault in BY_STORM:
            if fault:
                notify.plan(fault)
            assert council.die_at(point, 40 * patience(), hears=0), f"it never came to {point}"
        council.settle()
        assert_nobody_is_missed(council, sink, notify.texts)
        assert [text["text"].split(". ")[0] for text in notify.texts] == ["casewatch: 7 alerts wait, 7 CRITICAL"], notify.texts
        assert council.query("SELECT DISTINCT message_id FROM outbox WHERE number > 0 AND purpose = 'opened' AND channel = 'text'") == \
            [(notify.texts[0]["reference"],)]


def test_killed_at_random_again_and_again_nobody_is_missed(tmp_path, ends, sink, chance):
    council = Council(tmp_path, ends, sink)
    kills, points = int(os.environ.get("KILLS", 10)), list(BY_MAIL)
    reached = 0
    for number in range(kills):
        point = chance.choice(points)
        fault = BY_MAIL[point] if chance.random() < 0.8 else chance.choice(FAULTS)
        again = chance.choice((1, 1, 1, 2, 3)) if point.startswith(("claim-", "sen", "result", "written")) else 1
        arrange(sink, fault)
        for _ in range(again - 1 if fault and fault != "refused" else 0):
            sink.plan(fault)
        died = council.die_at(f"{point}:{again}", 10, hears=again)
        reached += died
        if died and point.startswith(("take", "tick", "owed")):
            arrange(sink, None)
            council.settle()  # a record at which the process died three times would be set aside
        if number % 100 == 99:
            print(f"{number + 1} kills, {reached} at a point, {council.events} alerts, {len(sink.mails())} mails", flush=True)
    arrange(sink, None)
    council.settle()
    assert_nobody_is_missed(council, sink)
