"""The audit of the real daemon: each kind of row is caused and found, the chain holds, and whatever is done to it is found."""

import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
import time

import pytest
import yaml

from processes import BUILD, ROOT, Process, wait_until
from smtp_sink import Sink
from tsa_stub import TimeStamps, openssl

CONFIG = """\
council: Example Council
database: casewatch.db
spool: spool
rules: rules
directory: directory.yaml
templates: {root}/conf/templates
calendar: {{file: {root}/conf/bank-holidays.json}}
smtp: {{host: 127.0.0.1, port: {mail}, tls: none, from: casewatch@example.org, domain: example.org}}
audit: {{stamp-url: '{stamps}', stamp-ca-file: {ca}}}
"""


class Council:
    def __init__(self, path, mail, stamps):
        self.path, self.config = path, path / "casewatchd.yaml"
        self.config.write_text(CONFIG.format(root=ROOT, mail=mail.port, stamps=stamps.url, ca=stamps.ca))
        (path / "spool").mkdir()
        (path / "rules").mkdir()
        for name in ("custody.yaml",):
            (path / "rules" / name).write_text(open(os.path.join(ROOT, "rules", name), encoding="utf-8").read())
        directory = yaml.safe_load(open(os.path.join(ROOT, "conf/directory.yaml"), encoding="utf-8"))
        (path / "directory.yaml").write_text(yaml.safe_dump(directory))
        self.daemon = self.start()

    def start(self):
        daemon = Process([os.path.join(BUILD, "casewatchd"), "--config", str(self.config)])
        daemon.wait_for(">ready$", 30)
        return daemon

    def hear(self, name, line):
        hidden = self.path / "spool" / f".{name}.part"
        hidden.write_text(line if isinstance(line, str) else json.dumps(
            {"specversion": "1.0", "source": "/custody", "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), **line}) + "\n")
        hidden.rename(self.path / "spool" / f"{name}.jsonl")

    def tool(self, *arguments, status=0):
        done = subprocess.run([os.path.join(BUILD, "casewatch"), *arguments, "--config", str(self.config)], capture_output=True,
                              text=True, timeout=60)
        assert done.returncode == status, done.stdout + done.stderr
        return done.stdout

    def read(self, sql):
        base = sqlite3.connect(f"file:{self.path}/casewatch.db?mode=ro", uri=True, timeout=10)
        try:
            return base.execute(sql).fetchall()
        finally:
            base.close()

    def kinds(self):
        return {what for what, in self.read("SELECT DISTINCT what FROM audit")}

    def wait_for(self, *kinds):
        wait_until(lambda: set(kinds) <= self.kinds(), 20, f"{kinds} are on record; there are {self.kinds()}")


@pytest.fixture
def council(tmp_path, ends):
    with Sink(tmp_path / "mail") as mail, TimeStamps(tmp_path / "stamps") as stamps:
        made = Council(tmp_path, mail, stamps)
        made.mail, made.stamps = mail, stamps
        ends(made.daemon)
        yield made


def second_verifier(council, *heads):
    return subprocess.run([sys.executable, "-B", os.path.join(ROOT, "tests", "audit_verify.py"), str(council.path / "casewatch.db"),
                           *heads], capture_output=True, text=True, timeout=60)


def test_what_is_done_is_on_record_and_cannot_be_undone(council, ends):
    council.wait_for("daemon.started", "configuration.loaded")
    (first,), = council.read("SELECT detail FROM audit WHERE what = 'configuration.loaded'")
    files = {entry["file"]: entry for entry in json.loads(first)["changed"]}
    assert {"configuration", "directory", "calendar", "rules/custody.yaml"} <= set(files)
    assert re.fullmatch("[0-9a-f]{64}", files["directory"]["sha256"]) and files["directory"]["owner"]

    # An alert, who was told of it and what they answered; an answer to nothing; a record that cannot be read.
    council.hear("1", {"id": "e1", "type": "custody.threshold_met", "subject": "C7701", "data": {"custody": "K1"}})
    council.wait_for("alert.opened", "message.accepted")
    council.tool("ack", "A-1001", "--as", "director", "--person", "p-director", "--action", "bed found")
    council.wait_for("answer.received", "alert.acknowledged")
    council.hear("2", {"id": "a9", "type": "alert.resolved", "subject": "C7701", "source": "/casewatch/tool",
                       "data": {"alert": "0000000000000000", "by": "director", "reason": "mistake"}})
    council.hear("3", "no JSON\n")
    council.wait_for("answer.warned", "event.quarantined")
    council.tool("quarantine", "discard", "1", "--person", "p-ops", "--reason", "C7701 sent again")
    council.wait_for("quarantine.discarded")
    told, = council.read("SELECT person, detail, personal FROM audit WHERE what = 'message.accepted' AND number = 1001 LIMIT 1")
    assert told[0] == "p-director" and json.loads(told[1])["address"].endswith("@example.org") and "250" in told[1]
    assert json.loads(council.read("SELECT personal FROM audit WHERE what = 'answer.received' LIMIT 1")[0][0]) == {
        "action": "bed found"}

    # A reload that is refused, and one that is taken: only what changed is named, with whose it is.
    with open(council.path / "rules" / "custody.yaml", "a", encoding="utf-8") as rules:
        rules.write("\n  - broken\n")
    os.kill(council.daemon.pid, signal.SIGHUP)
    council.wait_for("configuration.refused")
    text = (council.path / "rules" / "custody.yaml").read_text().replace("\n  - broken\n", "\n# reviewed\n")
    (council.path / "rules" / "custody.yaml").write_text(text)
    os.kill(council.daemon.pid, signal.SIGHUP)
    wait_until(lambda: len(council.read("SELECT 1 FROM audit WHERE what = 'configuration.loaded'")) == 2, 20, "it is in force")
    second = json.loads(council.read("SELECT detail FROM audit WHERE what = 'configuration.loaded' ORDER BY id DESC")[0][0])
    assert [entry["file"] for entry in second["changed"]] == ["rules/custody.yaml"] and second["gone"] == []

    # The head is stamped by somebody else, and the whole verifies: by the tool, and by a program of its own.
    wait_until(lambda: council.read("SELECT 1 FROM audit_stamp"), 30, "a time stamp is kept")
    council.daemon.signal(signal.SIGTERM)
    council.daemon.finish(20)
    council.wait_for("daemon.stopped")
    said = council.tool("verify")
    head = re.search("Head: ([0-9]+:[0-9a-f]{64})", said).group(1)
    assert "The audit is whole" in said and "1 time stamp fits" in said
    assert second_verifier(council, head).stdout.strip() == head

    # OpenSSL itself reads the token: it is of the row's hash.
    row, token, digest = council.read("SELECT s.audit, s.token, a.hash FROM audit_stamp s JOIN audit a ON a.id = s.audit")[0]
    (council.path / "token").write_bytes(token)
    checked = openssl("ts", "-verify", "-digest", digest.hex(), "-in", str(council.path / "token"), "-token_in", "-CAfile",
                      str(council.stamps.ca))
    assert b"Verification: OK" in checked.stdout + checked.stderr

    # A row that is changed, and the stamp of a chain that was written anew.
    base = sqlite3.connect(council.path / "casewatch.db")
    base.execute("UPDATE audit SET person = 'p-other' WHERE what = 'message.accepted' AND number = 1001")
    base.commit()
    said = council.tool("verify", status=1)
    assert re.search("does not verify: row [0-9]+ is not as it was written", said) and "Keep a copy" in said
    assert second_verifier(council).returncode == 1
    base.execute("UPDATE audit SET person = 'p-director' WHERE what = 'message.accepted' AND number = 1001")
    base.execute("UPDATE audit_stamp SET audit = audit - 1")
    base.commit()
    base.close()
    assert f"the time stamp of row {row - 1}: the time stamp does not fit" in council.tool("verify", status=1)

    base = sqlite3.connect(council.path / "casewatch.db")
    base.execute("UPDATE audit_stamp SET audit = audit + 1, token = x'30'")
    base.commit()
    assert f"the time stamp of row {row}: the time stamp cannot be read" in council.tool("verify", status=1)
    base.execute("UPDATE audit_stamp SET token = ?", (token,))
    base.commit()
    base.close()
    text = council.config.read_text()
    council.config.write_text(text.replace("ca.pem", "stamper.pem"))  # who signed it is not among those that count
    assert f"the time stamp of row {row}: the time stamp does not fit" in council.tool("verify", status=1)
    council.config.write_text(text)

    # It goes on after a restart, from the row that was the last.
    council.daemon = ends(council.start())
    wait_until(lambda: len(council.read("SELECT 1 FROM audit WHERE what = 'daemon.started'")) == 2, 20, "it is started again")
    assert "The audit is whole" in council.tool("verify", "--head", head)


def test_a_stamp_service_that_does_not_answer_is_told_to_ops_and_harms_nothing(council):
    council.stamps.refuses = True
    council.wait_for("daemon.started")
    wait_until(lambda: council.read("SELECT 1 FROM condition WHERE id = 'ops.store' AND key = 'stamp'"), 30, "ops are told")
    assert "The audit is whole" in council.tool("verify")
