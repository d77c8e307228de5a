"""The power fails: what was synced is there, and of what was written since any part, in any order. Nothing that was taken is
lost, nobody is told twice without a word, and the daemon starts by itself on what is left.

tests/tools/power_cut.c keeps what is certain while the daemon runs. A cut is a kill, and then each block that is not certain is
there or not by chance; names and lengths likewise. `make faults` does it hundreds of times (CUTS)."""

import os
import shutil
import time

from processes import BUILD, patience, wait_until
from spool_council import SpoolCouncil
from test_crash import assert_nobody_is_missed

BLOCK = 512  # what a disk writes whole
CUTS = int(os.environ.get("CUTS", "12"))


class Council(SpoolCouncil):
    events = 0

    def power_on(self):
        self.state, self.kept = self.path / "state", self.path / "kept"
        shutil.rmtree(self.kept, ignore_errors=True)
        for folder in (self.kept / "content", self.kept / "names"):
            folder.mkdir(parents=True)
        for file in self.files():  # what outlasted the last cut is certain
            shutil.copyfile(file, self.kept / "content" / str(file.stat().st_ino))
            (self.kept / "names" / file.name).write_text(str(file.stat().st_ino))
        shim = os.path.join(BUILD, "tests", "power_cut.so")
        assert os.path.exists(shim), f"{shim} is not built: make tools"
        return self.start(LD_PRELOAD=shim, POWER_CUT=str(self.kept), POWER_CUT_OF=str(self.state.resolve()),
                          ASAN_OPTIONS=os.environ.get("ASAN_OPTIONS", "") + ":verify_asan_link_order=0")

    def files(self):
        """Without the directory of orders to erase, which is empty, and the socket."""
        return [file for file in self.state.iterdir() if file.is_file()]

    def cut(self, chance):
        """Returns how many blocks and names were not certain."""
        self.process.kill()
        after = self.path / "after"
        after.mkdir()
        open_questions = 0
        certain = {file.name: file.read_text() for file in (self.kept / "names").iterdir()}
        now = {file.name: str(file.stat().st_ino) for file in self.files()}
        for name in certain.keys() | now.keys():
            which = {names.get(name) for names in (certain, now)}
            open_questions += len(which) > 1
            inode = chance.choice(sorted(which, key=str))
            if inode is None or name.endswith("-shm"):
                continue
            kept = self.kept / "content" / inode
            old = kept.read_bytes() if kept.exists() else b""
            new = (self.state / name).read_bytes() if now.get(name) == inode else old
            content, differ = mixed(old, new, chance)
            open_questions += differ
            (after / name).write_bytes(content)
        shutil.rmtree(self.state)
        after.rename(self.state)
        return open_questions

    def hear_next(self):
        self.events += 1
        self.hear(self.events)

    def taken(self):
        """Numbers of the files that were moved away: their events are stored for good, or so the daemon says."""
        return {number for number in range(1, self.events + 1) if not (self.path / "spool" / f"{number}.jsonl").exists()}


def mixed(old, new, chance):
    """Each block of what is not certain as it was or as it was to be; the length, too."""
    blocks, differ = [], 0
    length = chance.choice([len(old), len(new)])
    likely = chance.choice([0.05, 0.5, 0.95])
    for at in range(0, length, BLOCK):
        before, after = (text[at:at + BLOCK].ljust(BLOCK, b"\0") for text in (old, new))
        differ += before != after
        blocks.append(after if before != after and chance.random() < likely else before)
    return b"".join(blocks)[:length], differ + (len(old) != len(new))


def test_whatever_of_the_last_writes_outlasts_a_power_cut_nobody_is_missed(tmp_path, ends, sink, chance):
    (tmp_path / "state").mkdir()
    council = Council(tmp_path, ends, sink.port, database="state/casewatch.db")
    not_certain = 0
    for number in range(CUTS):
        if number == 0:
            council.power_on()
        council.hear_next()
        if chance.random() < 0.7:
            wait_until(lambda: council.events in council.taken(), 30 * patience(), "the file is moved away")
        time.sleep(chance.choice([0, 0.01, 0.05, 0.3]))
        taken = council.taken()
        not_certain += council.cut(chance)
        council.power_on()
        stored = {int(source[0][1:]) for source in council.query("SELECT json_extract(CAST(event_json(id, packed, bytes) AS TEXT), '$.id') FROM event")}
        assert taken <= stored, f"lost by cut {number + 1}: e{sorted(taken - stored)}"
        assert council.query("PRAGMA integrity_check") == [("ok",)]
    assert not_certain > 0, "every cut found everything certain: nothing was tried"
    wait_until(lambda: council.query("SELECT count(*) FROM alert WHERE rule = 'custody.threshold'") == [(council.events,)],
               30 * patience(), "an alert of every event")
    wait_until(lambda: not council.query("SELECT 1 FROM outbox WHERE open = 1 AND number > 0 AND critical = 1 LIMIT 1"),
               120 * patience(), "every critical message at its end")
    assert_nobody_is_missed(council, sink)
