"""Texts by GOV.UK Notify: the real daemon against a stand-in written from Notify's documentation, and each of its errors."""

import signal

import pytest

from notify_stub import KEY, TEMPLATE, NotifyStub
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
    assert "C771" not in text["text"]
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
