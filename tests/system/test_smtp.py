"""One mail to one server: every way in which that can go, and what is said of it."""
import pytest

from courier_bench import authority, probe
from processes import SHARED_MACHINE, held_port
from smtp_sink import Sink


@pytest.fixture(scope="module")
def certificates(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tls")
    return {"good": authority(folder, "good"), "other": authority(folder, "other"),
            "name": authority(folder, "name", "mail.elsewhere.example")}


@pytest.fixture
def password(tmp_path):
    path = tmp_path / "password"
    path.write_text("correct horse\n")
    return str(path)


@pytest.mark.parametrize("fault,outcome,whose,code", [
    ("ok", "accepted", None, 250),
    ("mail:451", "temporary", "message", 451),
    ("mail:552", "permanent", "message", 552),
    ("rcpt:450", "temporary", "recipient", 450),
    ("rcpt:550", "permanent", "recipient", 550),
    ("rcpt:421", "temporary", "server", 421),
    ("data:451", "temporary", "message", 451),
    ("data:554", "permanent", "message", 554),
    ("end:451", "temporary", "message", 451),
    ("end:554", "permanent", "message", 554),
    ("hangup-rcpt", "temporary", "recipient", 0),
    ("hangup-end", "uncertain", "message", 0),
    ("greet:554", "temporary", "server", 554),
    ("hello:550", "temporary", "server", 550),
    ("hangup-greet", "temporary", "server", 0),
])
def test_what_the_server_does_is_what_is_said(tmp_path, fault, outcome, whose, code):
    with Sink(tmp_path / "mail") as sink:
        sink.plan(fault)
        told, = probe(sink.port)
        assert (told.outcome, told.whose, told.code) == (outcome, whose or told.whose, code), told
        if code:
            assert told.text.startswith(str(code)), told
        assert len(sink.mails()) == (1 if fault in ("ok", "hangup-end") else 0)


PLACES = [
    ("greet", "temporary", "server"),
    ("hello", "temporary", "server"),
    ("mail", "temporary", "server"),
    ("rcpt", "temporary", "recipient"),   # a mailbox is not the server
    ("data", "temporary", "message"),
    ("end", "uncertain", "message"),
    ("quit", "accepted", None),           # it has the message, whatever it says in parting
]


@pytest.mark.parametrize("how", ["mute", "hangup"])
@pytest.mark.parametrize("place,outcome,whose", PLACES)
def test_silence_at_each_place_is_what_it_is(tmp_path, how, place, outcome, whose):
    with Sink(tmp_path / "mail") as sink:
        sink.plan(f"{how}-{place}")
        told, = probe(sink.port, timeout=1500)
        assert (told.outcome, told.whose) == (outcome, whose or told.whose), told
        assert told.ms < (1500 + 3500) * SHARED_MACHINE, told


@pytest.mark.parametrize("how", ["mute", "hangup"])
def test_a_body_that_never_got_through_was_not_delivered_and_one_that_may_have_is_uncertain(tmp_path, how):
    with Sink(tmp_path / "mail") as sink:
        sink.plan(f"{how}-body", f"{how}-body")
        small, = probe(sink.port, timeout=2000)
        assert small.outcome in ("uncertain", "temporary") and small.whose == "message", small
        large, = probe(sink.port, timeout=2000, wire=b"Subject: x\r\n\r\n" + b"line\r\n" * 1_500_000)
        assert (large.outcome, large.whose) == ("temporary", "message"), large
        assert not sink.mails()


def test_a_recipient_who_is_not_answered_costs_a_third_of_the_time(tmp_path):
    with Sink(tmp_path / "mail") as sink:
        sink.plan("mute-rcpt")
        told, = probe(sink.port, timeout=9000)
        assert told.whose == "recipient" and told.ms < 9000, told


def test_a_server_that_answers_slowly_is_waited_for(tmp_path):
    with Sink(tmp_path / "mail") as sink:
        sink.plan("slow:1.2")
        told, = probe(sink.port, timeout=9000)
        assert told.outcome == "accepted", told


def test_starttls_that_is_refused_gets_nothing(tmp_path, certificates):
    ca, cert, key = certificates["good"]
    with Sink(tmp_path / "mail", tls="starttls", cert=cert, key=key) as sink:
        sink.plan("starttls:454")
        told, = probe(sink.port, tls="starttls", ca=ca)
        assert (told.outcome, told.whose, told.tls) == ("temporary", "server", 0), told
        assert not any(what.startswith(("MAIL", "AUTH")) for _, what in sink.seen)


@pytest.mark.parametrize("fault,outcome", [("mute-rcpt", "abandoned"), ("mute-end", "uncertain")])
def test_a_stopping_daemon_does_not_wait_for_a_mute_server(tmp_path, fault, outcome):
    with Sink(tmp_path / "mail") as sink:
        sink.plan(fault)
        told, = probe(sink.port, timeout=30000, stop_after=200)
        assert told.outcome == outcome, told
        assert told.ms < 5000 * SHARED_MACHINE, told


def test_no_server_at_all_is_temporary():
    with held_port() as port:
        told, = probe(port)
    assert (told.outcome, told.whose) == ("temporary", "server")


def test_a_name_that_leads_nowhere_is_temporary():
    told, = probe(25, host="mail.invalid")  # RFC 6761: never exists, whatever answers for names here
    assert (told.outcome, told.whose) == ("temporary", "server")


def test_one_connection_serves_many_messages_and_a_closed_one_is_opened_anew(tmp_path):
    with Sink(tmp_path / "mail") as sink:
        assert [told.outcome for told in probe(sink.port, count=5)] == ["accepted"] * 5
        assert sink.connections == 1
        sink.plan("ok", "hangup-rcpt")  # the second message finds the connection dead: once more on a new one
        assert [told.outcome for told in probe(sink.port, count=3)] == ["accepted"] * 3
        assert len(sink.mails()) == 8


def test_a_line_that_begins_with_a_dot_arrives_as_it_was(tmp_path):
    wire = b"Subject: x\r\n\r\n.\r\n..\r\n.hidden\r\nend\r\n"
    with Sink(tmp_path / "mail") as sink:
        told, = probe(sink.port, wire=wire)
        assert told.outcome == "accepted"
        assert sink.mails()[0][1] == wire


def test_an_address_cannot_carry_a_command(tmp_path):
    with Sink(tmp_path / "mail") as sink:
        for evil in ("a@b.example>\r\nRCPT TO:<x@y.example", "a@b.example\nX", "<a@b.example>", "a b@c.example"):
            told, = probe(sink.port, to=evil)
            assert told.outcome == "permanent"
        assert sink.connections == 0


@pytest.mark.parametrize("mode", ["starttls", "tls"])
def test_tls_is_used_and_verified(tmp_path, certificates, mode):
    ca, cert, key = certificates["good"]
    with Sink(tmp_path / "mail", tls="implicit" if mode == "tls" else "starttls", cert=cert, key=key) as sink:
        told, = probe(sink.port, tls=mode, ca=ca)
        assert (told.outcome, told.tls) == ("accepted", 1), told
        assert sink.mails()[0][0]["tls"] is True


@pytest.mark.parametrize("mode", ["starttls", "tls"])
@pytest.mark.parametrize("served,trusted", [("good", "other"), ("name", "name")], ids=["unknown authority", "another name"])
def test_a_certificate_that_does_not_fit_gets_nothing(tmp_path, certificates, mode, served, trusted):
    with Sink(tmp_path / "mail", tls="implicit" if mode == "tls" else "starttls", cert=certificates[served][1],
              key=certificates[served][2]) as sink:
        told, = probe(sink.port, tls=mode, ca=certificates[trusted][0])
        assert (told.outcome, told.whose, told.tls) == ("temporary", "server", 0), told
        assert not any(what.startswith("MAIL") for _, what in sink.seen)


def test_starttls_that_is_not_offered_gets_nothing(tmp_path, certificates):
    ca, cert, key = certificates["good"]
    with Sink(tmp_path / "mail", tls="starttls", cert=cert, key=key) as sink:
        sink.plan("no-starttls")
        told, = probe(sink.port, tls="starttls", ca=ca)
        assert (told.outcome, told.whose, told.tls) == ("temporary", "server", 0), told
        assert not any(what.startswith(("MAIL", "AUTH")) for _, what in sink.seen)


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion")
def test_tls_older_than_1_2_is_refused(tmp_path, certificates):
    import ssl
    ca, cert, key = certificates["good"]
    with Sink(tmp_path / "mail", tls="starttls", cert=cert, key=key) as sink:
        sink.context.minimum_version = ssl.TLSVersion.TLSv1
        sink.context.maximum_version = ssl.TLSVersion.TLSv1_1
        sink.context.set_ciphers("ALL:@SECLEVEL=0")
        told, = probe(sink.port, tls="starttls", ca=ca)
        assert (told.outcome, told.whose) == ("temporary", "server"), told


def test_who_we_are_is_said_with_the_password_of_the_file(tmp_path, certificates, password):
    ca, cert, key = certificates["good"]
    with Sink(tmp_path / "mail", tls="starttls", cert=cert, key=key, user="casewatch", password="correct horse") as sink:
        told, = probe(sink.port, tls="starttls", ca=ca, user="casewatch", password=password)
        assert told.outcome == "accepted", told
        assert sink.mails()[0][0]["user"] == "casewatch"


def test_a_wrong_password_is_the_servers_trouble_not_the_recipients(tmp_path, certificates, password):
    ca, cert, key = certificates["good"]
    with Sink(tmp_path / "mail", tls="starttls", cert=cert, key=key, user="casewatch", password="another") as sink:
        told, = probe(sink.port, tls="starttls", ca=ca, user="casewatch", password=password)
        assert (told.outcome, told.whose, told.code) == ("temporary", "server", 535), told
        assert "correct horse" not in told.text


def test_settings_that_cannot_work_are_refused_in_words(tmp_path, password):
    assert "a password is not sent in clear" in probe(25, host="mail.council.example", user="u", password=password)
    assert "password_file" in probe(25, user="u", password=str(tmp_path / "absent"))
    assert "ca_file" in probe(25, tls="tls", ca=str(tmp_path / "absent"))
    assert "smtp.host" in probe(25, host="a b")
    assert "port" in probe(70000)
