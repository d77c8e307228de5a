"""The tool beside a running daemon: what one hands over, the other takes; what the daemon knows, the tool shows."""

import datetime
import json
import os
import subprocess

import pytest

from processes import BUILD, ROOT, Process, wait_until

CONFIG = """\
council: Example Council
database: casewatch.db
spool: spool
rules: {root}/rules
directory: {root}/conf/directory.yaml
templates: {root}/conf/templates
lists: {root}/conf/lists
calendar: {{file: {root}/conf/bank-holidays.json}}
"""


class Council:
    """A daemon in shadow with a spool directory, and the tool with the same configuration."""

    def __init__(self, path, ends):
        self.path = path
        self.config = path / "casewatchd.yaml"
        self.config.write_text(CONFIG.format(root=ROOT))
        self.daemon = ends(Process([os.path.join(BUILD, "casewatchd"), "--config", str(self.config)]))
        self.daemon.wait_for("ready")
        self.sent = 0

    def hear(self, *events):
        now = datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds")
        self.sent += 1
        lines = [json.dumps({"specversion": "1.0", "source": "/lcs", "time": now, **event}) for event in events]
        hidden = self.path / "spool" / f".{self.sent}"
        hidden.write_text("\n".join(lines) + "\n")
        hidden.rename(self.path / "spool" / f"{self.sent:04}.jsonl")

    def tool(self, *arguments, status=0):
        done = subprocess.run([os.path.join(BUILD, "casewatch"), *arguments, "--config", str(self.config)],
                              capture_output=True, text=True, timeout=30)
        assert done.returncode == status, (arguments, done.stdout, done.stderr)
        return done.stdout

    def waiting(self):
        (status,) = [json.loads(line) for line in self.tool("status", "--json").splitlines()]
        return status["quarantine_waiting"]

    def rows(self, *arguments, status=0):
        return [json.loads(line) for line in self.tool(*arguments, "--json", status=status).splitlines()]


@pytest.fixture
def council(tmp_path, ends):
    return Council(tmp_path, ends)


CUSTODY = {"id": "e1", "type": "custody.threshold_met", "subject": "C1001", "data": {"custody": "CU-1"}}


def test_an_alert_is_answered_and_ended_through_the_same_door(council):
    council.hear(CUSTODY)
    (alert,) = wait_until(lambda: council.rows("alerts"), 10, "the alert stands")
    number = f"A-{alert['number']}"
    assert (alert["rule"], alert["severity"], alert["acknowledged"]) == ("custody.threshold", "critical", False)

    council.tool("ack", number, "--as", "director", "--person", "p-director", "--action", "Bed found")
    wait_until(lambda: council.rows("alerts")[0]["acknowledged"], 10, "the answer is taken")
    (explained,) = council.rows("explain", number)
    assert [event["id"] for event in explained["evidence"]] == ["e1"]
    assert explained["rule"]["basis"]
    assert [row["role"] for row in explained["told"]] == ["director"]
    assert explained["answers"][0]["data"]["action"] == "Bed found"
    assert {act["what"] for act in explained["audit"]} >= {"alert.opened", "alert.acknowledged"}

    council.tool("resolve", number, "--as", "director", "--reason", "Moved", "--still-stands")
    wait_until(lambda: not council.rows("alerts"), 10, "the alert is ended")
    assert "does not stand any more" in subprocess.run(
        [os.path.join(BUILD, "casewatch"), "ack", number, "--as", "dcs", "--action", "x", "--config", str(council.config)],
        capture_output=True, text=True).stderr


def test_a_record_in_quarantine_is_corrected_or_discarded(council):
    council.hear({**CUSTODY, "time": None}, {**CUSTODY, "id": "e2", "type": "custody.released", "data": {}})
    wait_until(lambda: council.waiting() == 2, 10, "both are refused")
    first, second = council.rows("quarantine", status=1)
    fixed = council.path / "fixed.json"
    fixed.write_text(json.dumps({**CUSTODY, "specversion": "1.0", "source": "/lcs",
                                 "time": datetime.datetime.now(datetime.timezone.utc).isoformat()}, indent=2))
    council.tool("quarantine", "release", str(first["number"]), "--with", str(fixed))
    council.tool("quarantine", "discard", str(second["number"]), "--reason", "test record")
    wait_until(lambda: not council.waiting(), 10, "nothing waits")
    assert [row["state"] for row in council.rows("quarantine", "list", "--all")] == ["released", "discarded"]
    (alert,) = wait_until(lambda: council.rows("alerts"), 10, "the alert of the released record stands")
    assert alert["subject"] == "C1001"


def test_status_knows_whether_the_daemon_runs(council):
    council.hear(CUSTODY)
    wait_until(lambda: council.rows("alerts"), 10, "the alert stands")
    (status,) = council.rows("status")
    assert status["running"] and status["wrong"] == [] and status["standing"]["critical"] == 1
    council.daemon.kill()
    (status,) = council.rows("status", status=1)
    assert not status["running"]
    assert any("casewatchd does not run" in line for line in status["wrong"])


def test_the_list_is_shown_as_it_would_go_out(council):
    council.hear({"id": "m1", "type": "missing.started", "subject": "C1002", "data": {"episode": "E1", "kind": "missing"}},
                 {"id": "m2", "type": "allocation.started", "subject": "C1002",
                  "data": {"role": "social-worker", "worker": "W1", "team": "north-3"}})
    def listed():
        try:
            return council.rows("list", "daily-missing")[0]["now"]
        except AssertionError:  # the registers do not hold the event yet
            return None

    wait_until(listed, 20, "the child is on the list")
    assert "C1002" in council.tool("list", "daily-missing", "--team", "north-3")
    assert "C1002" not in council.tool("list", "daily-missing", "--team", "south-1")
    # What is each reader's own is asked for of somebody, and says of nobody that they are the director.
    assert "For the reader p-tm-mach." in council.tool("report", "open-alerts", "--person", "p-tm-mach")
    assert not council.tool("report", "open-alerts", status=2)
    assert not council.tool("report", "open-alerts", "--person", "p-nobody", status=2)
    # RFC 4180: each line ends with CR LF, and nothing stands in its place.
    for part in ((), ("--part", "late")):
        csv = subprocess.run([os.path.join(BUILD, "casewatch"), "report", "front-door", "--format", "csv", *part, "--config",
                              str(council.config)], capture_output=True, timeout=30, check=True).stdout
        assert csv.endswith(b"\r\n") and b"?" not in csv and csv.count(b"\n") == csv.count(b"\r\n")
    # It goes to head-of-service-*: who asks reads it as the first of them does.
    assert "For the Head of Service, Assessment." in council.tool("report", "front-door")
