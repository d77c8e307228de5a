"""Webhooks: the real daemon, a real web server of the recipient's, and each way in which that can fail."""

import base64
import hashlib
import hmac
import json
import os
import re
import subprocess
import time

import pytest

import judges
from hook_sink import HookSink
from processes import ROOT, wait_until
from spool_council import ACCEPTED, DELIVERED, SpoolCouncil, mails_to, to_director

SECRET = "whsec_" + base64.b64encode(b"a secret of thirty-two bytes....").decode()


@pytest.fixture
def hooks():
    with HookSink() as server:
        yield server


class Council(SpoolCouncil):
    """The director is reached by webhook first, then by email."""

    def __init__(self, path, ends, sink, url, more=(("inside", "yes"),), form=None, patience=2000, rules=os.path.join(ROOT, "rules")):
        super().__init__(path, ends, sink.port, rules=rules, secrets={"secret": SECRET},
                         people={"p-director": {"webhook": url, "channels": ["webhook", "email"], "webhook-form": form}},
                         webhook={"secret-file": "secret", "timeout-milliseconds": patience, **dict(more)})
        self.start()


def is_signed(request):
    """As Standard Webhooks says, reckoned apart from the daemon."""
    _, headers, body = request
    content = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    key = base64.b64decode(SECRET.removeprefix("whsec_"))
    expected = "v1," + base64.b64encode(hmac.new(key, content, hashlib.sha256).digest()).decode()
    return headers["webhook-signature"] == expected and abs(int(headers["webhook-timestamp"]) - time.time()) < 300


def test_a_child_in_a_cell_is_told_to_a_system_of_the_directors(tmp_path, ends, sink, hooks):
    council = Council(tmp_path, ends, sink, hooks.url("/a/secret-path"))
    council.hear()
    request = hooks.wait(1)[0]
    path, headers, body = request
    event = json.loads(body)
    assert path == "/a/secret-path" and is_signed(request)
    judges.python()  # what a receiver would check it with
    from standardwebhooks import Webhook
    assert Webhook(SECRET).verify(body, headers) == event
    assert headers["Content-Type"].startswith("application/cloudevents+json")
    assert event["id"] == headers["webhook-id"] and event["type"] == "casewatch.message.opened"
    assert [(alert["alert"], alert["severity"]) for alert in event["data"]["alerts"]] == [("A-1001", "critical")]
    beside_the_link = re.sub(rb"/[am]/[\w-]{24}", b"", body)  # in which chance may write anything
    assert b"CHILD-771" not in body and b"K1" not in beside_the_link, "a child's data in a webhook"
    channel, _, attempts, reply = council.wait_state(ACCEPTED, DELIVERED)
    assert (channel, attempts) == ("webhook", 1) and reply.startswith("204")
    assert to_director(sink) == []
    assert "secret-path" not in "\n".join(council.process.drain()), "the address in the log"


def test_the_library_of_node_takes_our_signature(tmp_path, ends, sink, hooks):
    Council(tmp_path, ends, sink, hooks.url()).hear()
    _, headers, body = hooks.wait(1)[0]
    assert judges.node_verifies(SECRET, body, headers) == json.loads(body)


def test_a_channel_of_teams_gets_a_card(tmp_path, ends, sink, hooks):
    council = Council(tmp_path, ends, sink, hooks.url(), form="teams-card")
    council.hear()
    _, headers, body = hooks.wait(1)[0]
    card = json.loads(body)["attachments"][0]["content"]
    assert headers["Content-Type"] == "application/json"
    assert card["body"][0]["items"][0]["text"] == "CRITICAL alert A-1001"
    assert card["body"][1]["text"].startswith("Answer by ")


OWN = """\
rules:
  - id: own.cell
    title: A child in a cell
    severity: critical
    event: {event: custody.threshold_met, distinct: custody}
    closes-on: custody.released
    tell:
      - {role: director, channels: [email, webhook], escalate-after: 30 minutes}
    text: Find a bed.
"""


def test_a_step_that_names_channels_tells_by_all_of_them_at_once(tmp_path, ends, sink, hooks):
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "own.yaml").write_text(OWN)
    council = Council(tmp_path, ends, sink, hooks.url(), rules=tmp_path / "rules")
    council.hear()
    wait_until(lambda: len(to_director(sink)) == 1 and len(hooks.requests) == 1, 30, "both are told")
    wait_until(lambda: sorted((row[0], row[1]) for row in council.rows()) == [("email", 2), ("webhook", 2)], 10, "both accepted")


def test_where_one_of_the_steps_channels_fails_the_other_has_told(tmp_path, ends, sink, hooks):
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "own.yaml").write_text(OWN)
    hooks.plan("410")
    council = Council(tmp_path, ends, sink, hooks.url(), rules=tmp_path / "rules")
    council.hear()
    wait_until(lambda: sorted((row[0], row[1]) for row in council.rows()) == [("email", 2), ("webhook", 5)], 30, "one told, one failed")
    assert len(to_director(sink)) == 1
    assert mails_to(sink, "dcs@example.org") == [], "the ladder climbed although one was told"


@pytest.mark.parametrize("fault", ["500", "429", "hang-up", "go-on", "mute"])
def test_what_was_not_taken_is_sent_again_under_the_same_id(tmp_path, ends, sink, hooks, fault):
    hooks.plan(fault)
    council = Council(tmp_path, ends, sink, hooks.url())
    council.hear()
    first, second = hooks.wait(2, 40)[:2]
    assert first[1]["webhook-id"] == second[1]["webhook-id"]
    assert is_signed(second)
    council.wait_state(ACCEPTED, DELIVERED)


@pytest.mark.parametrize("fault", ["410", "404", "400"])
def test_a_webhook_that_refuses_for_good_is_followed_by_an_email(tmp_path, ends, sink, hooks, fault):
    hooks.plan(fault)
    council = Council(tmp_path, ends, sink, hooks.url())
    council.hear()
    wait_until(lambda: to_director(sink), 20, "an email instead")
    assert council.wait_state(ACCEPTED, DELIVERED)[0] == "email"
    assert len(hooks.requests) == 1


def test_no_redirect_is_followed(tmp_path, ends, sink, hooks):
    with HookSink() as elsewhere:
        hooks.plan(f"307:{elsewhere.url()}")
        council = Council(tmp_path, ends, sink, hooks.url())
        council.hear()
        wait_until(lambda: to_director(sink), 20, "an email instead")
        assert elsewhere.connections == 0


def test_no_name_leads_into_the_house_unless_it_is_allowed(tmp_path, ends, sink):
    key, certificate = certify(tmp_path)
    with HookSink(certificate, key) as inside:
        council = Council(tmp_path, ends, sink, inside.url(host="localhost"), more={"ca-file": str(certificate)})
        council.hear()
        wait_until(lambda: to_director(sink), 20, "an email instead")
        assert inside.connections == 0
        assert any("inside the house" in detail for (detail,) in council.query("SELECT detail FROM audit"))


def test_a_certificate_that_nobody_vouches_for_is_never_told(tmp_path, ends, sink):
    key, certificate = certify(tmp_path)
    with HookSink(certificate, key) as server:
        council = Council(tmp_path, ends, sink, server.url(host="localhost"))
        council.hear()
        wait_until(lambda: council.rows() and council.rows()[0][2] >= 2, 30, "two attempts")
        assert server.requests == []
        assert "ertificate" in council.rows()[0][3]


def test_with_a_ca_of_its_own_it_is_told_over_tls(tmp_path, ends, sink):
    key, certificate = certify(tmp_path)
    with HookSink(certificate, key) as server:
        council = Council(tmp_path, ends, sink, server.url(host="localhost"), more={"inside": "yes", "ca-file": str(certificate)})
        council.hear()
        assert is_signed(server.wait(1)[0])
        council.wait_state(ACCEPTED, DELIVERED)


def test_a_webhook_that_hangs_holds_up_nobody_elses_message(tmp_path, ends, sink, hooks):
    """Each attempt at the director's would take five minutes; the Director of Children's Services has an email meanwhile."""
    hooks.plan(*["mute"] * 50)
    council = Council(tmp_path, ends, sink, hooks.url(), patience=300000)
    for number in range(1, 9):
        council.hear(number)
    hooks.wait(2)
    council.hear(9, "placement.started", {"placement": "P1", "regulated": False})
    wait_until(lambda: mails_to(sink, "dcs@example.org"), 60, "an email to somebody else")
    rows = council.rows()
    assert len(rows) >= 8 and all(state not in (2, 3) for _, state, _, _ in rows)


def certify(path):
    key, certificate = path / "key.pem", path / "cert.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
                    "-keyout", key, "-out", certificate, "-subj", "/CN=localhost", "-addext",
                    "subjectAltName=DNS:localhost,IP:127.0.0.1"], check=True, capture_output=True, timeout=60)
    return key, certificate
