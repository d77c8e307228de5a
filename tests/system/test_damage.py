"""A page of the database is damaged: whatever table or index it was of, either alerts go on, or the daemon leaves; and in both cases
`casewatch status` says so. What is made of events for lists ends no alert.

A page is filled with noise while nobody runs; `make faults` does it to the root of each table and index (DAMAGED=all)."""

import os
import random
import signal
import sqlite3
import time

import pytest

from processes import BUILD, Process, patience, wait_until
from spool_council import SpoolCouncil

LOCK = "casewatch.db.lock"
SAMPLE = ("event", "outbox_number", "event_party", "quarantine", "register_child", "register_missing_episode_child")


class Council(SpoolCouncil):
    def begin(self):
        """Three children are told of; then nobody runs, and everything is in the database itself."""
        self.start()
        for number in (1, 2, 3):
            self.hear(number)
        wait_until(lambda: len(self.query("SELECT 1 FROM alert")) == 3, 20 * patience(), "three alerts")
        self.process.signal(signal.SIGTERM)
        assert self.process.finish(20 * patience()) == 0
        base = sqlite3.connect(self.database)
        base.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        (self.page,) = base.execute("PRAGMA page_size").fetchone()
        self.roots = dict(base.execute("SELECT name, rootpage FROM sqlite_schema WHERE rootpage > 0"))
        base.close()
        self.sound = self.database.read_bytes()

    def damage(self, name):
        for file in self.database.parent.iterdir():
            if file.name != LOCK and not file.is_dir():
                file.unlink()
        content, at = bytearray(self.sound), (self.roots[name] - 1) * self.page
        content[at:at + self.page] = random.Random(name).randbytes(self.page)
        self.database.write_bytes(content)
        self.database.chmod(0o600)

    def alerts(self):
        try:
            return len(self.query("SELECT 1 FROM alert"))
        except sqlite3.DatabaseError:
            return 0


def stays_until_said(council, daemon):
    """Whether it goes on; and then it has told of the next child, and status has said what is wrong."""
    def told():
        return not daemon.running() or (council.alerts() == 4 and council.tool("status")[0] != 0)

    wait_until(told, 30 * patience(), "it has left, or has told of the next child and says what is wrong")
    return daemon.running()


def try_damage(council, name):
    council.damage(name)
    daemon = council.ends(Process([os.path.join(BUILD, "casewatchd"), "--config", str(council.config)]))
    wait_until(lambda: not daemon.running() or any(line.endswith("ready") for line in daemon.drain()), 30 * patience(), "ready or gone")
    if daemon.running():
        council.hear(4)
    stays = stays_until_said(council, daemon)
    status, words = council.tool("status")
    said = words + "\n".join(line for line in daemon.drain() if "<3>" in line)
    daemon.kill()
    (council.path / "spool" / "4.jsonl").unlink(missing_ok=True)
    for file in (council.path / "spool" / "done").glob("*"):
        file.unlink()
    assert status in (1, 2), f"{name}: a status that says fine: {words}"
    assert "damaged" in said, f"{name}: nobody says that it is damaged: {said}"
    return stays


@pytest.fixture
def council(tmp_path, ends):
    (tmp_path / "state").mkdir()
    council = Council(tmp_path, ends, smtp=None, database="state/casewatch.db")
    council.begin()
    return council


def test_a_damaged_page_is_said_and_one_of_a_register_ends_no_alert(council):
    names = list(council.roots) if os.environ.get("DAMAGED") == "all" else SAMPLE
    left = set()
    for name in names:
        began = time.monotonic()
        if not try_damage(council, name):
            left.add(name)
        print(f"{name}: {'left' if name in left else 'goes on'} after {time.monotonic() - began:.1f} s", flush=True)
    assert not [name for name in left if name.startswith("register_")], "a register is for lists"
    assert "event" in left, "without events it cannot go on"


def test_an_event_of_which_a_byte_turned_is_said_without_anybody_asking_for_it(council):
    """SQLite sees nothing, and its child may not be looked at for years."""
    base = sqlite3.connect(council.database)
    base.execute("UPDATE event SET bytes = x'ff00ff', packed = 1 WHERE id = 1")
    base.commit()
    base.close()
    council.start()
    said = wait_until(lambda: next((words for status, words in [council.tool("status")] if status == 1 and "no longer be read" in words), None),
                      30 * patience(), "status says so")
    assert "ops.store: Events that are stored can no longer be read" in said
    council.hear(4)
    wait_until(lambda: council.alerts() == 4, 20 * patience(), "the next child is told of")
