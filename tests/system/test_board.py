"""The signed-in pages of the real daemon: who is let in, what is on record of it, and what a decision does."""

import json
import os
import re
import socket
import subprocess

import pytest

from pages import HEADER, PagesCouncil
from processes import BUILD, ROOT, wait_until


@pytest.fixture
def house(tmp_path, ends, sink):
    house = PagesCouncil(tmp_path, ends, sink, more=f"lists: {ROOT}/conf/lists\n")
    house.hear(1, "child.updated", {"initials": "AK", "date_of_birth": "2011-06-01"}, "CHILD-771")
    house.hear(2, "custody.detained", {"custody": "K1"}, "CHILD-771")
    house.hear(3, "custody.threshold_met", {"custody": "K1"}, "CHILD-771")
    house.wait_link()
    wait_until(lambda: "CHILD-771</a>, AK" in house.ask("/board", user="p-edt").body, 30, "the board with the child")
    return house


def looks(house):
    return house.query("SELECT subject, person, detail FROM audit WHERE what = 'page.opened' ORDER BY id")


def test_the_board_is_for_people_of_the_directory_who_came_by_the_trusted_socket(house):
    assert house.ask("/board", user="p-edt").status == 200
    assert house.ask("/board", user="EDT@example.org").status == 200, "by address, whatever the case of letters"
    nobody, stranger = house.ask("/board"), house.ask("/board", user="somebody")
    assert nobody.status == stranger.status == 403
    assert "CHILD-771" not in nobody.body + stranger.body and "directory" in stranger.text()


def test_who_is_named_by_a_header_that_came_twice_is_nobody(house):
    assert house.ask("/board", user="p-edt", headers=["X-Casewatch-User: p-director"]).status in (400, 403)


def test_a_look_at_a_child_is_on_record_with_the_person_and_the_page(house):
    house.ask("/children/CHILD-771", user="p-director")
    seen = [(person, json.loads(detail)["page"]) for subject, person, detail in looks(house) if subject == "CHILD-771"]
    assert seen[-1] == ("p-director", "child")


def test_what_is_not_for_somebody_is_neither_shown_nor_on_record_as_seen(house):
    before = looks(house)
    page, never = house.ask("/children/CHILD-771", user="p-tm-south-1"), house.ask("/children/C999", user="p-tm-south-1")
    assert page.status == never.status == 404 and page.body == never.body
    assert house.ask("/alerts/A-1001", user="p-tm-south-1").status == 404
    assert house.ask("/outbox", user="p-edt").status == 404 and house.ask("/quarantine", user="p-edt").status == 404
    assert looks(house) == before


def test_looking_changes_nothing(house):
    before = house.query("SELECT count(*), max(acknowledged) FROM alert"), house.query("SELECT count(*) FROM event")
    for path in ("/board", "/board?refresh=60&order=oldest&team=north-3", "/children/CHILD-771", "/alerts/A-1001", "/lists"):
        assert house.ask(path, user="p-director").status == 200, path
    assert before == (house.query("SELECT count(*), max(acknowledged) FROM alert"), house.query("SELECT count(*) FROM event"))


def test_no_page_has_a_script_or_anything_from_elsewhere(house):
    for path in ("/board", "/children/CHILD-771", "/alerts/A-1001", "/lists"):
        page = house.ask(path, user="p-director")
        assert not re.search(r"<script|javascript:|\son\w+=|src=|https?://", page.body), path
        assert "no-store" in page.headers["cache-control"] and "default-src 'none'" in page.headers["content-security-policy"]


def test_the_tool_prints_the_page_of_an_alert(house, tmp_path):
    path = tmp_path / "alert.html"
    subprocess.run([os.path.join(BUILD, "casewatch"), "explain", "A-1001", "--config", str(house.config), "--html", str(path)],
                   check=True, capture_output=True)
    own = re.search(r"<h2>Why it stands.*?<h2>Who was told", path.read_text(), re.S)[0]
    assert own in house.ask("/alerts/A-1001", user="p-director").body


def test_a_refused_record_is_discarded_on_its_page_once_and_with_a_reason(house):
    (house.path / "spool" / ".bad.part").write_text('{"specversion": "1.0"}\n')
    (house.path / "spool" / ".bad.part").rename(house.path / "spool" / "bad.jsonl")
    wait_until(lambda: house.query("SELECT 1 FROM quarantine"), 30, "the record in quarantine")
    page = house.ask("/quarantine/1", user="p-ops")
    once = re.search(r'name="once" value="([^"]+)"', page.body)[1]
    refused = house.ask("/quarantine/1/discard", [("once", once), ("reason", "")], user="p-ops")
    assert refused.status == 422 and "There is a problem" in refused.text()
    for _ in range(2):
        house.ask("/quarantine/1/discard", [("once", once), ("reason", "a test record")], user="p-ops")
    wait_until(lambda: house.query("SELECT state FROM quarantine") == [("discarded",)], 30, "the decision")
    assert house.query("SELECT note FROM quarantine") == [("p-ops: a test record",)]
    assert len(house.query("SELECT 1 FROM audit WHERE what = 'quarantine.discarded'")) == 1


def test_a_list_is_shown_to_those_it_is_sent_to(house):
    listed = house.ask("/lists", user="p-director")
    assert "/lists/daily-missing" in listed.body
    assert house.ask("/lists/daily-missing", user="p-director").status == 200
    assert house.ask("/lists/daily-missing", user="p-sw-1").status == 404


def test_whoever_answers_an_alert_waits_for_nobody_who_looks(house):
    token, lookers = house.wait_link(), []
    for _ in range(80):  # more than may wait in all
        looker = socket.socket(socket.AF_UNIX)
        looker.connect(str(house.path / "web.sock"))
        looker.sendall(f"GET /children/CHILD-771?why-not=missing.vpg-referral HTTP/1.1\r\nHost: c\r\n{HEADER}: p-edt\r\n\r\n".encode())
        lookers.append(looker)
    assert house.ask(f"/a/{token}").status == 200
    replies = [looker.recv(12) for looker in lookers]
    assert set(replies) == {b"HTTP/1.1 200", b"HTTP/1.1 503"}, "the others are told to come again"
    for looker in lookers:
        looker.close()
