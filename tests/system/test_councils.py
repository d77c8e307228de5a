"""One daemon with several councils, from outside: each by its own tool, database and socket; one that fails leaves alone."""

import json
import os
import re
import signal
import socket
import sqlite3
import time

import pytest
import yaml

from processes import BUILD, ROOT, Process, wait_until


class Councils:
    """A file that names councils, and a directory with one for each."""

    def __init__(self, path, ends, names):
        self.path, self.ends = path, ends
        self.config = path / "casewatchd.yaml"
        self.config.write_text("councils: councils\n")
        for name in names:
            self.add(name)

    def add(self, name, **more):
        folder = self.path / "councils" / name
        (folder / "spool").mkdir(parents=True)
        config = {"council": f"{name.title()} Council", "database": "casewatch.db", "spool": "spool", "rules": f"{ROOT}/rules",
                  "directory": f"{ROOT}/conf/directory.yaml", "templates": f"{ROOT}/conf/templates",
                  "calendar": {"file": f"{ROOT}/conf/bank-holidays.json"}, **more}
        (folder / "casewatchd.yaml").write_text(yaml.safe_dump(config))
        return folder

    def folder(self, name):
        return self.path / "councils" / name

    def start(self, *ready, **environment):
        self.process = self.ends(Process([os.path.join(BUILD, "casewatchd"), "--config", str(self.config)],
                                         env={**os.environ, **environment}))
        for name in ready:
            self.process.wait_for(f">{name}: ready$", 60)

    def tool(self, command, name=None, *arguments):
        config = self.folder(name) / "casewatchd.yaml" if name else self.config
        program = self.ends(Process([os.path.join(BUILD, "casewatch"), command, *arguments, "--config", str(config)]))
        return program.finish(60), "\n".join(program.drain())

    def hear(self, name, number):
        hidden = self.folder(name) / "spool" / f".{number}.part"
        hidden.write_text(json.dumps({"specversion": "1.0", "id": f"e{number}", "source": "/custody", "subject": f"C77{number}",
                                      "type": "custody.threshold_met", "data": {"custody": f"K{number}"},
                                      "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())}) + "\n")
        hidden.rename(hidden.with_name(f"{number}.jsonl"))

    def alerts(self, name):
        base = sqlite3.connect(f"file:{self.folder(name)}/casewatch.db?mode=ro", uri=True, timeout=10)
        try:
            return base.execute("SELECT count(*) FROM alert WHERE rule = 'custody.threshold' AND state = 0").fetchone()[0]
        finally:
            base.close()

    def wait_alerts(self, name, count):
        wait_until(lambda: self.alerts(name) == count, 30, f"{count} alerts of {name}")


@pytest.fixture
def two(tmp_path, ends):
    return Councils(tmp_path, ends, ["north", "south"])


def test_each_council_hears_its_own_and_answers_its_own_tool(two):
    assert two.tool("check")[0] == 0
    two.start("north", "south")
    two.hear("south", 1)
    two.wait_alerts("south", 1)
    assert two.alerts("north") == 0
    status, words = two.tool("status", "south")
    assert status == 0 and "Standing     1 critical" in words, words
    status, words = two.tool("status")
    assert status == 0 and re.search(r"north +(yes|catching up) +\S+ +0 *\nsouth +(yes|catching up) .*\n\nNothing is wrong", words), words
    status, words = two.tool("alerts")
    assert status == 2 and "this file names councils" in words and "--council NAME" in words, words
    status, words = two.tool("alerts", None, "--council", "south")
    assert status == 0 and "A-1001" in words, words
    status, words = two.tool("alerts", None, "--council", "nort")
    assert status == 2 and 'names no council "nort"; did you mean "north"?; there are north, south' in words, words
    status, words = two.tool("alerts", "south", "--council", "south")
    assert status == 2 and "is of one council: leave it out" in words, words
    for command in ["backup --to", two.path], ["verify"], ["outbox"], ["quarantine"], ["audit"], ["status"], ["log", "notice"]:
        words = [word for part in command for word in str(part).split()]
        status, said = two.tool(words[0], None, *words[1:], "--council", "north")
        assert status == 0 and "== " not in said, said
    status, words = two.tool("ack", None, "A-1001", "--as", "director", "--action", "rung", "--council", "north")
    assert status == 2 and "there is no alert A-1001" in words, words  # it is the other's
    status, words = two.tool("status", None, "--cell")
    assert status == 0 and re.search(r"south +\S.*this machine is alone", words), words
    status, words = two.tool("status", None, "--cell", "--council", "south")
    assert status == 0 and "this machine is alone" in words and "north" not in words, words
    status, words = two.tool("reload")
    assert status == 0 and words.count("No file differs") == 2, words
    two.process.signal(signal.SIGTERM)
    assert two.process.finish(40) == 0, two.process.drain()[-20:]


def test_a_council_that_was_added_begins_at_a_reload_beside_the_others(two):
    two.start("north", "south")
    two.add("west")
    status, words = two.tool("reload")
    assert status == 0 and words.count("No file differs") >= 2, words
    two.process.wait_for(">west: ready$", 60)
    two.hear("west", 1)
    two.wait_alerts("west", 1)


def test_a_council_at_fault_leaves_alone_and_every_surface_says_so(two):
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    listener.bind(str(two.path / "notify"))
    listener.settimeout(60)
    config = two.folder("north") / "casewatchd.yaml"
    good = config.read_text()
    config.write_text(good + "unknown-option: 1\n")
    (two.path / "councils" / "half").mkdir()
    status, words = two.tool("check")
    assert status == 1 and 'there is no option "unknown-option"' in words, words
    assert "councils/half/casewatchd.yaml cannot be read" in words and "councils/south/casewatchd.yaml is good" in words, words
    two.start("south", NOTIFY_SOCKET=str(two.path / "notify"))
    heard = ""
    while "north is not: " not in heard or "READY=1" not in heard:
        heard += listener.recv(4096).decode() + "\n"  # ready for the one, and says what the other lacks
    assert "1 of 2 councils are up" in heard and "the directory of councils has faults" in heard, heard
    for arguments in (["north"], [None, "--council", "north"]):
        status, words = two.tool("status", *arguments)
        assert status == 1 and 'casewatchd goes on without this council: the configuration cannot be used: ' in words, words
        assert 'there is no option "unknown-option"' in words and "does not run" not in words, words
    status, words = two.tool("status")
    assert status == 1 and re.search(r"north +down +- +1 +casewatchd goes on without this council: ", words), words
    assert "or at once by systemctl reload casewatchd" in words, words
    assert re.search(r"south +(yes|catching up) ", words) and "wrong with 1 of 2 councils" in words, words
    config.write_text(good)
    two.process.wait_for(">north: ready$", 60)
    two.hear("north", 1)
    two.wait_alerts("north", 1)
    config.write_text(good + "unknown-option: 1\n")
    status, words = two.tool("status", "north")
    assert status == 1 and "the configuration has 1 fault, and a reload or a restart would be refused" in words, words


def test_a_council_is_switched_off_and_on_beside_the_others(two):
    two.start("north", "south")
    config = two.folder("north") / "casewatchd.yaml"
    config.rename(config.with_name("casewatchd.yaml.off"))
    status, words = two.tool("reload")
    assert status == 0 and "north is switched off" in words, words
    two.process.wait_for(">north: this council is switched off", 60)
    status, words = two.tool("status")
    assert status == 0 and re.search(r"north +off +- +0 +switched off", words), words
    status, words = two.tool("alerts", None, "--council", "north")
    assert status == 2 and "north is switched off" in words, words
    assert two.tool("check")[0] == 0
    two.hear("south", 1)
    two.wait_alerts("south", 1)
    config.with_name("casewatchd.yaml.off").rename(config)
    status, words = two.tool("reload")  # waits until it has begun
    assert status == 0, words
    two.process.wait_for(">north: this council is switched on again", 60)
    good = config.read_text()
    config.write_text(good + "unknown-option: 1\n")
    two.process.signal(signal.SIGTERM)
    assert two.process.finish(40) == 0, two.process.drain()[-20:]
    two.start("south")
    status, words = two.tool("reload")
    assert status != 0 and 'goes on without this council: the configuration cannot be used: ' in words, words
    assert 'there is no option "unknown-option"' in words and "no casewatchd runs" not in words, words
    config.write_text(good)
    status, words = two.tool("reload")  # the same of one that is tried again
    assert status == 0, words
    two.hear("north", 1)
    two.wait_alerts("north", 1)
    two.process.signal(signal.SIGTERM)
    assert two.process.finish(40) == 0, two.process.drain()[-20:]


def test_of_a_process_whose_loop_stands_each_council_is_said_to_have_it_and_another_process_is_asked(two):
    two.start("north", "south")
    alone = two.add("alone")
    other = two.ends(Process([os.path.join(BUILD, "casewatchd"), "--config", str(alone / "casewatchd.yaml")]))
    other.wait_for("ready$", 60)
    two.process.signal(signal.SIGSTOP)
    code, words = two.tool("status", None, "--json")
    two.process.signal(signal.SIGCONT)
    said = {os.path.basename(os.path.dirname(each["database"])): " ".join(each["wrong"])
            for each in map(json.loads, filter(lambda line: line.startswith("{"), words.splitlines()))}
    assert code == 1 and sorted(said) == ["alone", "north", "south"], words
    assert "runs and does not answer" in said["north"] and "runs and does not answer" in said["south"], words
    assert "does not answer" not in said["alone"], words


def test_two_councils_with_one_database_are_refused_with_file_and_line(two):
    config = two.folder("south") / "casewatchd.yaml"
    config.write_text(config.read_text().replace("database: casewatch.db", "database: ../north/casewatch.db"))
    status, words = two.tool("check")
    line = 1 + [text.startswith("database") for text in config.read_text().splitlines()].index(True)
    place = f"councils/south/casewatchd.yaml:{line}:11: database is"
    assert status == 1 and place in words, words
    two.start("north")
    two.process.wait_for(place, 60)
    two.process.wait_for(">south: this council is not watched over", 60)
    two.hear("north", 1)
    two.wait_alerts("north", 1)
    status, words = two.tool("status", "south")
    assert status == 1 and "and not with this configuration" in words, words
    two.process.signal(signal.SIGTERM)
    assert two.process.finish(40) == 1, two.process.drain()[-20:]  # somebody was not watched over
