"""A disk that is full, and one that fails to keep what was written: nothing that was taken is lost, nothing is taken twice.

The faults are made in front of the C library (tests/tools/storage_fault.c), because a file system that fails on demand needs
a kernel of one's own."""

import contextlib
import datetime
import errno
import json
import os
import signal
import socket
import sqlite3
import subprocess
import threading

import pytest

import stored_events
from processes import BUILD, ROOT, Process, wait_until

CONFIG = """\
council: Example Council
database: casewatch.db
spool: spool
rules: {root}/rules
directory: {root}/conf/directory.yaml
templates: {root}/conf/templates
calendar: {{file: {root}/conf/bank-holidays.json}}
"""
LOG, DATABASE = ".db-wal", ".db"
MANY = 30000  # events: their pages are more than a checkpoint waits for


class Council:
    """A daemon on a disk that fails on demand."""

    def __init__(self, path, ends):
        self.path, self.ends, self.sent = path, ends, 0
        self.faults = path / "faults"
        self.faults.mkdir()
        self.config = path / "casewatchd.yaml"
        self.config.write_text(CONFIG.format(root=ROOT))

    def launch(self):
        shim = os.path.join(BUILD, "tests", "storage_fault.so")
        assert os.path.exists(shim), f"{shim} is not built: make tools"
        sanitizers = os.environ.get("ASAN_OPTIONS", "") + ":verify_asan_link_order=0"
        environment = dict(os.environ, LD_PRELOAD=shim, STORAGE_FAULTS=str(self.faults), ASAN_OPTIONS=sanitizers)
        self.daemon = self.ends(Process([os.path.join(BUILD, "casewatchd"), "--config", str(self.config)], env=environment))
        return self.daemon

    def start(self):
        self.launch().wait_for("ready")
        return self.daemon

    def stop(self):
        self.daemon.signal(signal.SIGTERM)
        assert self.daemon.finish(20) == 0

    def break_disk(self, fault, ending):
        hidden = self.faults / f".{fault}"
        hidden.write_text(ending)
        hidden.rename(self.faults / fault)

    def mend_disk(self, fault):
        (self.faults / fault).unlink()

    def hear(self, *events):
        now = datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds")
        self.sent += 1
        hidden = self.path / "spool" / f".{self.sent}"
        hidden.write_text("".join(json.dumps({"specversion": "1.0", "source": "/lcs", "time": now, **event}) + "\n"
                                  for event in events))
        hidden.rename(self.spooled(self.sent))

    def spooled(self, number):
        return self.path / "spool" / f"{number:04}.jsonl"

    def query(self, sql):
        base = stored_events.connect(self.path / "casewatch.db")
        try:
            return base.execute(sql).fetchall()
        finally:
            base.close()

    def stored(self):
        return sorted(json.loads(bytes(row[0]))["id"] for row in self.query("SELECT event_json(id, packed, bytes) FROM event"))

    def standing(self):
        done = subprocess.run([os.path.join(BUILD, "casewatch"), "alerts", "--json", "--config", str(self.config)],
                              capture_output=True, text=True, timeout=30, check=True)
        return sorted(json.loads(line)["subject"] for line in done.stdout.splitlines())

    def sound(self):
        return self.query("PRAGMA integrity_check") == [("ok",)]

    def told_ops(self, rule):
        return [json.loads(row[0])["words"] for row in
                self.query(f"SELECT payload FROM outbox WHERE rule = '{rule}' ORDER BY id")]


@pytest.fixture
def council(tmp_path, ends):
    council = Council(tmp_path, ends)
    council.start()
    return council


def custody(number):
    return {"id": f"e{number}", "type": "custody.threshold_met", "subject": f"C{number}", "data": {"custody": f"K{number}"}}


def test_a_full_disk_stops_the_taking_of_events_and_nothing_else(council):
    council.hear(custody(1))
    wait_until(lambda: council.standing() == ["C1"], 10, "the first alert")
    council.break_disk("full", LOG)
    council.hear(custody(2))
    council.daemon.wait_for("no room left for the database", 10)
    council.hear(custody(3))
    assert council.stored() == ["e1"] and council.standing() == ["C1"], "the database can be read, and holds nothing by halves"
    assert council.spooled(2).exists(), "the file waits"
    council.mend_disk("full")
    wait_until(lambda: council.standing() == ["C1", "C2", "C3"], 40, "it goes on by itself")
    assert council.daemon.running() and council.stored() == ["e1", "e2", "e3"] and council.sound()
    council.daemon.wait_for("events are taken again", 5)
    assert sum("events are not taken for now" in line for line in council.daemon.drain()) == 1, "said once, not at every attempt"


def test_a_failed_fsync_at_commit_ends_the_daemon_and_the_next_one_takes_the_events_again(council):
    council.hear(custody(1))
    wait_until(lambda: council.standing() == ["C1"], 10, "the first alert")
    council.break_disk("fsync", LOG)
    council.hear(custody(2), custody(3))
    assert council.daemon.finish(15) == 1, "systemd sees a failure, and starts it again"
    council.daemon.wait_for("failed fsync")
    assert not (council.faults / "fsync").exists(), "the fault was met"
    council.start()
    wait_until(lambda: council.standing() == ["C1", "C2", "C3"], 20, "every alert, once")
    assert council.stored() == ["e1", "e2", "e3"] and council.sound()
    wait_until(lambda: not council.spooled(2).exists(), 10, "the file is moved on")
    (words,) = council.told_ops("ops.store")
    assert "failed fsync" in words, "ops hear of it from the next one"


def test_a_failed_fsync_of_the_database_file_loses_nothing_that_was_committed(council):
    council.break_disk("fsync", DATABASE)
    events = [{"id": f"n{i:05}", "type": "note.kept", "subject": f"C{i % 100}", "data": {"words": "x" * 800}} for i in range(MANY)]
    council.hear(*events)
    assert council.daemon.finish(60) == 1
    council.daemon.wait_for("failed fsync")
    assert not (council.faults / "fsync").exists()
    council.start()
    wait_until(lambda: council.query("SELECT count(*) FROM event") == [(MANY,)], 60, "every event")
    wait_until(lambda: not council.spooled(1).exists(), 20, "the file is moved on")
    assert council.stored() == [event["id"] for event in events] and council.sound()


def test_a_daemon_started_on_a_full_disk_goes_on_when_there_is_room(council):
    council.daemon.kill()
    council.break_disk("full", LOG)
    council.hear(custody(1))
    council.start().wait_for("no room left for the database", 10)
    council.mend_disk("full")
    wait_until(lambda: council.standing() == ["C1"], 40, "the alert")
    assert council.daemon.running() and council.stored() == ["e1"] and council.sound()


def test_a_disk_on_which_the_database_cannot_even_be_opened_is_not_called_damaged(council):
    council.stop()
    council.break_disk("full", ".db-shm .db-wal .db")
    council.hear(custody(1))
    daemon = council.launch()
    assert daemon.finish(20) == 1, "systemd starts it again until there is room"
    daemon.wait_for("no room left for the database", 1)
    assert not any("damaged" in line or "another path" in line for line in daemon.drain())
    council.mend_disk("full")
    council.start()
    wait_until(lambda: council.standing() == ["C1"], 40, "the alert")


def test_a_reload_for_which_no_thread_can_be_made_says_so_once_and_goes_on_when_one_can(council):
    council.break_disk("threads", "....")
    council.daemon.signal(signal.SIGHUP)
    council.daemon.wait_for("a thread could be made", 20)
    council.daemon.wait_for("the changed configuration is in force", 20)
    assert (council.faults / "threads").read_text() == "", "each was met"
    assert sum("no thread could be made" in line for line in council.daemon.drain()) == 1


def test_a_disk_that_becomes_read_only_stops_the_taking_of_events_and_loses_nothing(council):
    council.hear(custody(1))
    wait_until(lambda: council.standing() == ["C1"], 10, "the first alert")
    council.break_disk("readonly", LOG)
    council.hear(custody(2))
    council.daemon.wait_for("events are not taken for now|leaving to start clean", 20)
    council.hear(custody(3))
    assert council.stored() == ["e1"] and council.spooled(2).exists(), "nothing by halves, and the file waits"
    council.mend_disk("readonly")
    if not council.daemon.running():
        council.start()
    wait_until(lambda: council.standing() == ["C1", "C2", "C3"], 40, "every alert, once")
    assert council.stored() == ["e1", "e2", "e3"] and council.sound()


def test_a_disk_that_becomes_read_only_is_said_though_nothing_happens(council):
    def status():
        done = subprocess.run([os.path.join(BUILD, "casewatch"), "status", "--config", str(council.config)],
                              capture_output=True, text=True, timeout=30)
        return done.returncode, done.stdout
    assert status()[0] == 0
    council.break_disk("readonly", ".db-wal .db .status .status.new")
    code, words = status()
    assert code == 1 and "ops.store: No events are taken" in words, words  # at once: the file says what was so before
    council.daemon.wait_for("ops.store: No events are taken", 5)
    council.mend_disk("readonly")
    wait_until(lambda: status()[0] == 0, 90, "well again")
    council.hear(custody(1))
    wait_until(lambda: council.standing() == ["C1"], 40, "an alert")


def status_of(council):
    done = subprocess.run([os.path.join(BUILD, "casewatch"), "status", "--config", str(council.config)],
                          capture_output=True, text=True, timeout=30)
    return done.returncode, done.stdout


@contextlib.contextmanager
def control_socket(council):
    """The path of a socket may have 107 bytes."""
    folder = os.open(council.path, os.O_PATH)
    yield f"/proc/self/fd/{folder}/casewatch.db.control"
    os.close(folder)


def test_a_daemon_whose_loop_stands_is_said_to(council):
    council.daemon.signal(signal.SIGSTOP)
    code, words = status_of(council)
    council.daemon.signal(signal.SIGCONT)
    assert code == 1 and "runs and does not answer" in words, words


def test_before_a_loop_that_stands_however_many_ask_each_is_told(council):
    council.daemon.signal(signal.SIGSTOP)
    others = [socket.socket(socket.AF_UNIX) for _ in range(40)]
    with control_socket(council) as path:
        for other in others:
            other.setblocking(False)
        waiting = [other.connect_ex(path) for other in others]
    assert waiting[0] == 0 and errno.EAGAIN in waiting, waiting
    code, words = status_of(council)
    for other in others:
        other.close()
    council.daemon.signal(signal.SIGCONT)
    assert code == 1 and "runs and does not answer" in words, words


def test_a_loop_that_waits_for_whoever_holds_the_database_is_not_said_to_stand(council):
    other = sqlite3.connect(council.path / "casewatch.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    council.hear(custody(1))
    for _ in range(3):
        code, words = status_of(council)
        assert "Daemon       runs" in words and "does not answer" not in words, words
    other.execute("ROLLBACK")
    other.close()
    wait_until(lambda: council.standing() == ["C1"], 40, "the alert")


def test_an_answer_that_is_cut_off_is_none(council):
    assert status_of(council)[0] == 0
    council.daemon.signal(signal.SIGSTOP)
    (council.path / "casewatch.db.control").unlink()

    def cut_off():
        other, _ = listening.accept()
        other.recv(256)
        other.sendall(b'0\n{"at":"2026-02-04T20:00:00Z","wrong":[')
        other.close()
    with control_socket(council) as path, socket.socket(socket.AF_UNIX) as listening:
        listening.bind(path)
        listening.listen(1)
        answering = threading.Thread(target=cut_off)
        answering.start()
        code, words = status_of(council)
        answering.join()
    council.daemon.signal(signal.SIGCONT)
    assert code == 0 and "Nothing is wrong" in words, words  # as the file says


def test_what_somebody_removes_beside_the_database_lets_no_second_daemon_in_and_is_there_again(council):
    def tool(word):
        done = subprocess.run([os.path.join(BUILD, "casewatch"), word, "--config", str(council.config)],
                              capture_output=True, text=True, timeout=60)
        return done.returncode, done.stdout + done.stderr
    lock, control = council.path / "casewatch.db.lock", council.path / "casewatch.db.control"
    lock.unlink()
    control.unlink()
    code, words = tool("status")
    assert code == 0 and "Daemon       runs" in words, words
    second = council.ends(Process([os.path.join(BUILD, "casewatchd"), "--config", str(council.config)]))
    assert second.finish(20) == 1
    second.wait_for("in use by another casewatchd, though its lock .* was removed")
    wait_until(lambda: tool("reload")[0] == 0, 90, "orders are heard again")
    council.daemon.wait_for("was removed while casewatchd runs, and is there again", 90)
    assert lock.exists()


def test_pages_that_cannot_be_read_are_said_and_what_came_meanwhile_is_told_once_they_can(council):
    council.hear(*[custody(i) for i in range(1, 400)])
    wait_until(lambda: len(council.standing()) == 399, 30, "the first alerts")
    council.daemon.kill()
    council.start()  # with nothing in its memory
    council.break_disk("read", DATABASE)
    council.hear(custody(500), {"id": "w1", "type": "custody.released", "subject": "C7", "data": {"custody": "K7"}})
    council.daemon.wait_for("cannot be read|damaged|leaving to start clean|not taken for now", 60)
    council.mend_disk("read")
    if not council.daemon.running():
        council.start()
    wait_until(lambda: "C500" in council.standing() and "C7" not in council.standing(), 60, "what came meanwhile")
    assert len(council.stored()) == 401 and council.sound()
