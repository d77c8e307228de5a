"""No personal data in what is written for others than those it is for: the log, status, metrics, health, and answers to strangers.
A mark is planted in every field that a source, the directory, who answers, HTTP or a mail server can fill, and looked for in all of
it; each mark says where it came from. The ids of events, sources and rules are no personal data and may be there."""

import json
import os
import re
import socket
import threading
import time

import pytest
import yaml

from http_kit import Sender, event
from processes import BUILD, Process, wait_until
from test_metrics import Watched

MARK = "zqx"  # in no word of ours


def mark(name):
    return f"{MARK}{name}{MARK}"


def now():
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())


class Manager:
    """systemd's end of NOTIFY_SOCKET: what it is told of the service is on every screen that shows its status."""

    def __init__(self, path):
        self.path, self.heard = str(path), []
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(self.path)
        threading.Thread(target=self.listen, daemon=True).start()

    def listen(self):
        while True:
            try:
                self.heard.append(self.socket.recv(65536).decode(errors="replace"))
            except OSError:
                return


# Each field of each sort; `subject` must look like an id for some, and like a name for others.
EVENTS = [
    event("taken", type="custody.threshold_met", subject=mark("subject"), time=None, data={"custody": mark("key"), "station": mark("text"),
          "unknown": {"deep": [mark("deep")]}, mark("fieldname"): 1}, extension=mark("extension"), **{MARK + "attribute": "x"}),
    event("named", subject="Jo " + mark("oddsubject"), data={"episode": mark("episode")}),
    event("person", type="child.updated", subject=mark("subject"), data={"initials": mark("initials"), "date_of_birth": mark("birth"),
          "nhs_number": mark("nhs"), "upn": mark("upn"), "legal_status": mark("legal"), "restricted": mark("restricted")}),
    event("worker", type="allocation.started", subject=mark("subject"), data={"role": mark("role"), "worker": mark("worker"),
          "team": mark("team")}),
    event("word", type="missing.started", subject=mark("subject"), data={"episode": "E1", "kind": mark("kind")}),
    event("optional", type="missing.started", subject=mark("subject"), data={"episode": "E2", "kind": "missing", "risk": mark("risk"),
          "placement": mark("placement"), "reported_by": mark("reporter")}),
    event("merged", type="person.merged", subject=mark("subject"), data={"from": mark("from")}),
    event("withdrawn", type="event.withdrawn", subject=mark("subject"), data={"id": mark("named"), "reason": mark("reason")}),
    event("complex", type="strategy.complex_held", subject=mark("subject"), data={"named": [mark("person")]}),
    event("unknowntype", type=mark("type"), subject=mark("subject")),
    event("badtime", time=mark("time")), event("toolong", subject=mark("long") * 20), event("noid", id=None, subject=mark("noid")),
    event("prefix", specversion=mark("version")), event("media", datacontenttype=mark("media")),
    event("recorded", recordedtime=mark("recorded"), replaces=mark("replaces"), timeprecision=mark("precision")),
    event("ended", type="missing.ended", subject=mark("subject"), data={"episode": mark("episode"), "found_by": mark("finder")}),
    event("answer", type="alert.acknowledged", subject=mark("subject"), data={"alert": mark("alert"), "by": mark("by"),
          "person": mark("answerer"), "action": mark("action"), "note": mark("note"), "review_at": mark("review")}),
    event("mute", type="mute.started", subject=mark("subject"), data={"mute": mark("mute"), "rule": mark("rule"), "person": mark("muter"),
          "until": mark("until"), "reason": mark("mutereason"), "by": mark("by")}),
]
RAW = [mark("nojson"), '{"specversion":"1.0","id":"raw1","subject":"' + mark("cut"), "[" + json.dumps({"subject": mark("batch")}) + ", {",
       '{"specversion":"1.0","id":"twice","' + mark("key") + '":1,"' + mark("key") + '":2}', b"\xff" + mark("utf8").encode()]
HEADERS = {"ce-specversion": "1.0", "ce-id": "binary", "ce-source": "/lcs", "ce-type": "missing.ended", "ce-subject": mark("header"),
           "ce-time": "2020-01-01T10:00:00Z", "ce-extra": mark("extra"), "User-Agent": mark("agent"), "X-Forwarded-For": mark("address"),
           "Cookie": mark("cookie"), "Referer": mark("referer")}


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """All that a day with marks in everything left where others read it: {where: text}."""
    from smtp_sink import Sink
    started = []
    path = tmp_path_factory.mktemp("marks")
    with Sink(path / "mails") as sink:
        manager = Manager(path / "notify")
        people = {person: {"email": f"{mark('mail')}{number}@example.org", "phone": "07700 900123"}
                  for number, person in enumerate(("p-director", "p-dcs", "p-edt"))}
        council = Watched(path, lambda process: started.append(process) or process, smtp={}, port=sink.port, people=people)
        council.start(env={**os.environ, "NOTIFY_SOCKET": str(path / "notify")})
        sink.plan(*[f"rcpt:550 5.1.1 <{mark('mail')}@example.org> {mark('reply')}"] * 3, f"end:451 {mark('later')}")
        yield drive(council, sink, manager)
    for process in started:
        process.kill()


def ask_oddly(council):
    sender = council.sender
    sender.ask(b"{}", media="application/json", headers=HEADERS)
    sender.ask(b"{}", media="application/json", headers={**HEADERS, "ce-id": "%ff" + mark("escape")})
    sender.ask("", path="/" + mark("path") + "?q=" + mark("query"))
    sender.ask("x", media=mark("contenttype"))
    Sender(sender.to, mark("token")).send(event("stranger", subject=mark("stranger")))
    with socket.create_connection(("127.0.0.1", sender.to)) as raw:
        raw.sendall(f"{mark('method')} /{mark('target')} HTTP/1.1\r\n{mark('headername')}: {mark('value')}\r\n\r\n".encode())
        raw.recv(4096)
    for path in ("/metrics?" + mark("query"), "/" + mark("path")):
        council.ask(path, **{"Accept": mark("accept"), "User-Agent": mark("agent")})


def answer(council):
    alert = json.loads(council.tool("alerts", "--json")[1].splitlines()[0])["alert"]
    council.tool("ack", alert, "--as", "director", "--person", "p-director", "--action", mark("done"))
    council.tool("pass", alert, "--as", "director", "--person", "p-director", "--to", "dcs")
    council.tool("resolve", alert, "--as", "director", "--person", "p-director", "--reason", mark("because"))


def drive(council, sink, manager):
    bodies = []
    for one in EVENTS:
        one = {name: value for name, value in one.items() if value is not None}
        bodies.append(json.dumps({"time": now(), **one}))
    for body in bodies + RAW:
        council.sender.ask(body)
        council.sender.ask(b"[" + (body.encode() if isinstance(body, str) else body) + b"]", media="application/cloudevents-batch+json")
    lines = b"\n".join(body.encode() if isinstance(body, str) else body for body in bodies + RAW)
    (council.path / "spool" / ".1").write_bytes(lines.replace(b'"h', b'"s') + b"\n")
    (council.path / "spool" / ".1").rename(council.path / "spool" / "day.jsonl")
    ask_oddly(council)
    wait_until((council.path / "spool" / "done" / "day.jsonl").exists, 60, "the file taken")
    council.process.wait_for("given up", 60)
    wait_until(lambda: "\n".join(council.process.drain()).count("message ") > 3, 60, "messages tried")
    answer(council)
    for field in ("email", "phone", "webhook", "login"):  # of a person, written wrongly
        directory = (council.path / "directory.yaml").read_text()
        wrong = yaml.safe_load(directory)
        wrong["people"][3][field] = f"Jo {mark('staff')} "
        (council.path / "directory.yaml").write_text(yaml.safe_dump(wrong))
        before = len(council.process.drain())
        council.process.signal(1)
        council.process.wait_for("ops.reload-failed", 30, after=before)
        (council.path / "directory.yaml").write_text(directory)
    time.sleep(2.5)  # the look of each minute comes first after a second
    status = council.tool("status", "--json")[1]
    found = {"the log": "\n".join(council.process.drain()), "status": status, "metrics": council.ask()[2],
             "readiness": council.ask("/readyz")[2], "an answer to another": council.sender.send(event("another")).body.decode(),
             "the file of status": (council.path / "casewatch.db.status").read_text(), "systemd": "\n".join(manager.heard)}
    council.process.signal(15)
    council.process.finish(40)
    found["the log"] += "\n".join(council.process.drain())
    return found


WHERE = ("the log", "status", "metrics", "readiness", "an answer to another", "the file of status", "systemd")


@pytest.mark.parametrize("where", WHERE)
def test_nothing_that_anybody_wrote_is_there(written, where):
    found = sorted(set(re.findall(f".{{0,60}}{MARK}.{{0,40}}", written[where])))
    assert not found


def test_the_day_was_one_in_which_much_was_written(written):
    """Else the test above passes for nothing."""
    assert len(written["the log"].splitlines()) > 40 and "alert.opened" in written["the log"] and "given up" in written["the log"]
    assert "ops.quarantine" in written["status"] or '"wrong"' in written["status"]
    assert 'result="refused"' in written["metrics"] and "STATUS=" in written["systemd"]
