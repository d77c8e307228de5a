"""A copy on another machine: follows the running daemon, whoever is killed; and a daemon takes over from it by hand."""

import os
import signal
import sqlite3

import pytest

from processes import BUILD, Process, tool, wait_until
from test_councils import Councils

TOOL = os.path.join(BUILD, "casewatch")


class Followed(Councils):
    """Two councils of which one is followed, into a directory beside them that stands for another machine."""

    def __init__(self, path, ends):
        super().__init__(path, ends, ["south"])
        self.add("north", follow="yes")
        self.copies = path / "copies"
        self.copy = self.copies / "casewatch.db"
        self.original = self.folder("north") / "casewatch.db"

    def command(self, *options):
        return [TOOL, "follow", "--into", str(self.copies), *options, "--", TOOL, "follow", "--serve", "--config", str(self.config),
                "--council", "north"]

    def follow(self, **more):
        follower = self.ends(Process(self.command(), **more))
        follower.wait_for("the copy follows: it is as of", 30)
        return follower

    def follow_once(self):
        program = self.ends(Process(self.command("--once")))
        return program.finish(60), "\n".join(program.drain())

    def other(self, database):
        """A council of another machine, of one configuration."""
        config = self.folder("north") / "casewatchd.yaml"
        words = config.read_text().replace("follow: 'yes'\n", "").replace("database: casewatch.db", f"database: {database}")
        other = config.with_name("other.yaml")
        other.write_text(words.replace("spool: spool", "spool: spool-there"))
        (self.folder("north") / "spool-there").mkdir(exist_ok=True)
        return other

    def run(self, *arguments):
        program = self.ends(Process([TOOL, *map(str, arguments)]))
        return program.finish(60), "\n".join(program.drain())


def rows(path):
    """Of each table that is copied."""
    base = sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=10)
    try:
        names = [row[0] for row in base.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
        names = [name for name in names if not name.startswith(("sqlite_", "register_")) and name not in ("changed", "copied")]
        return {name: sorted(base.execute(f'SELECT * FROM "{name}"'), key=repr) for name in names}
    finally:
        base.close()


def alerts(path):
    base = sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=10)
    try:
        return base.execute("SELECT count(*) FROM alert WHERE rule = 'custody.threshold'").fetchone()[0]
    finally:
        base.close()


@pytest.fixture
def followed(tmp_path, ends):
    return Followed(tmp_path, ends)


def test_a_copy_follows_whoever_is_killed_and_a_daemon_takes_over_from_it(followed):
    followed.start("north", "south")
    status, words = followed.tool("status", None, "--council", "north")
    assert status == 1 and "no copy has ever followed" in words, words
    followed.hear("north", 1)
    followed.wait_alerts("north", 1)
    for number in (2, 4, 6):  # the copy's end dies at whatever point it is
        follower = followed.follow()
        followed.hear("north", number)
        wait_until(lambda number=number: alerts(followed.copy) == number, 30, f"{number} alerts at the copy")
        followed.hear("north", number + 1)
        follower.signal(signal.SIGKILL)
        follower.finish(20)
        followed.wait_alerts("north", number + 1)
    follower = followed.follow()
    wait_until(lambda: alerts(followed.copy) == 7, 30, "seven alerts at the copy")
    status, words = followed.tool("status", None, "--council", "north")
    assert status == 0 and "\nCopy         on " in words, words
    follower.signal(signal.SIGKILL)
    follower.finish(20)
    followed.process.signal(signal.SIGKILL)  # the original dies
    followed.process.finish(20)
    status, words = followed.follow_once()  # its disk is there still: what it had committed is what the copy has
    assert status == 0, words
    assert rows(followed.copy) == rows(followed.original)
    there = followed.other(followed.copy)
    status, words = followed.run("verify", "--config", there)
    assert status == 0, words
    daemon = followed.ends(Process([os.path.join(BUILD, "casewatchd"), "--config", str(there)]))
    assert daemon.finish(30) == 1 and "casewatch follow --take-over" in "\n".join(daemon.drain())
    place = followed.other(followed.path / "taken.db")
    status, words = followed.run("follow", "--take-over", followed.copies, "--config", place)
    assert status == 2 and "systemctl disable --now casewatchd" in words and not (followed.path / "taken.db").exists(), words
    status, words = followed.run("follow", "--take-over", followed.copies, "--original-is-off", "--config", place)
    assert status == 0 and "taken.db is the copy, as the original was on " in words and "Never both" in words, words
    daemon = followed.ends(Process([os.path.join(BUILD, "casewatchd"), "--config", str(place)]))
    daemon.wait_for("ready$", 60)
    assert alerts(followed.path / "taken.db") == alerts(followed.original)


def test_a_copy_whose_disk_is_full_does_not_count_as_following_and_goes_on_when_there_is_room(followed):
    faults = followed.path / "faults"
    faults.mkdir()
    followed.start("north", "south")
    shim = {"LD_PRELOAD": tool("storage_fault.so"), "STORAGE_FAULTS": str(faults),
            "ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "") + ":verify_asan_link_order=0"}
    follower = followed.follow(env={**os.environ, **shim})
    followed.hear("north", 1)
    followed.hear("north", 2)
    wait_until(lambda: followed.copy.exists() and alerts(followed.copy) == 2, 30, "two alerts at the copy")
    (faults / ".full").write_text("copies/casewatch.db-wal")
    (faults / ".full").rename(faults / "full")
    followed.hear("north", 3)
    followed.wait_alerts("north", 3)
    follower.wait_for("casewatch follow: .*(full|disk).*tried again in", 30)
    seen = (followed.folder("north") / "casewatch.db.follower").read_text()
    follower.wait_for("tried again in", 30, follower.matched + 1)
    assert (followed.folder("north") / "casewatch.db.follower").read_text() == seen and alerts(followed.copy) == 2
    mark = len(follower.drain())
    (faults / "full").unlink()
    wait_until(lambda: alerts(followed.copy) == 3, 90, "what came meanwhile is at the copy")
    assert "everything" not in "\n".join(follower.drain()[mark:])
    wait_until(lambda: (followed.folder("north") / "casewatch.db.follower").read_text() != seen, 30, "it counts again")


def test_a_copy_that_says_something_else_than_it_was_sent_is_not_taken_for_one(followed):
    """Its disk lies, or somebody put another file in its place: it does not count as having everything."""
    followed.start("north", "south")
    serve = followed.ends(Process(followed.command()[followed.command().index("--") + 1:]))
    status, words = followed.follow_once()
    assert status == 0, words
    seen = followed.folder("north") / "casewatch.db.follower"
    wait_until(seen.exists, 30, "the original knows of its copy")
    before = seen.read_text()
    schema = sqlite3.connect(followed.copy).execute("PRAGMA user_version").fetchone()[0]
    serve.say(f"casewatch follow 1 {schema} - 0 0:{'0' * 64} other")
    serve.wait_for("casewatch follow 1", 30)
    serve.say(f"casewatch follow 1 {schema} {'0' * 32} 5 0:{'0' * 64} other")
    assert serve.finish(30) == 2
    assert "the copy on other is not what was sent to it" in "\n".join(serve.drain())
    assert seen.read_text() == before


def test_an_original_that_may_not_be_followed_or_does_not_answer_says_what_to_do(followed):
    followed.start("north", "south")
    for command, said in (([TOOL, "follow", "--serve", "--config", str(followed.config), "--council", "south"], "set `follow: yes`"),
                          (["echo", "Welcome"], "what answers is not casewatch follow --serve"),
                          (["sh", "-c", "exec <&-; echo Denied; sleep 1"], "it said: Denied"),  # it never heard us
                          (["/no/such"], "cannot be started")):
        status, words = followed.run("follow", "--into", followed.copies, "--once", "--", *command)
        assert status == 2 and said in words, words
    status, words = followed.run("follow", "--into", followed.copies)
    assert status == 2 and "say how to reach the original" in words, words
    assert not followed.copy.exists()
