"""What comes back of a mail: the real daemon, a mail server that takes everything, and a Maildir with its second thoughts."""

import os
import re

import pytest

from hook_sink import HookSink
from processes import held_port, wait_until
from smtp_sink import Sink
from spool_council import ACCEPTED, DELIVERED, FAILED, SpoolCouncil, mails_to, to_director

BOUNCES = "bounce@example.org"
DCS = "dcs@example.org"


class Council(SpoolCouncil):
    """The director has a mailbox and nothing else; what comes back comes into a Maildir."""

    def __init__(self, path, ends, sink, **more):
        self.box = path / "returned"
        for name in ("new", "cur", "tmp"):
            (self.box / name).mkdir(parents=True, exist_ok=True)
        super().__init__(path, ends, sink.port, secrets={"key": "0123456789abcdef" * 2},
                         smtp={"bounces": "returned", "bounce-address": BOUNCES, "bounce-key-file": "key"}, **more)
        self.start()
        self.sink, self.delivered = sink, 0

    def told(self):
        """The director's mail, and the address that it would come back to."""
        self.hear()
        wait_until(lambda: to_director(self.sink), 20, "a mail to the director")
        self.wait_state(ACCEPTED)
        return next((meta["from"], body.decode()) for meta, body in self.sink.mails()
                    if "director.childrens.care@example.org" in meta["to"])

    def put(self, mail):
        self.delivered += 1
        name = f"1.M{self.delivered}.mail"
        (self.box / "tmp" / name).write_bytes(mail.encode() if isinstance(mail, str) else mail)
        (self.box / "tmp" / name).rename(self.box / "new" / name)
        return name

    def kept(self):
        return sorted(os.listdir(self.box / "cur"))


def report(to, action="failed", status="5.1.1", original="Message-ID: <x@elsewhere.example>\n"):
    """As RFC 3464 has it."""
    return (f"Return-Path: <>\nDelivered-To: {to}\nFrom: MAILER-DAEMON@mail.example\nTo: {to}\nSubject: Delivery status\n"
            "Auto-Submitted: auto-replied\nMIME-Version: 1.0\n"
            "Content-Type: multipart/report; report-type=delivery-status; boundary=b1\n\n--b1\n\nIn words.\n\n--b1\n"
            "Content-Type: message/delivery-status\n\nReporting-MTA: dns; mail.example\n\n"
            f"Final-Recipient: rfc822; somebody@example.org\nAction: {action}\nStatus: {status}\n"
            f"Diagnostic-Code: smtp; 550 {status} nobody here\n\n--b1\nContent-Type: text/rfc822-headers\n\n{original}\n--b1--\n")


def test_a_server_that_takes_a_mail_and_sends_it_back_has_told_nobody(tmp_path, ends, sink):
    council = Council(tmp_path, ends, sink)
    sender, mail = council.told()
    assert re.fullmatch(r"bounce\+\d+\.[0-9a-f]{16}\.[0-9a-f]{16}@example\.org", sender), sender
    assert "X-Auto-Response-Suppress: RN, NRN, OOF, AutoReply" in mail and "Importance: high" in mail
    assert mails_to(sink, DCS) == []
    council.put(report(sender))
    council.wait_state(FAILED)
    wait_until(lambda: mails_to(sink, DCS), 20, "the next step is told at once")
    wait_until(lambda: council.query("SELECT 1 FROM condition WHERE id = 'ops.undeliverable' AND key = 'A-1001'"), 10, "ops hear")
    assert len(council.audited("message.bounced")) == 1
    council.put(report(sender))  # some servers say it twice
    wait_until(lambda: len(council.kept()) == 2 and all(name.endswith(":2,S") for name in council.kept()), 20, "both are seen")
    assert len(council.audited("message.bounced")) == 1


def test_what_came_back_goes_by_the_persons_other_channel_and_is_not_strange_when_it_comes_again(tmp_path, ends, sink):
    with HookSink() as hooks:
        people = {"p-director": {"webhook": hooks.url(), "channels": ["email", "webhook"]}}
        council = Council(tmp_path, ends, sink, people=people, webhook={"inside": "yes"})
        sender, _ = council.told()
        council.put(report(sender))
        hooks.wait(1)
        council.put(report(sender))
        wait_until(lambda: len(council.kept()) == 2, 20, "both are read")
        assert all(name.endswith(":2,S") for name in council.kept()) and mails_to(sink, DCS) == []
        assert council.query("SELECT count(*) FROM condition WHERE key = 'bounces'") == [(0,)]


def test_without_an_address_of_its_own_a_returned_mail_is_known_by_its_message_id(tmp_path, ends, sink):
    (tmp_path / "returned").mkdir()
    council = SpoolCouncil(tmp_path, ends, sink.port, smtp={"bounces": "returned"}).start()
    council.hear()
    wait_until(lambda: to_director(sink), 20, "a mail")
    message_id = re.search(rb"(?m)^Message-ID: (.*)\r", to_director(sink)[0])[1].decode()
    council.wait_state(ACCEPTED)
    mail = tmp_path / "returned" / "one.eml"
    mail.write_text(report("casewatch@example.org", original=f"Message-ID: {message_id}\n"))
    os.utime(mail, (1, 1))
    council.wait_state(FAILED)
    assert os.listdir(tmp_path / "returned" / "done") == ["one.eml"]


def test_what_is_late_or_arrived_is_shown_and_asks_nobody_else(tmp_path, ends, sink):
    council = Council(tmp_path, ends, sink)
    sender, _ = council.told()
    council.put(report(sender, "delayed", "4.4.1"))
    wait_until(lambda: "4.4.1" in council.rows()[0][3], 20, "the outbox says that it is late")
    council.put(report(sender, "delivered", "2.0.0"))
    council.wait_state(DELIVERED)
    assert mails_to(sink, DCS) == []


def test_somebody_who_is_away_has_neither_answered_nor_been_missed(tmp_path, ends, sink):
    marks = ["Auto-Submitted: auto-replied", "X-Autoreply: yes", "Precedence: bulk", "Subject: Automatic reply: x"]
    council = Council(tmp_path, ends, sink)
    sender, _ = council.told()
    for mark in marks:
        council.put(f"Return-Path: <>\nTo: {sender}\nFrom: director.childrens.care@example.org\n{mark}\n\nI am away. Status: 5.1.1\n")
    wait_until(lambda: len(council.audited("message.auto-reply")) == len(marks), 20, "each is on record")
    assert council.rows()[0][1] == ACCEPTED and mails_to(sink, DCS) == []
    assert council.query("SELECT acknowledged FROM alert") == [(0,)]
    assert council.query("SELECT count(*) FROM condition WHERE key IN ('bounces', 'letters')") == [(0,)]


def test_what_cannot_be_matched_is_kept_and_said_and_stops_nothing(tmp_path, ends, sink):
    """A forged address, a letter, a mail that is none, a directory and a link; and then a real report."""
    council = Council(tmp_path, ends, sink)
    sender, _ = council.told()
    forged = sender.replace(".", ".0", 1).replace("0" + sender.split(".")[1], sender.split(".")[1][::-1])
    kept = [council.put(report(forged)), council.put(f"From: a.worker@example.org\nTo: {sender}\nSubject: Re: alert\n\nDone, thanks.\n"),
            council.put(os.urandom(300_000)), council.put(report(BOUNCES))]
    (council.box / "new" / "directory").mkdir()
    os.symlink("/etc/passwd", council.box / "new" / "link")
    council.put(report(sender))
    council.wait_state(FAILED)
    wait_until(lambda: {name + ":2,FS" for name in kept} <= set(council.kept()), 20, "what was not understood is flagged")
    said = dict(council.query("SELECT key, count FROM condition WHERE key IN ('bounces', 'letters')"))
    assert said["bounces"] >= 2 and said["letters"] >= 1
    log = "\n".join(council.process.drain())
    assert "a.worker" not in log and "somebody@" not in log, "an address in the log"


def test_a_directory_that_is_not_there_is_said_and_used_once_it_is(tmp_path, ends, sink):
    council = SpoolCouncil(tmp_path, ends, sink.port, smtp={"bounces": "returned"}).start()
    wait_until(lambda: council.query("SELECT 1 FROM condition WHERE id = 'ops.undeliverable' AND key = 'returned'"), 20, "ops hear")


def test_a_server_that_is_down_is_passed_over(tmp_path, ends, sink):
    with held_port() as port, Sink(tmp_path / "second") as second:
        council = SpoolCouncil(tmp_path, ends, port, smtp={"relays": f"127.0.0.1:{second.port}"}).start()
        council.hear()
        wait_until(lambda: to_director(second), 20, "the second server has it")
        row = council.wait_state(ACCEPTED)
        assert row[2] == 1 and f"[127.0.0.1:{second.port}]" in row[3]
        assert b"Possible-Duplicate" not in to_director(second)[0]


@pytest.mark.parametrize("fault,copies", [("rcpt:421", 0), ("mute-hello", 0), ("hangup-end", 1)])
def test_what_the_first_server_may_have_goes_to_no_second_one_unmarked(tmp_path, ends, sink, fault, copies):
    """Before the last byte it has nothing, and the second server is given the message; afterwards only the first knows."""
    sink.plan(*[fault] * 2)
    with Sink(tmp_path / "second") as second:
        council = SpoolCouncil(tmp_path, ends, sink.port, smtp={"relays": f"127.0.0.1:{second.port}",
                                                                "timeout-milliseconds": 2000}).start()
        council.hear()
        wait_until(lambda: to_director(second) or len(to_director(sink)) > copies, 40, "a server has it")
        council.wait_state(ACCEPTED)
        mails = to_director(sink) + to_director(second)
        assert sum(b"Possible-Duplicate" not in mail for mail in mails) == 1, "an unmarked copy"
        if copies:
            assert to_director(second) == []
