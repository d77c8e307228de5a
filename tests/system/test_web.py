"""The pages of the real daemon, asked by curl: the link in a mail, the answer, and what a stranger can do."""

import email
import json
import re
import signal
import socket
import time

import pytest

from pages import HEADER, PagesCouncil
from processes import ROOT, held_port, wait_until
from spool_council import mails_to

BED = "A bed is being looked for"


@pytest.fixture
def house(tmp_path, ends, sink):
    return PagesCouncil(tmp_path, ends, sink)


def handed_in(house):
    """What the page handed in and the daemon took, oldest first."""
    rows = house.query("SELECT CAST(event_json(id, packed, bytes) AS TEXT) FROM event WHERE CAST(event_json(id, packed, bytes) AS TEXT) LIKE '%/casewatch/page%' ORDER BY id")
    return [json.loads(row[0]) for row in rows]


def state(house, number=1001):
    return house.query("SELECT state, acknowledged FROM alert WHERE number = ?", number)[0]


def decoded(mail):
    """The words of its HTML part, as they are read."""
    part = email.message_from_bytes(mail).get_payload()[-1].get_payload(decode=True).decode()
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", part))


# ---- opening ----

def test_the_link_in_the_directors_mail_opens_the_alert_and_changes_nothing(house):
    house.hear()
    token = house.wait_link()
    for path in (f"/a/{token}", f"/a/{token}?end", f"/a/{token}?again", f"/a/{token}?done=page-0"):
        page = house.ask(path)
        assert page.status == 200 and "CHILD-771" not in page.body, "a child's data for whoever holds the link"
    page = house.ask(f"/a/{token}")
    assert page.heading() == "Answer alert A-1001"
    assert "Critical. Answer by " in page.text() and "Director of Children’s Services" in page.text()
    assert "checked" not in page.body.split("When should we ask again?")[0], "an action is chosen for them"
    assert house.ask(f"/a/{token}", method="HEAD").status == 200
    assert house.query("SELECT count(*) FROM event") == [(1,)] and state(house) == (0, 0)


def test_whoever_is_signed_in_sees_the_facts_and_that_is_on_record(house):
    house.hear(1, "custody.detained", {"custody": "K1", "station": "Northgate police station"})
    house.hear(2, subject="CHILD-771", data={"custody": "K1"})
    token = house.wait_link()
    page = house.ask(f"/a/{token}", user="p-director")
    assert "CHILD-771" in page.text() and "Northgate police station" in page.text()
    assert "You are signed in as Director of Children’s Care" in page.text()
    looks = house.query("SELECT subject, person FROM audit WHERE what = 'page.opened'")
    assert looks and tuple(looks[0]) == ("CHILD-771", "p-director")


def test_a_child_of_two_ids_is_one_child_on_the_page(house):
    """What is recorded under the id that ceased is shown, and so is a restriction kept."""
    house.hear(1, "custody.detained", {"custody": "K1", "station": "Northgate police station"}, subject="C9", at=time.time() - 900)
    house.hear(2, "person.merged", {"from": "C9"}, subject="CHILD-771", at=time.time() - 800)
    house.hear(3, subject="CHILD-771", data={"custody": "K1"})
    token = house.wait_link()
    assert "Northgate police station" in house.ask(f"/a/{token}", user="p-director").text()
    house.hear(4, "child.updated", {"restricted": True}, subject="C9")
    page = wait_until(lambda: "restricted case" in house.ask(f"/a/{token}", user="p-director").text()
                      and house.ask(f"/a/{token}", user="p-director"), 20, "the restriction is known")
    assert "CHILD-771" not in page.body and "Northgate" not in page.body


def test_who_is_signed_in_is_believed_of_the_trusted_socket_alone(tmp_path, ends, sink):
    with held_port() as port:
        house = PagesCouncil(tmp_path, ends, sink, port=port)
    house.hear()
    token = house.wait_link()
    assert "CHILD-771" in house.ask(f"/a/{token}", user="p-director").body
    assert "CHILD-771" not in house.ask(f"/a/{token}", user="p-director", by="address", port=port).body
    twice = house.ask(f"/a/{token}", headers=[f"{HEADER}: p-director", f"{HEADER}: p-dcs"])
    assert "CHILD-771" not in twice.body, "a header that came twice is nobody's"
    for header in (f"{HEADER.replace('-', '_')}: p-director", f"{HEADER}: p-nobody"):
        assert "CHILD-771" not in house.ask(f"/a/{token}", headers=[header]).body


def test_somebody_who_was_not_told_cannot_answer(house):
    house.hear()
    token = house.wait_link()
    page = house.ask(f"/a/{token}", user="p-virtual-school")
    assert page.status == 403 and page.heading() == "This alert was not told to you" and "CHILD-771" not in page.body
    sent = house.ask(f"/a/{token}", [("form", "x"), ("action", BED)], user="p-virtual-school")
    assert sent.status == 403


# ---- answering ----

def test_an_answer_stops_the_ladder_and_says_when_we_ask_again(house):
    house.hear()
    token = house.wait_link()
    done = house.answer(token, ("action", BED), ("note", "Rang two homes,\r\nwaiting for a call back"),
                        ("review", "1h"), ("do", "answer"))
    assert done.status == 200 and done.heading() == "Your answer is saved"
    assert BED in done.text() and "if the child is still held" in done.text()
    assert state(house) == (0, 1)
    data = handed_in(house)[0]["data"]
    assert (data["by"], data["person"], data["action"]) == ("director", "p-director", BED)
    assert data["note"] == "Rang two homes, waiting for a call back"


def test_a_form_that_is_sent_twice_is_one_answer(house):
    house.hear()
    token = house.wait_link()
    form = house.ask(f"/a/{token}").form()
    fields = [("form", form), ("action", BED), ("review", "none"), ("do", "answer")]
    first, second = house.ask(f"/a/{token}", fields), house.ask(f"/a/{token}", fields)
    assert first.status == second.status == 303 and first.headers["location"] == second.headers["location"]
    assert house.ask(first.headers["location"]).heading() == "Your answer is saved"
    third = house.ask(f"/a/{token}", [("form", form), ("action", "other"), ("note", "else"), ("do", "answer")])
    assert third.headers["location"] == first.headers["location"], "the first one counts"
    assert len(handed_in(house)) == 1


WRONG = [
    ("nothing chosen", [("do", "answer")], "Choose what you did"),
    ("an empty submit", [], "Choose what you did"),
    ("an action of nobody's", [("action", "drop tables"), ("do", "answer")], "Choose what you did"),
    ("something else without words", [("action", "other"), ("do", "answer")], "Write what you did"),
    ("a because without why", [("action", "No bed can be had because"), ("do", "answer")], "Write why"),
    ("a time that is none", [("action", BED), ("review", "time"), ("review_at", "soon"), ("do", "answer")], "Write a time, such as 05:30"),
    ("no time typed", [("action", BED), ("review", "time"), ("do", "answer")], "Write a time, such as 05:30"),
    ("a note that is too long", [("action", BED), ("note", "n" * 501), ("do", "answer")], "Write at most 500 characters"),
    ("passed to nobody", [("do", "pass")], "Choose to whom you pass it on"),
    ("passed to no role", [("to", "role"), ("do", "pass")], "Choose a role"),
    ("passed to a role that is none", [("to", "role"), ("role", "king"), ("do", "pass")], "Choose a role"),
    ("passed to a role that nobody holds", [("to", "role"), ("role", "social-worker"), ("do", "pass")], "Nobody else holds that role now"),
    ("ending chosen by nobody", [("do", "end")], "Choose what you want to do"),
    ("ending without a reason", [("end", "other"), ("do", "end")], "Write your reason"),
]


def test_what_is_wrong_is_said_and_nothing_that_was_typed_is_lost(house):
    house.hear()
    token = house.wait_link()
    for what, fields, words in WRONG:
        typed = [] if any(name == "note" for name, _ in fields) or words.startswith("Write w") or "reason" in words \
            else [("note", "Rang <b>two</b> homes")]
        page = house.answer(token, *fields, *typed)
        assert page.status == 422, what
        assert "There is a problem" in page.text() and words in page.text(), what
        if typed:
            assert "Rang &lt;b&gt;two&lt;/b&gt; homes</textarea>" in page.body, what
        for name, value in fields:
            if name in ("action", "review", "to", "end") and value in page.body:
                assert f'value="{value}" checked' in page.body, what
    assert handed_in(house) == [] and state(house) == (0, 0)


def test_a_form_of_another_page_is_not_taken_and_keeps_what_was_typed(house):
    house.hear(1)
    house.hear(2)
    first, second = wait_until(lambda: house.links("director.childrens.care")[1:] and house.links("director.childrens.care"), 30, "two mails")
    strange = house.ask(f"/a/{second}").form()
    for form in (strange, "", "made-up", strange[:-1] + "A", "x" * 300):
        page = house.answer(first, ("action", BED), ("note", "Rang two homes"), ("do", "answer"), form=form or " ")
        assert page.status == 409 and "Rang two homes</textarea>" in page.body and f'value="{BED}" checked' in page.body
    assert handed_in(house) == []
    assert house.answer(first, ("action", BED), ("do", "answer"), form=page.form()).heading() == "Your answer is saved"


def test_not_me_tells_another_role_at_once_and_moves_no_time(house):
    house.hear()
    token = house.wait_link()
    before = house.query("SELECT next FROM alert")
    done = house.answer(token, ("to", "role"), ("role", "head-of-service-cla"), ("note", "On leave"), ("do", "pass"))
    assert done.heading() == "You have passed it on" and "Head of Service, Looked-after children" in done.text()
    assert "Passing it on moved no time" in done.text()
    assert house.query("SELECT next FROM alert") == before
    data = handed_in(house)[0]["data"]
    assert (data["to"], data["reason"], data["note"]) == ("head-of-service-cla", "not me", "On leave")
    wait_until(lambda: len(house.links("hos.looked-after")) == 1, 30, "the head of service is told")
    assert house.ask(f"/a/{house.links('hos.looked-after')[0]}").status == 200
    wait_until(lambda: re.search(r"At \d\d:\d\d by email: accepted", house.ask(done.at).text()), 30, "when and how they were told")


def test_where_each_must_answer_one_answer_says_so_and_the_other_is_asked_still(tmp_path, ends, sink):
    """The second of two who must both have read it would not, if a mail said that nothing is to be done."""
    house = PagesCouncil(tmp_path, ends, sink, rules=f"{ROOT}/tests/data/rules/answer-each")
    house.hear(kind="strategy.complex_held", data={"strategy": "S1"})
    done = house.answer(house.wait_link(), ("action", "Read"), ("do", "answer"))
    assert done.heading() == "Your answer is saved" and "Stopped for you." in done.text() and "others are still asked" in done.text()
    assert state(house) == (0, 0)
    answered = "was answered"
    wait_until(lambda: [mail for mail in mails_to(sink, "edt@example.org") if answered.encode() in mail], 30, "the line to the other")
    mail = decoded([mail for mail in mails_to(sink, "edt@example.org") if answered.encode() in mail][-1])
    assert "Your own answer is still asked for" in mail and "do not need to do anything" not in mail
    done = house.answer(house.links("edt@")[-1], ("action", "Read"), ("do", "answer"))
    assert "Reminders Stopped. Those who were told too hear that you answered" in done.text()
    assert state(house) == (0, 1)


def test_who_passes_on_what_is_answered_is_not_told_that_the_next_step_hears(tmp_path, ends, sink):
    """The last of two who must both have read it passes it on: the other's answer holds it then, and no step comes."""
    house = PagesCouncil(tmp_path, ends, sink, rules=f"{ROOT}/tests/data/rules/answer-each")
    house.hear(kind="strategy.complex_held", data={"strategy": "S1"})
    house.answer(house.wait_link(), ("action", "Read"), ("do", "answer"))
    wait_until(lambda: house.links("edt@"), 30, "the link of the other")
    done = house.answer(house.links("edt@")[-1], ("to", "next"), ("do", "pass"))
    assert done.heading() == "You have passed it on" and state(house) == (0, 1)
    assert "Passed to Nobody: it is answered" in done.text() and "We ask again At " in done.text()
    assert "next step" not in done.text() and "If nobody answers" not in done.text()


def test_ending_what_still_stands_says_what_is_recorded_and_asks_first(house):
    house.hear()
    token = house.wait_link()
    page = house.ask(f"/a/{token}?end")
    assert page.heading() == "No move and no release is recorded" and "checked" not in page.body
    kept = house.answer(token, ("end", "keep"), ("do", "end"))
    assert kept.heading() == "Your answer is saved" and state(house) == (0, 1)
    ended = house.answer(token, ("end", "other"), ("note", "Held for another child"), ("do", "end"))
    assert ended.heading() == "You have ended it" and state(house)[0] == 1
    assert handed_in(house)[-1]["data"]["reason"] == "Held for another child"


def test_an_answer_to_what_is_over_says_so_and_is_kept(house):
    house.hear(at=time.time() - 600)
    token = house.wait_link()
    form = house.ask(f"/a/{token}").form()
    house.hear(2, "custody.released", {"custody": "K1"}, subject="CHILD-771")
    wait_until(lambda: state(house)[0] == 1, 20, "the alert ended")
    page = house.ask(f"/a/{token}")
    assert page.heading() == "Alert A-1001 has ended" and "You do not need to do anything" in page.text()
    late = house.answer(token, ("action", BED), ("note", "I had found one"), ("do", "answer"), form=form)
    assert late.heading() == "Your answer is kept" and "changes nothing" in late.text()
    assert handed_in(house)[0]["data"]["note"] == "I had found one"
    passed = house.answer(token, ("to", "role"), ("role", "edt"), ("do", "pass"))
    assert "Emergency Duty Team: nobody was told" in passed.text() and "changes nothing" in passed.text()
    assert "On its way" not in passed.text() and "If nobody answers" not in passed.text()


def test_an_answer_to_what_was_withdrawn_says_so(house):
    house.hear()
    token = house.wait_link()
    house.hear(2, "event.withdrawn", {"id": "e1"}, subject="CHILD-771")
    wait_until(lambda: state(house)[0] == 2, 20, "the alert is withdrawn")
    assert house.ask(f"/a/{token}").heading() == "Alert A-1001 is withdrawn"


def test_whoever_comes_second_reads_who_answered(house):
    house.hear()
    token = house.wait_link()
    house.answer(token, ("action", BED), ("do", "answer"))
    other = house.ask(f"/a/{token}", user="p-dcs")
    assert other.status == 403, "the dcs was not told yet"
    own = house.ask(f"/a/{token}")
    assert own.heading() == "Answer alert A-1001" and "You answered" in own.text()


# ---- strangers ----

def test_a_link_that_is_none_of_ours_says_so_and_nothing_else(house):
    house.hear()
    token = house.wait_link()
    for bad in ("x", "B2T6FN", token[:-1], token + "A", token[::-1], token[:10] + ("A" if token[10] != "A" else "B") + token[11:]):
        page = house.ask(f"/a/{bad}")
        assert page.status == 404 and page.heading() == "This link does not work" and "A-1001" not in page.body
    assert house.ask("/").status == house.ask("/a/").status == house.ask(f"/a/{token}/x").status == 404
    assert house.ask(f"/a/{token}", method="DELETE").status in (405, 501)
    assert house.ask("/a/%2e%2e%2f%2e%2e").status == 404


def test_a_key_is_replaced_without_a_gap_and_an_old_link_ends_with_its_key(house):
    house.hear()
    token = house.wait_link()
    for keys, works in (("n" * 40 + "\n" + "k" * 40, True), ("n" * 40, False)):
        house.process.kill()
        house.write_keys(keys)
        house.start()
        assert (house.ask(f"/a/{token}").status == 200) == works
    house.hear(2)
    assert house.ask(f"/a/{house.wait_link(count=2)}").status == 200


def test_a_flood_of_answers_by_one_link_is_braked_and_keeps_what_was_typed(house):
    house.hear()
    token = house.wait_link()
    seen = [house.answer(token, ("action", BED), ("note", f"number {i}"), ("do", "answer")) for i in range(14)]
    assert [page.status for page in seen[:12]] == [200] * 12 and seen[-1].status == 429
    assert "number 13</textarea>" in seen[-1].body and len(handed_in(house)) == 12


def test_too_much_at_once_is_refused_on_a_page_that_says_so(house):
    """Not on one of libevent's: its own would leave whoever answers a child's alert without a word of what to do."""
    house.hear()
    token = house.wait_link()
    much = house.ask(f"/a/{token}", [("form", house.ask(f"/a/{token}").form()), ("note", "x" * 70000), ("do", "answer")])
    long = house.ask(f"/a/{token}", headers=["X-Long: " + "x" * 20000])
    other = house.ask(f"/a/{token}", method="DELETE")
    assert [(page.status, page.heading()) for page in (much, long, other)] == [
        (413, "That is too much at once"), (400, "This request cannot be read"), (501, "This request cannot be read")]
    for page in (much, long, other):
        assert page.headers["content-security-policy"].startswith("default-src 'none'") and page.headers["cache-control"] == "no-store"
        assert "If it cannot wait, ring" in page.text() and "casewatch" in page.text()
    assert house.answers() == []


def test_slow_and_idle_clients_do_not_keep_others_out(house):
    house.hear()
    token = house.wait_link()
    idle = []
    for i in range(300):
        client = socket.socket(socket.AF_UNIX)
        client.connect(str(house.path / "web.sock"))
        client.sendall(b"GET / HTTP/1.1\r\nX: ")
        idle.append(client)
    assert house.ask(f"/a/{token}").status == 200
    for client in idle:
        client.close()


def test_no_mail_to_many_and_no_text_but_a_persons_own_holds_a_link_that_answers(house):
    house.hear()
    token = house.wait_link()
    assert len(token) == 24 and "CHILD-771" not in token and "director" not in token
    log = "\n".join(house.process.drain())
    assert token not in log, "a link in the log"


def test_who_has_left_the_directory_cannot_answer_by_an_old_link(house):
    house.hear()
    token = house.wait_link()
    text = (house.path / "directory.yaml").read_text()
    (house.path / "directory.yaml").write_text(re.sub(r"p-director\b", "p-new-director", text))
    house.process.signal(signal.SIGHUP)
    wait_until(lambda: house.ask(f"/a/{token}").status == 403, 20, "the link works no more")


# ---- several ----

def test_a_person_sees_all_that_waits_for_them_by_one_link(house):
    for number in (1, 2, 3):
        house.hear(number)
    links = wait_until(lambda: len(house.links("director.childrens.care")) == 3 and house.links("director.childrens.care"), 30, "three mails")
    page = house.ask(f"/m/{links[0]}")
    assert page.status == 200 and page.heading() == "3 alerts wait, 3 critical"
    assert all(f"Answer alert A-100{n}" in page.text() for n in (1, 2, 3)) and "CHILD-77" not in page.body
    other = re.findall(r'href="/a/([A-Za-z0-9_-]{24})"', page.body)
    assert len(other) == 3 and house.ask(f"/a/{other[0]}").heading().startswith("Answer alert A-100")
    house.answer(links[1], ("action", BED), ("do", "answer"))
    assert house.ask(f"/m/{links[0]}").heading() == "2 alerts wait, 2 critical"
    assert house.ask("/m/" + "A" * 24).status == 404


# ---- pages that cannot be served ----

def test_pages_that_cannot_be_served_stop_nobody_from_being_told(tmp_path, ends, sink):
    (tmp_path / "web.sock").write_text("somebody's file")
    house = PagesCouncil(tmp_path, ends, sink)
    house.hear()
    assert house.wait_link()
    assert wait_until(lambda: house.query("SELECT count(*) FROM condition WHERE id = 'ops.pages'")[0][0], 20, "ops are told") == 1
    assert (tmp_path / "web.sock").read_text() == "somebody's file"
