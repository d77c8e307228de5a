"""A child's data is taken away by the running daemon: nothing of it is left in any file, and it does not come back; whatever else
comes of the child is told as of any other."""

import json
import os
import sqlite3
import stat
import subprocess
import time

import pytest

from processes import BUILD, wait_until
from spool_council import SpoolCouncil, to_director

MARKER = "ZQ7-MARKER-31"  # the child
NOTE = "zq7-note-of-the-child"


def line(identifier, subject=MARKER, kind="custody.threshold_met", **more):
    return json.dumps({"specversion": "1.0", "id": identifier, "source": "/custody", "subject": subject, "type": kind,
                       "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
                       "data": {"custody": f"K-{identifier}", "station": NOTE}, **more})


def put(council, name, *lines):
    hidden = council.path / "spool" / f".{name}"
    hidden.write_text("\n".join(lines) + "\n")
    hidden.rename(council.path / "spool" / f"{name}.jsonl")


def stored(council):
    return council.query("SELECT count(*) FROM event WHERE flags & 1")[0][0]


def files_with(council, *words):
    """Every file of the state directory and the spool, but the mails that people were sent."""
    found = []
    for folder, _, names in os.walk(council.path):
        if "mails" in folder:
            continue
        for name in names:
            if stat.S_ISSOCK(os.stat(os.path.join(folder, name)).st_mode):
                continue
            with open(os.path.join(folder, name), "rb") as file:
                content = file.read()
            if any((word if isinstance(word, bytes) else word.encode()) in content for word in words):
                found.append(os.path.join(folder, name))
    return found


@pytest.fixture
def council(tmp_path, ends, sink):
    made = SpoolCouncil(tmp_path, ends, sink.port)
    (tmp_path / "spool").mkdir()
    return made.start()


def test_a_child_is_erased_from_every_file_and_does_not_come_back(council, sink):
    ours = [line("e1"), line("e2", kind="missing.started", data={"episode": NOTE, "kind": "missing"}),
            json.dumps({"subject": MARKER, "note": NOTE}),  # waits in quarantine
            line("e3", subject="M-OLD"),
            line("e4", kind="person.merged", data={"from": "M-OLD"}),
            line("other", subject="C-OTHER", data={"custody": "K-other"})]
    put(council, "0001", *ours)
    wait_until(lambda: stored(council) == 5, 60, "five events")
    wait_until(lambda: len(to_director(sink)) >= 2, 60, "two children told")
    assert files_with(council, MARKER, NOTE), "nothing to erase"
    packed = [bytes(row[0]) for row in council.query("SELECT bytes FROM event WHERE packed AND flags & 1 AND history IN"
                                                     " (SELECT id FROM history WHERE name IN (?, 'M-OLD'))", MARKER)]
    assert len(packed) == 4 and files_with(council, *packed), "words that no search for words finds"

    order = ("erase", MARKER, "--person", "p-dpo", "--reason", "request 31")
    status, said = council.tool(*order)
    assert status == 1 and "nobody would be followed up" in said, said
    status, said = council.tool(*order, "--although-alerts-stand", "--json")
    answer = json.loads(said.splitlines()[-1])
    assert answer["done"] and answer["ids"] == 2, said  # the id that was merged into it, too
    assert answer["lines"] == 5
    assert stored(council) == 1

    # The log is moved into the database once a minute at the latest.
    wait_until(lambda: files_with(council, MARKER, NOTE, "M-OLD", *packed) == [], 150, "no file that has the child")
    status, said = council.tool("verify")
    assert status == 0, said
    status, said = council.tool("erase", "--list")
    assert "request 31" in said and MARKER not in said
    assert [json.loads(row)["reason"] for row in council.audited("erasure.done")] == ["request 31"] * 2
    assert len(council.audited("subject.erased")) >= 1

    # What was erased comes again from its source; and there is news.
    told = len(to_director(sink))
    put(council, "0002", *ours, line("news"))
    wait_until(lambda: stored(council) == 2, 60, "the news")
    wait_until(lambda: len(to_director(sink)) > told, 60, "the director told of it")
    assert council.query("SELECT count(*) FROM quarantine WHERE state = 'waiting'")[0][0] == 0


def test_copies_that_hold_an_erased_child_are_named_and_killed_backups_leave_none(council, sink):
    put(council, "0001", line("e1"), line("other", subject="C-OTHER", data={"custody": "K-other"}))
    wait_until(lambda: len(to_director(sink)) >= 2, 60, "two children told")
    kept = council.path / "backups"
    kept.mkdir()
    backup = [os.path.join(BUILD, "casewatch"), "backup", "--to", ".", "--config", str(council.config)]

    def killed():  # at some moment or other, until it leaves something behind
        running = subprocess.Popen(backup, cwd=kept, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_until(lambda: running.poll() is not None or list(kept.glob("*.partial")), 60, "a backup under way")
        running.kill()
        running.wait()
        return list(kept.glob("*.partial"))

    partial = wait_until(killed, 60, "a backup that was killed")
    for path in partial:  # as one leaves them that is killed while it reads the copy through
        for beside in ("-wal", "-shm"):
            path.with_name(path.name + beside).touch()
    aside = council.path / "casewatch.db.before-20260101T000000Z"  # as restore --replace leaves it
    base = sqlite3.connect(council.database)
    base.execute("VACUUM INTO ?", (str(aside),))
    base.close()
    status, said = council.tool("erase", MARKER, "--person", "p-dpo", "--reason", "request 32", "--although-alerts-stand")
    assert "copies that were made before" in said and str(aside) in said, said
    assert all(path.name in said for path in partial), said
    assert subprocess.run(backup, cwd=kept, capture_output=True, check=True).stdout
    assert not list(kept.glob("*.partial*")) and len(list(kept.glob("*.db"))) >= 1
    aside.unlink()
    status, said = council.tool("erase", MARKER, "--person", "p-dpo", "--reason", "request 32", "--although-alerts-stand")
    assert str(aside) not in said and "partial" not in said, said


def test_an_order_that_waits_for_the_daemon_is_carried_out_at_its_start(council):
    put(council, "0001", line("e1"))
    wait_until(lambda: stored(council) == 1, 60, "the event")
    council.process.kill()
    status, said = council.tool("erase", MARKER, "--person", "p-dpo", "--reason", "request 31", "--although-alerts-stand")
    assert status == 0, said  # no daemon: the tool does it itself
    council.start()
    assert stored(council) == 0
    assert files_with(council, MARKER, NOTE) == []


def test_who_is_named_in_another_childs_packed_event_is_counted(council):
    put(council, "0001", line("e1"), line("other", subject="C-OTHER", data={"custody": f"found with {MARKER}"}))
    wait_until(lambda: stored(council) == 2, 60, "two events")
    order = ("erase", MARKER, "--person", "p-dpo", "--reason", "request 33", "--although-alerts-stand", "--json")
    council.tool(*order)
    said = wait_until(lambda: [code == 1 and answer["traces"] for code, answer in [told(council.tool(*order))]][0], 150, "its trace")
    assert said >= 1


def told(answer):
    return answer[0], json.loads(answer[1].splitlines()[-1])
