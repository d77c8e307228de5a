"""The courier over a real store and a mail server with a script: no row ends in silence."""
import email
import email.policy
import random

import pytest

from courier_bench import Courier, authority
from processes import held_port
from smtp_sink import Sink


@pytest.fixture
def sink(tmp_path):
    with Sink(tmp_path / "mail") as sink:
        yield sink


@pytest.fixture
def database(tmp_path):
    return tmp_path / "casewatch.db"


def parsed(sink):
    return [(meta["to"][0], email.message_from_bytes(body, policy=email.policy.default)) for meta, body in sink.mails()]


def states(rows):
    return [(row["role"], row["state"]) for row in rows]


def allocate(courier, worker, team="north", id=None):
    courier.event(id or f"a-{worker}", "allocation.started", "2020-01-01T10:00:00Z",
                  {"role": "social-worker", "worker": worker, "team": team})


def test_every_holder_of_a_role_gets_a_message_of_their_own(sink, database):
    with Courier(database, sink.port) as courier:
        allocate(courier, "W1")
        allocate(courier, "W2")
        alert = courier.custody()
        courier.row("social-worker")
        courier.row("team-manager")
        rows = courier.run()
        assert [(row["person"], row["state"]) for row in rows] == [
            ("p-worker", "accepted"), ("p-manager", "accepted"), ("p-worker2", "accepted")]
        mails = parsed(sink)
        assert sorted(to for to, _ in mails) == ["manager@council.example", "worker2@council.example", "worker@council.example"]
        assert len({mail["Message-ID"] for _, mail in mails}) == 3
        for to, mail in mails:
            assert mail["To"] == to
            assert mail["Auto-Submitted"] == "auto-generated"
            assert mail["Subject"].startswith("OFFICIAL-SENSITIVE Critical alert A-")
            assert "CHILD-1001" not in mail["Subject"]
            assert mail["X-Casewatch-Possible-Duplicate"] is None
        assert rows[0]["reply"].startswith("250 ")
        assert alert


def test_an_allocation_that_ended_gets_nothing(sink, database):
    with Courier(database, sink.port) as courier:
        allocate(courier, "W1")
        allocate(courier, "W2")
        courier.event("x", "allocation.ended", "2020-02-01T10:00:00Z", {"role": "social-worker", "worker": "W1"})
        courier.custody()
        courier.row("social-worker")
        courier.run()
        assert [to for to, _ in parsed(sink)] == ["worker2@council.example"]


def test_a_temporary_refusal_is_tried_again_with_the_same_message_id(sink, database):
    sink.plan("rcpt:451", "end:452", "data:450")
    with Courier(database, sink.port) as courier:
        courier.custody()
        courier.row("director")
        row, = courier.run()
        assert (row["state"], row["attempts"], row["possible_duplicate"]) == ("accepted", 4, False)
        (_, mail), = parsed(sink)
        assert mail["Message-ID"] == row["message_id"]


def test_a_permanent_refusal_tells_ops_and_climbs(sink, database):
    sink.by_recipient["director@council.example"] = "rcpt:550"
    with Courier(database, sink.port) as courier:
        alert = courier.custody()
        courier.row("director", step=2)
        rows = courier.run()
        assert states(rows) == [("director", "failed"), ("ops", "accepted")]
        assert rows[0]["reply"].startswith("550")
        assert rows[1]["rule"] == "ops.undeliverable"
        assert courier.nobodies == [(alert, "2")]
        (to, mail), = parsed(sink)
        assert to == "ops@council.example"
        assert "A-" in mail.get_content() and "CHILD-1001" not in mail.get_content()
        assert not any("council.example" in line for line in courier.log)  # no addresses in the log


def test_nothing_climbs_while_somebody_else_was_told_at_the_same_step(sink, database):
    sink.by_recipient["director@council.example"] = "rcpt:550"
    with Courier(database, sink.port) as courier:
        courier.custody()
        courier.row("director")
        courier.row("dcs")
        rows = courier.run()
        assert states(rows)[:2] == [("director", "failed"), ("dcs", "accepted")]
        assert courier.nobodies == []


@pytest.mark.parametrize("role,words", [("edt", "nobody holds the role edt"), ("mute", "can be reached"),
                                        ("unheard-of", "nobody holds the role unheard-of")])
def test_a_role_that_reaches_nobody_climbs_at_once(sink, database, role, words):
    with Courier(database, sink.port) as courier:
        alert = courier.custody()
        courier.row(role)
        rows = courier.run()
        assert rows[0]["state"] == "failed" and words in rows[0]["reply"]
        assert ("ops", "accepted") in states(rows)
        assert courier.nobodies == [(alert, "1")]


def test_ops_that_cannot_be_told_make_no_storm_of_words_to_ops(sink, database):
    sink.by_recipient["ops@council.example"] = "rcpt:550"
    with Courier(database, sink.port) as courier:
        for number in range(5):
            courier.custody(alert=f"00000000000000a{number}")
            courier.row("edt", alert=f"00000000000000a{number}")
        rows = courier.run()
        assert len([row for row in rows if row["role"] == "ops"]) == 1
        assert len(courier.nobodies) == 5


@pytest.mark.parametrize("fault", ["hangup-end", "mute-end"])
def test_no_answer_after_the_last_byte_is_sent_again_and_marked(sink, database, fault):
    sink.plan(fault)
    with Courier(database, sink.port, timeout=3000) as courier:
        courier.custody()
        courier.row("director")
        row, = courier.run(20000)
        assert (row["state"], row["attempts"], row["possible_duplicate"]) == ("accepted", 2, True)
        mails = [mail for _, mail in parsed(sink)]
        assert {mail["Message-ID"] for mail in mails} == {row["message_id"]}
        assert mails[-1]["X-Casewatch-Possible-Duplicate"] == "yes"
        assert len(mails) == (2 if fault == "hangup-end" else 1)


def test_a_server_that_always_hangs_up_after_the_last_byte_is_given_up_loudly(sink, database):
    sink.by_recipient["director@council.example"] = "hangup-end"
    with Courier(database, sink.port, retry=10, most=20) as courier:
        alert = courier.custody()
        courier.row("director")
        rows = courier.run(20000)
        assert (rows[0]["state"], rows[0]["attempts"]) == ("failed", 20)
        assert courier.nobodies == [(alert, "1")]


def test_time_that_runs_out_at_a_full_mailbox_tells_ops_and_climbs(sink, database):
    sink.by_recipient["director@council.example"] = "rcpt:452"
    with Courier(database, sink.port, retry=50, most=200) as courier:
        alert = courier.custody()
        courier.row("director", deadline=2000)
        rows = courier.run(10000)
        assert states(rows) == [("director", "failed"), ("ops", "accepted")]
        assert 3 <= rows[0]["attempts"] <= 60
        assert courier.nobodies == [(alert, "1")]


def test_what_was_on_its_way_at_a_kill_is_sent_again_and_marked(sink, database):
    sink.plan("slow:30")
    courier = Courier(database, sink.port, timeout=20000)
    courier.custody()
    courier.row("director")
    courier.run_until(sink.mails, "it has the mail, and does not answer")
    first, = sink.mails()
    courier.do("crash")
    with Courier(database, sink.port) as courier:
        row, = courier.run()
        assert (row["state"], row["possible_duplicate"]) == ("accepted", True)
    one, two = [mail for _, mail in parsed(sink)]
    assert one["Message-ID"] == two["Message-ID"] == row["message_id"]
    assert one["X-Casewatch-Possible-Duplicate"] is None
    assert two["X-Casewatch-Possible-Duplicate"] == "yes"
    assert first


def test_many_kills_at_random_moments_lose_no_message_and_mark_every_repeat(sink, database):
    seed = random.randrange(1 << 32)
    print(f"seed {seed}")
    dice = random.Random(seed)
    for kill in range(15):
        courier = Courier(database, sink.port, threads=3)
        for number in range(4):
            alert = f"{kill * 4 + number:016x}"
            courier.custody(alert=alert)
            courier.row("heads", alert=alert)  # two people
        sink.plan(*dice.choices(["ok", "slow:0.05", "hangup-end", "rcpt:451", "hangup-rcpt"], k=6))
        courier.do(f"run {dice.randrange(1, 60)}")
        courier.do("crash")
    with sink.lock:
        sink.queue.clear()
    with Courier(database, sink.port, threads=3) as courier:
        rows = courier.run(30000)
        assert {row["state"] for row in rows} == {"accepted"}, rows
        assert len(rows) == 15 * 4 * 2
    seen = set()
    for _, mail in parsed(sink):
        if mail["Message-ID"] in seen:
            assert mail["X-Casewatch-Possible-Duplicate"] == "yes"
        seen.add(mail["Message-ID"])
    assert seen == {row["message_id"] for row in rows}


def test_alerts_that_fall_to_one_person_within_a_minute_go_together(sink, database):
    with Courier(database, sink.port, together=600) as courier:
        for number in range(3):
            courier.custody(alert=f"00000000000000b{number}", rule="missing.vpg-referral")
            courier.row("director", alert=f"00000000000000b{number}", critical=0)
        courier.custody()
        courier.row("director", critical=1)
        courier.row("director", kind="list", purpose="list", alert="-", critical=0)
        rows = courier.run()
        assert {row["state"] for row in rows} == {"accepted"}
        mails = [mail for _, mail in parsed(sink)]
        assert sorted(mail["Subject"] for mail in mails) == [
            "OFFICIAL-SENSITIVE 3 alerts", "OFFICIAL-SENSITIVE Critical alert A-1004",
            "OFFICIAL-SENSITIVE Missing list, 0 missing now"]
        together = next(mail for mail in mails if "3 alerts" in mail["Subject"])
        assert len({row["message_id"] for row in rows[:3]}) == 1 and rows[0]["message_id"] == together["Message-ID"]
        for number in ("A-1001", "A-1002", "A-1003"):
            assert number in together.get_content()
        assert mails[-1]["Subject"] == together["Subject"]  # it alone waited
        assert [row["attempts"] for row in rows] == [1] * 5


def test_alerts_for_different_people_or_of_one_only_wait_and_go_alone(sink, database):
    with Courier(database, sink.port, together=300) as courier:
        for number, role in enumerate(["director", "dcs"]):
            courier.custody(alert=f"00000000000000b{number}", rule="missing.vpg-referral")
            courier.row(role, alert=f"00000000000000b{number}", critical=0)
        courier.run()
        assert sorted((to, mail["Subject"]) for to, mail in parsed(sink)) == [
            ("dcs@council.example", "OFFICIAL-SENSITIVE High alert A-1002"),
            ("director@council.example", "OFFICIAL-SENSITIVE High alert A-1001")]


def test_a_group_that_failed_stays_a_group(sink, database):
    sink.plan("end:451", "hangup-end")
    with Courier(database, sink.port, together=300) as courier:
        for number in range(3):
            courier.custody(alert=f"00000000000000b{number}", rule="missing.vpg-referral")
            courier.row("director", alert=f"00000000000000b{number}", critical=0)
        rows = courier.run(20000)
        assert {(row["state"], row["attempts"]) for row in rows} == {("accepted", 3)}
        one, two = [mail for _, mail in parsed(sink)]
        assert one["Message-ID"] == two["Message-ID"]
        assert "A-1001" in two.get_content() and "A-1003" in two.get_content()


def test_one_person_in_two_roles_hears_of_an_alert_once(sink, database):
    with Courier(database, sink.port) as courier:
        courier.custody()
        courier.row("director")
        courier.row("heads")
        rows = courier.run()
        assert {row["state"] for row in rows} == {"accepted"}
        assert sorted(to for to, _ in parsed(sink)) == ["dcs@council.example", "director@council.example"]


def test_first_alerts_go_before_reminders_and_lists_and_critical_ones_first(tmp_path, database):
    with held_port() as port:
        first_after_a_pause(tmp_path, database, port)


def first_after_a_pause(tmp_path, database, port):
    courier = Courier(database, port, threads=1, retry=2000, most=2000)
    for kind in ("list", "reminder", "alert"):
        courier.custody(alert=f"{kind:x<16}"[:16].encode().hex()[:16], rule="custody.threshold")
    courier.do("run 50")
    courier.row("dcs", kind="list", purpose="list", alert="-", critical=0)
    courier.custody(alert="00000000000000c1", rule="missing.vpg-referral")
    courier.row("dcs", kind="reminder", purpose="updated", alert="00000000000000c1", critical=0, person="p-dcs")
    courier.row("director", kind="alert", alert="00000000000000c1", critical=0, purpose="updated")
    courier.custody(alert="00000000000000c2")
    courier.row("director", alert="00000000000000c2", critical=1)
    with Sink(tmp_path / "mail", port=port) as sink, courier:
        sink.by_recipient["dcs@council.example"] = "slow:2"  # the others have one line, and are slow on it but for the first
        courier.run()
        order = [mail["Subject"].replace("OFFICIAL-SENSITIVE ", "").split(" A-")[0] for _, mail in parsed(sink)]
        assert order.index("Critical alert") < 3  # over a line of its own: the list waits seconds for the slow mailbox on theirs
        order.remove("Critical alert")
        assert order == ["High alert", "High alert", "Missing list, 0 missing now"]


@pytest.mark.parametrize("place", ["rcpt", "data", "body", "end"])
def test_a_mailbox_that_hangs_holds_up_nobody_and_is_told_when_it_wakes(sink, database, place):
    sink.by_recipient["dcs@council.example"] = f"mute-{place}"
    with Courier(database, sink.port, threads=1, timeout=90000) as courier:
        courier.custody(alert="00000000000000c1")
        courier.row("dcs", alert="00000000000000c1")
        courier.run_until(sink.is_mute, "it hangs")
        courier.custody(alert="00000000000000c2")
        courier.row("director", alert="00000000000000c2")
        courier.run_until(lambda: ("director", "accepted") in states(courier.rows()), "the director is told")
        assert [(row["state"], row["attempts"]) for row in courier.rows() if row["role"] == "dcs"] == [("sending", 1)], "it hangs still"
        assert courier.figures()["trouble"] == 0
        del sink.by_recipient["dcs@council.example"]
        sink.wake()
        assert {row["state"] for row in courier.run(30000)} == {"accepted"}


def test_a_critical_message_overtakes_hundreds_that_wait_for_a_slow_server(sink, database):
    sink.always = "slow:0.2"
    sink.by_recipient["worker@council.example"] = "mute-rcpt"
    sink.by_recipient["worker2@council.example"] = "mute-rcpt"
    with Courier(database, sink.port, threads=2, timeout=9000) as courier:
        for number in range(200):
            courier.custody(alert=f"{number:016x}", rule="missing.vpg-referral")
            courier.row("dcs", alert=f"{number:016x}", purpose="updated", critical=0)
        for number, person in ((300, "p-worker"), (301, "p-worker2")):
            courier.custody(alert=f"{number:016x}")
            courier.row("heads", alert=f"{number:016x}", person=person)
        courier.run_until(lambda: len(sink.mails()) > 5, "some of them went")
        before = len(sink.mails())
        courier.custody(alert="00000000000000c1")
        courier.row("director", alert="00000000000000c1")
        courier.run_until(lambda: "director@council.example" in [to for to, _ in parsed(sink)], "the director is told")
        arrived = [meta["to"][0] for meta, _ in sink.mails()]
        assert "director@council.example" in arrived[before:before + 12], (before, arrived[before:])
        assert len(arrived) < 200


def test_later_messages_answer_the_first_one_of_the_alert(sink, database):
    with Courier(database, sink.port) as courier:
        courier.custody()
        courier.row("director")
        courier.run()
        courier.row("director", kind="reminder", purpose="asked-again")
        courier.row("dcs", purpose="escalated", step=2)
        courier.run()
        first, *later = parsed(sink)
        by_person = {to: mail for to, mail in later}
        assert by_person["director@council.example"]["In-Reply-To"] == first[1]["Message-ID"]
        assert by_person["director@council.example"]["References"] == first[1]["Message-ID"]
        assert by_person["dcs@council.example"]["References"] is None


def test_an_alert_that_was_withdrawn_before_it_went_troubles_nobody(sink, database):
    with Courier(database, 0) as shadow:
        shadow.custody()
        shadow.row("director")
        shadow.custody(state="withdrawn")
        shadow.row("director", purpose="withdrawn")
    with Courier(database, sink.port) as courier:
        rows = courier.run()
        assert [row["state"] for row in rows] == ["failed", "failed"]
        assert all(row["reply"].startswith("not sent: ") for row in rows)
        assert courier.figures()["dropped"] == 2 and courier.nobodies == []
        assert sink.mails() == []


def test_a_withdrawal_goes_to_those_who_were_told(sink, database):
    with Courier(database, sink.port) as courier:
        allocate(courier, "W1")
        courier.custody()
        courier.row("social-worker")
        courier.run()
        courier.event("x", "allocation.ended", "2020-02-01T10:00:00Z", {"role": "social-worker", "worker": "W1"})
        allocate(courier, "W2")
        courier.custody(state="withdrawn")
        courier.row("social-worker", purpose="withdrawn")
        courier.run()
        assert [to for to, _ in parsed(sink)] == ["worker@council.example"] * 2
        assert "withdrawn" in parsed(sink)[1][1]["Subject"]


def test_a_server_in_trouble_is_not_stormed_and_all_goes_out_when_it_is_back(tmp_path, database):
    with held_port() as port, Courier(database, port, retry=50, most=200, threads=4) as courier:
        for number in range(30):
            courier.custody(alert=f"{number:016x}")
            courier.row("director", alert=f"{number:016x}", deadline=300)
        courier.run_until(lambda: courier.figures()["trouble"], "it is in trouble")
        rows = courier.run(1500)
        figures = courier.figures()
        assert figures["trouble"] == 1 and figures["accepted"] == 0
        assert sum(row["attempts"] for row in rows) < 60
        with Sink(tmp_path / "mail", port=port) as sink:
            rows = courier.run(30000)
            assert {row["state"] for row in rows} == {"accepted"}  # also after the step's own time: late, not never
            assert len(sink.mails()) == 30
            assert courier.figures()["trouble"] == 0


def test_stopping_is_bounded_and_says_what_is_not_known(sink, database):
    sink.plan("mute-end")
    with Courier(database, sink.port, timeout=3_600_000) as courier:  # an hour, and nobody waits for it
        courier.custody()
        courier.row("director")
        courier.run_until(sink.is_mute, "it is under way")
        courier.do("stop 200")
        row, = courier.rows()
        assert row["state"] in ("uncertain", "sending")
    with Courier(database, sink.port) as courier:
        row, = courier.run()
        assert (row["state"], row["possible_duplicate"]) == ("accepted", True)


def test_stopping_lets_what_is_under_way_finish(sink, database):
    sink.plan("slow:0.5")
    with Courier(database, sink.port) as courier:
        courier.custody()
        courier.row("director")
        courier.run_until(sink.mails, "it is under way")
        courier.do("stop 20000")
        assert states(courier.rows()) == [("director", "accepted")]


def test_in_shadow_nobody_is_sent_anything_and_nothing_is_lost(sink, database):
    with Courier(database, 0) as courier:
        courier.custody()
        courier.row("director")
        assert states(courier.run(300)) == [("director", "pending")]
        assert courier.figures()["shadow"] == 1
    with Courier(database, sink.port) as courier:
        assert states(courier.run()) == [("director", "accepted")]


def test_those_an_event_names_are_told(sink, database):
    with Courier(database, sink.port) as courier:
        courier.event("s1", "strategy.complex_held", "2020-01-01T10:00:00Z", {"named": ["p-dcs", "p-gone", "p-manager"]})
        courier.do('alert 00000000000000aa custody.threshold CHILD-1001 standing ["s1"]')
        courier.row("named")
        rows = courier.run()
        assert {row["state"] for row in rows} == {"accepted"}
        assert sorted(to for to, _ in parsed(sink)) == ["dcs@council.example", "manager@council.example", "ops@council.example"]


def test_hundreds_of_messages_go_over_a_few_connections(sink, database):
    with Courier(database, sink.port, threads=4) as courier:
        for number in range(200):
            courier.custody(alert=f"{number:016x}")
            courier.row("director", alert=f"{number:016x}")
        rows = courier.run(30000)
        assert {row["state"] for row in rows} == {"accepted"}
        assert sink.connections <= 8
        assert len({row["message_id"] for row in rows}) == 200


def test_tls_and_a_password_all_the_way(tmp_path, database):
    ca, cert, key = authority(tmp_path, "t")
    (tmp_path / "password").write_text("correct horse")
    with Sink(tmp_path / "mail", tls="starttls", cert=cert, key=key, user="u", password="correct horse") as sink, \
            Courier(database, sink.port, tls="starttls", ca=ca, user="u", password=tmp_path / "password") as courier:
        courier.custody()
        courier.row("director")
        assert states(courier.run()) == [("director", "accepted")]
        assert sink.mails()[0][0]["tls"] and sink.mails()[0][0]["user"] == "u"
