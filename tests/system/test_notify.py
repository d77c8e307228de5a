"""Texts by GOV.UK Notify: the real daemon against a stand-in written from Notify's documentation, and each of its errors."""

import json
import signal
import subprocess

import pytest

import judges
from notify_stub import KEY, SECRET, TEMPLATE, NotifyStub
from processes import wait_until
from spool_council import DELIVERED, GIVEN, SpoolCouncil, to_director


@pytest.fixture
def notify():
    with NotifyStub() as stub:
        yield stub
        assert stub.faults == [], "a request that Notify would have refused"


class Council(SpoolCouncil):
    """The director has a phone and a mailbox: texted first, emailed where that fails."""

    def __init__(self, path, ends, sink, notify):
        super().__init__(path, ends, sink.port, secrets={"key": KEY},
                         people={"p-director": {"phone": "07700 900123", "channels": ["text", "email"]}},
                         notify={"key-file": "key", "text-template": TEMPLATE, "url": notify.url, "timeout-milliseconds": 2000})
        self.start()


def test_a_child_in_a_cell_is_a_text_to_the_director_and_told_once_it_arrived(tmp_path, ends, sink, notify):
    council = Council(tmp_path, ends, sink, notify)
    council.hear()
    wait_until(lambda: notify.texts, 20, "a text")
    council.wait_state(GIVEN)
    text = notify.texts[0]
    assert text["to"] == "07700 900123"
    assert text["text"].startswith("casewatch: CRITICAL alert A-1001. Answer by ") and len(text["text"]) <= 160
    assert "CHILD-771" not in text["text"]
    notify.status = "delivered"
    council.wait_state(DELIVERED)
    assert len(notify.texts) == 1 and to_director(sink) == []


@pytest.mark.parametrize("status", ["permanent-failure", "temporary-failure"])
def test_a_text_that_does_not_arrive_is_followed_by_an_email(tmp_path, ends, sink, notify, status):
    notify.status = status
    council = Council(tmp_path, ends, sink, notify)
    council.hear()
    wait_until(lambda: to_director(sink), 40, "an email instead")
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
    wait_until(lambda: to_director(sink), 30, "an email instead")
    assert notify.texts == []


@pytest.mark.parametrize("error", ["429", "500", "503", "403"])
def test_what_notify_cannot_take_now_is_given_to_it_again(tmp_path, ends, sink, notify, error):
    notify.plan(error)
    council = Council(tmp_path, ends, sink, notify)
    council.hear()
    wait_until(lambda: notify.texts, 40, "a text")
    council.wait_state(GIVEN)
    assert len(notify.texts) == 1 and to_director(sink) == []


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
    council.wait_state(DELIVERED, seconds=60)
    assert len(notify.texts) == 1


def test_a_notify_that_stays_away_delays_nobody_who_has_an_email(tmp_path, ends, sink, notify):
    notify.plan(*["503"] * 500)
    council = Council(tmp_path, ends, sink, notify)
    council.hear()
    wait_until(lambda: to_director(sink), 100, "an email instead")
    assert notify.texts == []


def test_without_a_mail_server_email_goes_by_notify(tmp_path, ends, notify):
    council = SpoolCouncil(tmp_path, ends, smtp=None, secrets={"key": KEY},
                           notify={"key-file": "key", "email-template": TEMPLATE, "url": notify.url}).start()
    council.hear()
    wait_until(lambda: notify.emails, 20, "an email")
    council.wait_state(GIVEN)
    email = next(one for one in notify.emails if one["to"] == "director.childrens.care@example.org")
    assert email["subject"].endswith("Critical alert A-1001") and "CRITICAL ALERT A-1001" in email["text"]
    notify.status = "delivered"
    council.wait_state(DELIVERED)
    assert notify.texts == []


def test_our_requests_are_those_of_notifys_own_client(tmp_path, ends, sink, notify):
    """The token is read, and each request made again, by the client that Notify publishes."""
    judges.python()
    from notifications_python_client import authentication
    from notifications_python_client.notifications import NotificationsAPIClient
    SpoolCouncil(tmp_path, ends, smtp=None, secrets={"key": KEY}, people={"p-director": {"phone": "07700 900123", "channels": ["text"]}},
                 notify={"key-file": "key", "text-template": TEMPLATE, "email-template": TEMPLATE, "sender": TEMPLATE,
                         "reply-to": TEMPLATE, "url": notify.url}).start().hear(1, "placement.started", {"placement": "P1", "regulated": False})
    wait_until(lambda: notify.texts and notify.emails, 30, "a text and an email")
    ours = {path: (authorisation, body) for path, authorisation, body in notify.requests}
    client = NotificationsAPIClient(KEY, base_url=notify.url)
    for path, (authorisation, body) in ours.items():
        assert authentication.decode_jwt_token(authorisation.removeprefix("Bearer "), SECRET)
        if path.endswith("sms"):
            client.send_sms_notification(body["phone_number"], TEMPLATE, body["personalisation"], body["reference"], TEMPLATE)
        else:
            client.send_email_notification(body["email_address"], TEMPLATE, body["personalisation"], body["reference"], TEMPLATE)
        assert notify.requests[-1][0] == path and notify.requests[-1][2] == body


def test_a_call_of_notify_says_at_once_what_became_of_a_text(tmp_path, ends, sink, notify):
    """With the bearer token alone; repeated as Notify does; nobody else is heard."""
    token = "a-bearer-token-of-ours"
    council = SpoolCouncil(tmp_path, ends, sink.port, secrets={"key": KEY, "call": token},
                           people={"p-director": {"phone": "07700 900123", "channels": ["text", "email"]}},
                           web={"socket": "web.sock"},
                           notify={"key-file": "key", "text-template": TEMPLATE, "url": notify.url, "callback-token-file": "call"}).start()

    def call(reference, status, bearer=token):
        body = json.dumps({"id": TEMPLATE, "reference": reference, "to": "07700900123", "status": status, "notification_type": "sms",
                           "created_at": "2026-01-01T00:00:00.000000Z", "completed_at": None, "sent_at": None})
        done = subprocess.run(["curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", "--unix-socket", str(tmp_path / "web.sock"),
                               "-H", f"Authorization: Bearer {bearer}", "-H", "Content-Type: application/json", "-d", body,
                               "http://casewatch/notify/callback"], capture_output=True, text=True, timeout=30)
        return int(done.stdout)

    council.hear()
    wait_until(lambda: notify.texts, 20, "a text")
    council.wait_state(GIVEN)
    reference = notify.texts[0]["reference"]
    assert call(reference, "permanent-failure", "another-token-than-ours") == 401
    assert call("casewatch-99999@example.org", "permanent-failure") == 200
    assert council.rows()[0][1] == GIVEN
    assert [call(reference, "permanent-failure") for _ in range(5)] == [200] * 5
    wait_until(lambda: to_director(sink), 20, "an email instead")
    assert len(to_director(sink)) == 1 and len(notify.texts) == 1
    assert len(council.audited("message.not-delivered")) == 1
