"""Texts by GOV.UK Notify: the real daemon against a stand-in written from Notify's documentation, and each of its errors."""

import json
import os
import signal
import sqlite3
import time

import pytest
import yaml

from notify_stub import KEY, TEMPLATE, NotifyStub
from processes import BUILD, ROOT, Process, wait_until

CONFIG = """\
council: Example Council
database: casewatch.db
spool: spool
rules: {root}/rules
directory: directory.yaml
templates: {root}/conf/templates
calendar: {{file: {root}/conf/bank-holidays.json}}
smtp: {{host: 127.0.0.1, port: {mail}, tls: none, from: casewatch@example.org, domain: example.org}}
notify: {{key-file: key, text-template: {template}, url: '{url}', timeout-milliseconds: 2000}}
"""
OPEN, ACCEPTED, DELIVERED, FAILED, GIVEN = None, 2, 3, 5, 7


@pytest.fixture
def notify():
    with NotifyStub() as stub:
        yield stub
        assert stub.faults == [], "a request that Notify would have refused"


class Council:
    """The director has a phone and a mailbox: texted first, emailed where that fails."""

    def __init__(self, path, ends, sink, notify, key=KEY):
        self.path, self.ends = path, ends
        self.config = path / "casewatchd.yaml"
        self.config.write_text(CONFIG.format(root=ROOT, mail=sink.port, template=TEMPLATE, url=notify.url))
        (path / "key").write_text(key + "\n")
        (path / "key").chmod(0o600)
        directory = yaml.safe_load(open(os.path.join(ROOT, "conf/directory.yaml"), encoding="utf-8"))
        for person in directory["people"]:
            if person["id"] == "p-director":
                person.update({"phone": "07700 900123", "channels": ["text", "email"]})
        (path / "directory.yaml").write_text(yaml.safe_dump(directory))
        self.start()

    def start(self):
        self.process = self.ends(Process([os.path.join(BUILD, "casewatchd"), "--config", str(self.config)]))
        self.process.wait_for(">ready$", 30)

    def hear(self, number=1):
        hidden = self.path / "spool" / f".{number}.part"
        hidden.write_text(json.dumps({"specversion": "1.0", "id": f"e{number}", "source": "/custody", "subject": f"C77{number}",
                                      "type": "custody.threshold_met", "data": {"custody": f"K{number}"},
                                      "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())}) + "\n")
        hidden.rename(self.path / "spool" / f"{number}.jsonl")

    def rows(self):
        base = sqlite3.connect(f"file:{self.path}/casewatch.db?mode=ro", uri=True, timeout=10)
        try:
            return base.execute("SELECT channel, state, attempts, reply FROM outbox WHERE person = 'p-director'"
                                " AND purpose = 'opened' ORDER BY id").fetchall()
        finally:
            base.close()

    def wait_state(self, state, seconds=40):
        return wait_until(lambda: next((row for row in self.rows() if row[1] == state), None), seconds, f"state {state}")


def director(sink):
    return [body for meta, body in sink.mails() if "director.childrens.care@example.org" in meta["to"]]


def test_a_child_in_a_cell_is_a_text_to_the_director_and_told_once_it_arrived(tmp_path, ends, sink, notify):
    council = Council(tmp_path, ends, sink, notify)
    council.hear()
    wait_until(lambda: notify.texts, 20, "a text")
    council.wait_state(GIVEN)
    text = notify.texts[0]
    assert text["to"] == "07700 900123"
    assert text["text"].startswith("casewatch: CRITICAL alert A-1001. Answer by ") and len(text["text"]) <= 160
    assert "C771" not in text["text"]
    notify.status = "delivered"
    council.wait_state(DELIVERED)
    assert len(notify.texts) == 1 and director(sink) == []


@pytest.mark.parametrize("status", ["permanent-failure", "temporary-failure"])
def test_a_text_that_does_not_arrive_is_followed_by_an_email(tmp_path, ends, sink, notify, status):
    notify.status = status
    council = Council(tmp_path, ends, sink, notify)
    council.hear()
    wait_until(lambda: director(sink), 40, "an email instead")
    assert len(notify.texts) == 1


def test_a_technical_failure_is_sent_again(tmp_path, ends, sink, notify):
    notify.status = "technical-failure"
    council = Council(tmp_path, ends, sink, notify)
    council.hear()
    wait_until(lambda: len(notify.texts) == 2, 60, "a second text")
    assert notify.texts[0]["reference"] == notify.texts[1]["reference"]
    notify.status = "delivered"
    council.wait_state(DELIVERED)


def test_a_number_that_notify_refuses_is_followed_by_an_email(tmp_path, ends, sink, notify):
    notify.plan("400")
    council = Council(tmp_path, ends, sink, notify)
    council.hear()
    wait_until(lambda: director(sink), 30, "an email instead")
    assert notify.texts == []


@pytest.mark.parametrize("error", ["429", "500", "503", "403"])
def test_what_notify_cannot_take_now_is_given_to_it_again(tmp_path, ends, sink, notify, error):
    notify.plan(error)
    council = Council(tmp_path, ends, sink, notify)
    council.hear()
    wait_until(lambda: notify.texts, 40, "a text")
    council.wait_state(GIVEN)
    assert len(notify.texts) == 1 and director(sink) == []


def test_an_answer_that_is_lost_is_asked_for_and_not_sent_twice(tmp_path, ends, sink, notify):
    notify.plan("lose")
    council = Council(tmp_path, ends, sink, notify)
    council.hear()
    wait_until(lambda: notify.questions, 60, "a question by reference")
    council.wait_state(GIVEN)
    notify.status = "delivered"
    council.wait_state(DELIVERED)
    assert len(notify.texts) == 1


def test_a_kill_between_the_text_and_the_record_of_it_sends_no_second_text(tmp_path, ends, sink, notify):
    """The text arrives, no answer does, and the daemon dies: what it does not know it asks."""
    notify.plan("lose")
    council = Council(tmp_path, ends, sink, notify)
    council.hear()
    wait_until(lambda: notify.texts, 20, "a text")
    council.process.signal(signal.SIGKILL)
    council.process.finish(10)
    notify.status = "delivered"
    council.start()
    council.wait_state(DELIVERED, 60)
    assert len(notify.texts) == 1


def test_a_notify_that_stays_away_delays_nobody_who_has_an_email(tmp_path, ends, sink, notify):
    notify.plan(*["503"] * 500)
    council = Council(tmp_path, ends, sink, notify)
    council.hear()
    wait_until(lambda: director(sink), 100, "an email instead")
    assert notify.texts == []
