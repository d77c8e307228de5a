"""The spool directory as councils use it: files that are copied there slowly, by several programs, and added to afterwards."""

import json
import os
import shutil
import subprocess

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


class Council:
    def __init__(self, path, ends):
        self.path, self.ends = path, ends
        self.spool, self.done = path / "spool", path / "spool" / "done"
        self.config = path / "casewatchd.yaml"
        self.config.write_text(CONFIG.format(root=ROOT))

    def start(self):
        self.daemon = self.ends(Process([os.path.join(BUILD, "casewatchd"), "--config", str(self.config)]))
        self.daemon.wait_for("ready")
        return self.daemon

    def stored(self):
        base = stored_events.connect(self.path / "casewatch.db")
        try:
            return [json.loads(bytes(row[0]))["id"] for row in base.execute("SELECT event_json(id, packed, bytes) FROM event ORDER BY id")]
        finally:
            base.close()

    def quarantined(self):
        done = subprocess.run([os.path.join(BUILD, "casewatch"), "quarantine", "--json", "--config", str(self.config)],
                              capture_output=True, text=True, timeout=30, check=True)
        return done.stdout.splitlines()

    def wait_done(self, name):
        wait_until(lambda: (self.done / name).exists(), 30, f"{name} in done/")


@pytest.fixture
def council(tmp_path, ends):
    council = Council(tmp_path, ends)
    council.start()
    return council


def lines(first, last):
    return [json.dumps({"specversion": "1.0", "id": f"e{number}", "source": "/lcs", "type": "missing.ended", "subject": f"C{number}",
                        "time": "2020-01-01T10:00:00Z", "data": {"episode": f"E{number}"}}) + "\n"
            for number in range(first, last + 1)]


def ids(first, last):
    return [f"e{number}" for number in range(first, last + 1)]


def test_a_thousand_lines_that_are_copied_are_a_thousand_events(council, tmp_path):
    (tmp_path / "export").write_text("".join(lines(1, 1000)))
    subprocess.run(["cp", str(tmp_path / "export"), str(council.spool / "export.jsonl")], check=True)
    council.wait_done("export.jsonl")
    assert council.stored() == ids(1, 1000)
    assert (council.done / "export.jsonl").read_bytes() == (tmp_path / "export").read_bytes()
    assert council.quarantined() == []


def test_a_copy_that_crawls_is_taken_when_it_is_whole_and_holds_up_no_other_file(council):
    whole = "".join(lines(1, 20)).encode()
    with open(council.spool / "a.jsonl", "wb", buffering=0) as copy:
        for at in range(0, len(whole), 701):  # never at the end of a line
            copy.write(whole[at:at + 701])
            if at == 0:
                (council.spool / "b.jsonl").write_text("".join(lines(21, 22)))
                council.wait_done("b.jsonl")
        assert council.stored() == ids(21, 22)
        assert (council.spool / "a.jsonl").exists(), "nobody has closed it"
    council.wait_done("a.jsonl")
    assert sorted(council.stored(), key=lambda name: int(name[1:])) == ids(1, 22)
    assert (council.done / "a.jsonl").read_bytes() == whole
    assert council.quarantined() == []


def test_what_is_added_to_a_file_that_was_taken_is_not_lost(council):
    (council.spool / "a.jsonl").write_text("".join(lines(1, 2)))
    council.wait_done("a.jsonl")
    with open(council.done / "a.jsonl", "a", encoding="utf-8") as late:  # as a writer would that had held it open
        late.write("".join(lines(3, 4)))
    wait_until(lambda: council.stored() == ids(1, 4), 40, "what was added")
    council.wait_done("a.jsonl")
    assert (council.done / "a.jsonl").read_text() == "".join(lines(1, 4))


def test_a_file_that_was_being_copied_when_the_daemon_was_killed_is_whole_in_the_end(council):
    whole = "".join(lines(1, 50)).encode()
    with open(council.spool / "a.jsonl", "wb", buffering=0) as copy:
        copy.write(whole[:1000])
        council.daemon.kill()
        council.start()
        copy.write(whole[1000:])
    council.wait_done("a.jsonl")
    assert council.stored() == ids(1, 50)
    assert (council.done / "a.jsonl").read_bytes() == whole


@pytest.mark.parametrize("program", ["cp", "mv", "rsync", "dd", "tee"])
def test_whichever_program_brings_the_file(council, tmp_path, program):
    if program == "rsync" and not shutil.which("rsync"):
        program = "install"
    source, target = tmp_path / "export", council.spool / "export.jsonl"
    whole = "".join(lines(1, 300)).encode()
    source.write_bytes(whole)
    commands = {"dd": ["dd", f"if={source}", f"of={target}", "bs=512", "status=none"], "tee": ["tee", str(target)]}
    subprocess.run(commands.get(program, [program, str(source), str(target)]), input=whole if program == "tee" else None,
                   stdout=subprocess.DEVNULL, check=True)
    council.wait_done("export.jsonl")
    assert council.stored() == ids(1, 300)
    assert (council.done / "export.jsonl").read_bytes() == whole


def test_what_is_left_alone_is_said_by_its_name_however_long_and_is_over_once_it_is_gone(council):
    def status():
        done = subprocess.run([os.path.join(BUILD, "casewatch"), "status", "--config", str(council.config)], capture_output=True,
                              text=True, timeout=30, check=False)
        return done.returncode, done.stdout

    wait_until(lambda: status()[0] == 0, 10, "nothing to be wrong")
    odd = [council.spool / ("a" * 250), council.spool / "one\nline", council.spool / "two\nlines"]
    for path in odd:
        path.mkdir()
    wait_until(lambda: all(word in status()[1] for word in ("a" * 250, "one\\x0aline", "two\\x0alines")), 30, "each to be named")
    odd.pop().rmdir()
    wait_until(lambda: "two" not in status()[1], 30, "one to be gone")
    code, said = status()
    assert code == 1 and "a" * 250 in said and "one\\x0aline" in said
    for path in odd:
        path.rmdir()
    wait_until(lambda: status()[0] == 0, 30, "nothing to be wrong")
