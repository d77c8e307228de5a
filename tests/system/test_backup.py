"""A backup beside the running daemon, and what a restore of it brings back: with events that came since read again, and every
message that may have gone already marked."""

import json
import os
import random
import re
import signal
import sqlite3
import subprocess
import sys
import time

from flow import Flow
from processes import BUILD, ROOT, wait_until
from spool_council import SpoolCouncil
from test_erase import line


def custody(identifier, subject):
    return line(identifier, subject=subject)


def marked(council):
    return council.query("SELECT subject, person FROM outbox WHERE possible_duplicate AND purpose = 'opened' ORDER BY 1, 2")


def test_after_a_restore_events_are_read_again_and_what_may_have_gone_is_marked(council, broker, topic, sink, tmp_path):
    broker.create(topic)
    council.start()
    broker.produce(topic, [custody("e1", "C1")])
    council.wait_events(1)
    council.wait_mails_gone()
    (tmp_path / "backups").mkdir()
    made = json.loads(council.tool("backup", "--to", tmp_path / "backups", "--json"))
    assert made["events"] == 1 and os.stat(made["backup"]).st_mode & 0o777 == 0o600
    assert not [name for name in os.listdir(tmp_path / "backups") if "partial" in name]

    # Through a pipe it is the same.
    piped = tmp_path / "piped.db"
    with open(piped, "wb") as file:
        subprocess.run([os.path.join(BUILD, "casewatch"), "backup", "--to", "-", "--config", str(council.config)], stdout=file,
                       stderr=subprocess.PIPE, check=True, timeout=60)
    assert "is whole" in council.tool("restore", "--check", piped)

    # Refused while the daemon lives, and over a database that is there.
    restore = [os.path.join(BUILD, "casewatch"), "restore", made["backup"], "--config", str(council.config)]
    living = subprocess.run(restore + ["--replace"], capture_output=True, text=True, timeout=60)
    assert living.returncode == 2 and "is in use by" in living.stderr

    broker.produce(topic, [custody("e2", "C2")])  # after the backup
    council.wait_events(2)
    council.wait_mails_gone()
    assert marked(council) == []
    council.process.signal(signal.SIGTERM)
    council.process.finish(40)
    there = subprocess.run(restore, capture_output=True, text=True, timeout=60)
    assert there.returncode == 2 and "--replace" in there.stderr
    said = json.loads(council.tool("restore", "--replace", made["backup"], "--json"))
    assert said["events"] == 1 and said["lost_events"] == 1 and os.path.exists(said["aside"])

    council.start()
    council.wait_events(2)  # its position went back with the database
    wait_until(lambda: {subject for subject, _ in marked(council)} == {"C2"}, 30, "what was told again to be marked")
    council.wait_mails_gone()
    time.sleep(2)  # an event says its time in seconds: one of the second of the restore may have been known before
    broker.produce(topic, [custody("e3", "C3")])  # what is new is not
    council.wait_events(3)
    council.wait_mails_gone()
    assert {subject for subject, _ in marked(council)} == {"C2"}
    (restored,) = council.query("SELECT detail FROM audit WHERE what = 'database.restored'")
    assert json.loads(restored[0])["events"] == 1
    assert "The audit is whole" in council.tool("verify")


def test_verify_judges_anew_what_stands_and_finds_what_the_records_do_not_say(tmp_path, ends):
    (tmp_path / "spool").mkdir()
    council = SpoolCouncil(tmp_path, ends, smtp=None).start()
    flow = Flow(random.Random(13), children=40)
    flow.more(400)
    (tmp_path / "spool" / ".1").write_text("".join(line + "\n" for line in flow.lines))
    (tmp_path / "spool" / ".1").rename(tmp_path / "spool" / "1.jsonl")
    wait_until(lambda: council.query("SELECT count(*) FROM event")[0][0] >= len(flow.good), 60, "the events")
    wait_until(lambda: council.query("SELECT 1 FROM meta WHERE name = 'judged_by' AND value <> ''"), 60, "all to be judged")
    status, said = council.tool("verify", "--sample", "1000", "--pages")
    assert status == 0 and "what stands is what the records say" in said and "is whole" in said, said
    council.process.kill()
    base = sqlite3.connect(tmp_path / "casewatch.db")
    base.execute("UPDATE alert SET state = 1 WHERE number IN"
                 " (SELECT number FROM alert WHERE state = 0 AND early = 0 AND rule = 'custody.threshold')")
    assert base.total_changes > 0
    base.commit()
    base.close()
    status, said = council.tool("verify", "--sample", "1000")
    assert status == 1 and "custody.threshold does not stand, and the records say that it should" in said, said


def test_what_came_is_read_from_the_file_alone_as_the_documentation_says(tmp_path, ends, sink):
    council = SpoolCouncil(tmp_path, ends, sink.port)
    (tmp_path / "spool").mkdir()
    lines = [custody("e1", "C1"), custody("e2", "C2\\u0041"), custody("e3", "C3").replace('"data": {', '"data": {"note": "' + "n" * 20000 + '", ')]
    hidden = tmp_path / "spool" / ".1"
    hidden.write_text("".join(text + "\n" for text in lines))
    hidden.rename(tmp_path / "spool" / "1.jsonl")
    council.start()
    wait_until(lambda: council.query("SELECT count(*) FROM event")[0][0] == 3, 60, "three events")
    assert [row[0] for row in council.query("SELECT packed FROM event ORDER BY id")] == [1, 0, 0]
    with open(os.path.join(ROOT, "docs", "backup.md"), encoding="utf-8") as file:
        program = re.search(r"(?s)```python\n(.*?)```", file.read())[1]
    said = subprocess.run([sys.executable, "-c", program, str(council.database)], capture_output=True, text=True, check=True, timeout=60)
    assert said.stdout.splitlines() == lines
