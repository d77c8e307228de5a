"""Events by HTTP (docs/http.md): whoever sends one has it until an answer says otherwise; nothing is lost, and one bad event never
refuses the others. The packages that senders use (PyPI, npm) write what is sent, so that it is not our own idea of a CloudEvent."""

import concurrent.futures
import http.client
import json
import os
import re
import shutil
import socket
import ssl
import subprocess

import pytest

import judges
from http_kit import TOKEN, Sender, event
from processes import BUILD, ROOT, Process, held_port, tool, wait_until
from spool_council import SpoolCouncil

BATCH = "application/cloudevents-batch+json"


class HttpCouncil(SpoolCouncil):
    """Its daemon takes events on a port and on a socket; the port is in its log."""

    def __init__(self, path, ends, **more):
        (path / "spool").mkdir(exist_ok=True)
        intake = {"listen": "127.0.0.1:0", "token-file": "tokens", "socket": "intake.sock", **more.pop("intake", {})}
        secrets = {"tokens": TOKEN, **more.pop("secrets", {})}
        super().__init__(path, ends, **{"smtp": None, **more, "secrets": secrets, "http-intake": intake})

    def start(self, program=os.path.join(BUILD, "casewatchd"), **options):
        self.process = self.ends(Process([program, "--config", str(self.config)], **options))
        self.process.wait_for(">ready$", 30)
        port = int(self.process.wait_for(r"http is up: .* on port (\d+)", 30)[1])
        self.sender = Sender(port)
        return self

    def stored(self):
        return [json.loads(bytes(row[0]))["id"] for row in self.query("SELECT event_json(id, packed, bytes) FROM event ORDER BY id")]

    def quarantined(self):
        return self.query("SELECT bytes, reason FROM quarantine ORDER BY id")


@pytest.fixture(scope="module")
def council(tmp_path_factory):
    started = []
    yield HttpCouncil(tmp_path_factory.mktemp("http"), lambda process: started.append(process) or process).start()
    for process in started:
        process.kill()


def test_an_event_is_accepted_once_it_is_stored_and_a_second_time_is_a_duplicate(council):
    first, again = council.sender.send(event("once")), council.sender.send(event("once"))
    assert (first.status, first.json()) == (202, {"id": "honce", "source": "/lcs", "result": "stored"})
    assert (again.status, again.json()["result"]) == (200, "duplicate")
    assert council.stored().count("honce") == 1


def test_the_same_id_for_another_event_is_a_conflict_and_is_kept(council):
    council.sender.send(event("taken"))
    other = council.sender.send(event("taken", data={"episode": "another"}))
    assert (other.status, other.media, other.json()["result"]) == (409, "application/problem+json", "conflict")
    assert any(b"another" in bytes(row[0]) for row in council.quarantined())


def test_a_refused_event_is_answered_with_the_reason_and_waits_in_quarantine(council):
    answer = council.sender.send(event("bad", time="yesterday"))
    assert (answer.status, answer.media) == (400, "application/problem+json")
    problem = answer.json()
    assert problem["status"] == 400 and "time is not an RFC 3339 time" in problem["detail"] and problem["id"] == "hbad"
    kept = [(json.loads(bytes(row[0])), row[1]) for row in council.quarantined() if b'"hbad"' in bytes(row[0])]
    assert len(kept) == 1 and kept[0][0] == event("bad", time="yesterday") and "RFC 3339" in kept[0][1]


def test_a_bad_optional_field_is_warned_of_and_hides_no_child(council):
    answer = council.sender.send(event("warned", type="missing.started", data={"episode": "E1", "kind": "missing", "risk": "huge"}))
    assert (answer.status, [warning["field"] for warning in answer.json()["warnings"]]) == (202, ["data.risk"])


def test_one_bad_event_of_a_batch_refuses_no_other(council):
    body = ("[" + json.dumps(event("b1")) + ", {\"this\": is not JSON}, " + json.dumps(event("b2", subject="")) + ",\n"
            + json.dumps(event("b3", data={"episode": "a \"quoted, ]}\" one"})) + ", " + json.dumps(event("b1")) + ", 17]")
    answer = council.sender.ask(body, media=BATCH)
    assert (answer.status, answer.media) == (200, "application/json")
    assert [(one["index"], one.get("id"), one["result"]) for one in answer.json()["results"]] == [
        (0, "hb1", "stored"), (1, None, "refused"), (2, "hb2", "refused"), (3, "hb3", "stored"), (4, "hb1", "duplicate"),
        (5, None, "refused")]
    assert {"hb1", "hb3"} <= set(council.stored())
    assert all(one["reason"] for one in answer.json()["results"] if one["result"] == "refused")


@pytest.mark.parametrize("body, results", [("[]", []), ("[ ]\n", []), ("\ufeff[]", []), ("{}", ["refused"]), ("[,]", ["refused"] * 2),
                                           ("[1,]", ["refused"] * 2), ("[[1,2],\"a,]\"", ["refused"] * 2), ("[] more", ["refused"]),
                                           ("[\"", ["refused"]), ("[" * 5000, ["refused"]), ("", ["refused"])])
def test_what_is_no_batch_is_kept_and_refused_and_breaks_nothing(council, body, results):
    answer = council.sender.ask(body.encode(), media=BATCH)
    assert (answer.status, [one["result"] for one in answer.json()["results"]]) == (200, results)


def test_a_batch_of_more_events_than_a_request_may_hold_is_not_taken_at_all(council):
    before = len(council.stored())
    most, more = (council.sender.ask("[" + ",".join(["0"] * count) + "]", media=BATCH) for count in (1000, 1001))
    assert (most.status, len(most.json()["results"])) == (200, 1000)
    assert (more.status, more.media) == (413, "application/problem+json")
    assert len(council.stored()) == before
    assert council.sender.send(event("after a thousand bad ones")).status == 202


def test_a_request_larger_than_the_limit_is_not_read(council):
    answer = council.sender.ask(b" " * (512 * 1024 + 1))
    assert (answer.status, answer.media) == (413, "application/problem+json")
    problem = answer.json()
    assert problem["title"] == "Too much at once" and "524288 bytes" in problem["detail"] and problem["status"] == 413


def test_a_sender_that_is_still_sending_hears_that_it_is_too_much(council):
    """Else it would take the connection that breaks for one that may be tried again, for ever."""
    answer = council.sender.ask(b" " * (15 << 20))
    assert (answer.status, answer.json()["title"]) == (413, "Too much at once")


def test_what_is_no_http_is_refused_as_a_problem_too(council):
    for method, status in (("DELETE", 501), ("POST", 400)):
        headers = {} if method == "DELETE" else {"X-Long": "x" * 20000}
        answer = council.sender.ask(b"", method=method, headers=headers)
        assert (answer.status, answer.media) == (status, "application/problem+json")
        assert answer.json()["title"] == "The request cannot be read" and "nothing waits in quarantine" in answer.json()["detail"]


@pytest.mark.parametrize("source", ["/casewatch/tool", "/casewatch/page"])
def test_nobody_answers_an_alert_by_http_in_the_name_of_casewatch(council, source):
    data = {"alert": "0123456789abcdef", "by": "director", "action": "all is well"}
    answer = council.sender.send(event("forged", type="alert.acknowledged", source=source, data=data))
    assert answer.status == 400 and "casewatch's own" in answer.json()["detail"]
    headers = {"ce-specversion": "1.0", "ce-id": "forged", "ce-source": source.replace("/", "%2F"), "ce-type": "alert.acknowledged",
               "ce-subject": "C1", "ce-time": "2020-01-01T10:00:00Z"}
    assert council.sender.ask(json.dumps(data), media="application/json", headers=headers).status == 400
    assert "hforged" not in council.stored()


@pytest.mark.parametrize("media, headers", [("application/json", {}), ("application/cloudevents+avro", {}), (None, {}),
                                            ("application/cloudevents+json", {"Content-Encoding": "gzip"})])
def test_a_form_that_is_not_understood_is_refused_with_those_that_are(council, media, headers):
    answer = council.sender.ask(json.dumps(event("form")), media=media, headers=headers)
    assert answer.status == 415 and "application/cloudevents-batch+json" in answer.headers["Accept"]


def test_only_who_has_the_token_may_send_and_a_new_one_counts_without_a_restart(council):
    port = council.sender.to
    for token in (None, "", "x", TOKEN + "x", TOKEN[:-1], TOKEN.upper()):
        refused = Sender(port, token).send(event("stranger"))
        assert (refused.status, refused.headers["WWW-Authenticate"]) == (401, 'Bearer realm="casewatch"')
    assert "hstranger" not in council.stored()
    council.process.wait_for("HTTP intake: .* came without a token that counts", 30)
    fresh = council.path / "tokens.new"
    fresh.write_text("the-new-token-of-2026\n" + TOKEN + "\n")
    fresh.chmod(0o600)
    fresh.rename(council.path / "tokens")
    wait_until(lambda: Sender(port, "the-new-token-of-2026").send(event("new token")).status in (200, 202), 30, "the new token")
    assert Sender(port).send(event("old token")).status == 202


def test_a_token_file_that_cannot_be_used_is_said_for_as_long_as_the_tokens_before_it_hold(ends, tmp_path):
    """Whoever emptied it to shut a sender out would learn of nothing but a line in the journal."""
    council = HttpCouncil(tmp_path, ends).start()
    (tmp_path / "tokens").write_text("")
    council.process.wait_for("http is amiss: .*write 1 to 4 tokens.*the tokens read before hold", 30)
    assert council.sender.send(event(1)).status == 202
    wait_until(lambda: "the tokens read before hold" in council.tool("status")[1], 30, "status to say so")
    (tmp_path / "tokens").write_text("another-token-of-the-case-system\n")
    council.process.wait_for("http is up", 30, after=council.process.matched)
    assert council.sender.send(event(2)).status == 401


def test_there_is_nothing_else_there(council):
    assert council.sender.ask("", path="/").status == 404
    answer = council.sender.ask(None, method="GET")
    assert (answer.status, answer.headers["Allow"]) == (405, "POST")


def test_attributes_in_headers_are_decoded_as_the_binding_says(council):
    headers = {"ce-specversion": "1.0", "ce-id": "b%C3%A9%20%22x%22", "ce-source": '"/a \\"quoted\\" one"', "ce-type": "missing.ended",
               "ce-subject": "C77", "ce-time": "2020-01-01T10:00:00Z", "CE-Extra": "100%25"}
    answer = council.sender.ask(json.dumps({"episode": "E1"}), media="application/json; charset=utf-8", headers=headers)
    assert (answer.status, answer.json()["id"], answer.json()["source"]) == (202, 'b\u00e9 "x"', '/a "quoted" one')
    assert json.loads(bytes(council.query("SELECT event_json(id, packed, bytes) FROM event ORDER BY id DESC LIMIT 1")[0][0]))["extra"] == "100%"


@pytest.mark.parametrize("headers", [{"ce-id": "%C0%A0"}, {"ce-id": "100%"}, {"ce-id": "a%00b"}, {"ce-id": ""},
                                     {"ce-datacontenttype": "text/plain", "ce-type": "missing.ended"}])
def test_attributes_that_cannot_be_read_are_kept_with_the_reason(council, headers):
    usual = {"ce-specversion": "1.0", "ce-id": "odd", "ce-source": "/lcs", "ce-subject": "C1", "ce-time": "2020-01-01T10:00:00Z"}
    before = len(council.quarantined())
    answer = council.sender.ask(b"{}", media="application/json", headers={**usual, **headers})
    assert answer.status == 400 and len(council.quarantined()) == before + 1


def test_many_senders_at_once_are_all_answered_and_each_event_is_there_once(council):
    def send(number):
        return council.sender.send_until_taken(event(f"many{number}")).status

    with concurrent.futures.ThreadPoolExecutor(24) as pool:
        assert set(pool.map(send, range(300))) <= {200, 202}
    assert sorted(name for name in council.stored() if name.startswith("hmany")) == sorted(f"hmany{number}" for number in range(300))


def test_the_package_of_pypi_is_understood_in_every_mode(council):
    judges.python_events()
    from cloudevents.core.bindings import http as binding
    from cloudevents.core.formats.json import JSONFormat
    from cloudevents.core.v1.event import CloudEvent
    import datetime

    def made(name):
        return CloudEvent({"id": name, "source": "/pypi", "type": "missing.ended", "subject": "C1", "specversion": "1.0",
                           "datacontenttype": "application/json", "partitionkey": "b\u00e9 %",
                           "time": datetime.datetime(2020, 1, 1, 10, tzinfo=datetime.timezone.utc)}, {"episode": "E1"})

    for mode, write in (("binary", binding.to_binary), ("structured", binding.to_structured)):
        message = write(made(f"pypi-{mode}"), JSONFormat())
        headers = {name.lower(): value for name, value in message.headers.items()}
        answer = council.sender.ask(message.body, media=headers.pop("content-type"), headers=headers)
        assert (answer.status, answer.json()["id"]) == (202, f"pypi-{mode}")
        kept = json.loads(bytes(council.query("SELECT event_json(id, packed, bytes) FROM event ORDER BY id DESC LIMIT 1")[0][0]))
        assert (kept["partitionkey"], kept["data"]) == ("b\u00e9 %", {"episode": "E1"})
    body = b"[" + b",".join(JSONFormat().write(made(f"pypi-batch{number}")) for number in range(3)) + b"]"
    assert [one["result"] for one in council.sender.ask(body, media=BATCH).json()["results"]] == ["stored"] * 3


def test_the_package_of_npm_is_understood_in_every_mode(council):
    judges.node_sends_events(council.sender.to, TOKEN)
    assert {"npm-binary", "npm-structured", "npm-batch"} <= set(council.stored())


# ---- daemons of their own ----


def test_whoever_was_cut_off_between_commit_and_answer_sends_again_and_learns_that_it_is_there(ends, tmp_path):
    council = HttpCouncil(tmp_path, ends)
    council.start(tool("casewatchd_crash"), env={**os.environ, "CRASH_AT": "take-committed"})
    with pytest.raises(OSError):
        council.sender.send(event(1))
    council.process.finish(60)  # the connection ends before the process has: its database is its own until then
    assert council.stored() == ["h1"]
    council.start()
    answer = council.sender.send(event(1))
    assert (answer.status, answer.json()["result"]) == (200, "duplicate")
    assert council.sender.send(event(2)).status == 202
    assert council.stored() == ["h1", "h2"]


def test_an_event_that_kills_the_daemon_is_set_aside_though_it_comes_each_time_under_another_number(ends, tmp_path):
    council = HttpCouncil(tmp_path, ends)
    sanitizers = os.environ.get("ASAN_OPTIONS", "") + ":verify_asan_link_order=0"
    environment = {**os.environ, "LD_PRELOAD": tool("deadly_record.so"), "DEADLY_RECORD": "hdeadly", "ASAN_OPTIONS": sanitizers}
    for deaths in range(6):
        council.start(env=environment)
        for number in range(deaths):
            assert council.sender.send(event(f"{deaths}-{number}")).status == 202
        try:
            answer = council.sender.send(event("deadly"))
            break
        except OSError:
            council.process.finish(60)  # the connection ends before the process has: its database is its own until then
    assert (answer.status, answer.json()["result"], deaths) == (202, "set-aside", 3)
    assert council.sender.send(event("after")).status == 202


def test_when_nothing_can_be_stored_senders_are_told_to_come_again_and_nothing_is_lost(ends, tmp_path):
    council = HttpCouncil(tmp_path, ends)
    faults = tmp_path / "faults"
    faults.mkdir()
    sanitizers = os.environ.get("ASAN_OPTIONS", "") + ":verify_asan_link_order=0"
    council.start(env={**os.environ, "LD_PRELOAD": tool("storage_fault.so"), "STORAGE_FAULTS": str(faults),
                       "ASAN_OPTIONS": sanitizers})
    assert council.sender.send(event(1)).status == 202
    (faults / "full").write_text(".db-wal")
    refused = council.sender.send(event(2))
    assert (refused.status, refused.media) == (503, "application/problem+json") and int(refused.headers["Retry-After"]) > 0
    assert council.sender.send(event(3)).status == 503
    (faults / "full").unlink()
    for number in (2, 3):
        assert council.sender.send_until_taken(event(number)).status in (200, 202)
    assert sorted(council.stored()) == ["h1", "h2", "h3"]


def test_the_socket_needs_no_token_where_the_proxy_asks_for_certificates_and_comes_back_when_it_was_removed(ends, tmp_path):
    council = HttpCouncil(tmp_path, ends, intake={"listen": None, "token-file": None})
    intake = council.config.read_text().replace("  listen: null\n", "").replace("  token-file: null\n", "")
    council.config.write_text(intake)
    council.process = ends(Process([os.path.join(BUILD, "casewatchd"), "--config", str(council.config)]))
    council.process.wait_for("http is up", 30)
    sender = Sender(tmp_path / "intake.sock", None)
    assert sender.send(event(1)).status == 202
    (tmp_path / "intake.sock").unlink()
    wait_until((tmp_path / "intake.sock").exists, 30, "the socket made anew")
    assert sender.send(event(2)).status == 202


@pytest.fixture
def proxied(ends, tmp_path):
    """A council behind nginx as docs/http.md has it: (council, port, folder with the certificates)."""
    def openssl(*words):
        subprocess.run(["openssl", *words], check=True, capture_output=True, timeout=60, cwd=tmp_path)

    for name in ("server", "sender", "stranger"):
        openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-keyout",
                f"{name}.key", "-out", f"{name}.pem", "-subj", f"/CN={name}")
    with open(os.path.join(ROOT, "docs/http.md"), encoding="utf-8") as file:
        server = re.search(r"```nginx\n(.*?)```", file.read(), re.S)[1]
    council = HttpCouncil(tmp_path, ends)
    council.start()
    with held_port() as port:
        for wanted, mine in (("listen 443 ssl;", f"listen 127.0.0.1:{port} ssl;"), ("/etc/ssl/casewatch.pem", f"{tmp_path}/server.pem"),
                             ("/etc/ssl/private/casewatch.key", f"{tmp_path}/server.key"),
                             ("/etc/casewatch/senders-ca.pem", f"{tmp_path}/sender.pem"),
                             ("/run/casewatch/intake.sock", f"{tmp_path}/intake.sock")):
            assert wanted in server
            server = server.replace(wanted, mine)
        (tmp_path / "nginx.conf").write_text(
            f"{'user root; ' if os.geteuid() == 0 else ''}daemon off; pid {tmp_path}/nginx.pid; master_process off;\nevents {{}}\nhttp {{\n"
            f"client_body_temp_path {tmp_path}/t1; proxy_temp_path {tmp_path}/t2; fastcgi_temp_path {tmp_path}/t3;"
            f" uwsgi_temp_path {tmp_path}/t4; scgi_temp_path {tmp_path}/t5;\n{server}\n}}\n")
        program = shutil.which("nginx") or "/usr/sbin/nginx"
        nginx = ends(Process([program, "-e", str(tmp_path / "error.log"), "-c", str(tmp_path / "nginx.conf")]))

        def listens():
            assert nginx.running(), nginx.drain()
            with socket.socket() as client:
                return client.connect_ex(("127.0.0.1", port)) == 0

        wait_until(listens, 20, "nginx listens")
    return council, port, tmp_path


def test_behind_the_proxy_of_the_manual_only_who_shows_a_certificate_sends(proxied):
    council, port, folder = proxied

    def send(name, number):
        context = ssl.create_default_context(cafile=folder / "server.pem")
        context.check_hostname = False
        if name:
            context.load_cert_chain(folder / f"{name}.pem", folder / f"{name}.key")
        to = http.client.HTTPSConnection("127.0.0.1", port, timeout=30, context=context)
        to.request("POST", "/events", json.dumps(event(number)), {"Content-Type": "application/cloudevents+json",
                                                                  "Authorization": f"Bearer {TOKEN}"})
        return to.getresponse().status

    assert [send("sender", 1), send("sender", 1)] == [202, 200]
    assert [send(None, 2), send("stranger", 3)] == [400, 400]  # nginx's own answer: no certificate that it takes
    assert council.stored() == ["h1"]


def test_an_address_in_use_is_said_and_taken_once_it_is_free(ends, tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        council = HttpCouncil(tmp_path, ends, intake={"listen": f"127.0.0.1:{port}"})
        council.process = ends(Process([os.path.join(BUILD, "casewatchd"), "--config", str(council.config)]))
        council.process.wait_for(f"http is down: .*127.0.0.1:{port}", 30)
        council.process.wait_for(">ready$", 30)
    council.process.wait_for("http is up", 30)
    assert Sender(port).send(event(1)).status == 202


def test_slow_clients_are_cut_and_crowd_out_nobody(ends, tmp_path):
    council = HttpCouncil(tmp_path, ends)
    council.start()
    slow = [socket.create_connection(("127.0.0.1", council.sender.to)) for _ in range(100)]
    for one in slow:
        one.send(b"POST /events HTTP/1.1\r\nHost: h\r\nX-Slow: ")
    assert council.sender.send(event(1)).status == 202
    council.process.wait_for("HTTP intake: .* connections were cut since start", 30)
    for one in slow:
        one.close()
