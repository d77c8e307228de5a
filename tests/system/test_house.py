"""The daemon's own house: what would stop it, or have it write into nothing, is met, said and survived."""

import datetime
import json
import os
import subprocess

import pytest

from daemon_kit import Council as KafkaCouncil
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
    """A daemon that is killed, as by its watchdog, each time it stores an event with the given words."""

    def __init__(self, path, ends):
        self.path, self.ends = path, ends
        self.config = path / "casewatchd.yaml"
        self.config.write_text(CONFIG.format(root=ROOT))
        (path / "spool").mkdir()

    def start(self, deadly=""):
        sanitizers = os.environ.get("ASAN_OPTIONS", "") + ":verify_asan_link_order=0"
        environment = dict(os.environ, LD_PRELOAD=os.path.join(BUILD, "tests", "deadly_record.so"), DEADLY_RECORD=deadly,
                           ASAN_OPTIONS=sanitizers)
        self.daemon = self.ends(Process([os.path.join(BUILD, "casewatchd"), "--config", str(self.config)], env=environment))
        return self.daemon

    def hear(self, *subjects):
        now = datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds")
        lines = [json.dumps({"specversion": "1.0", "source": "/lcs", "time": now, "id": f"e-{subject}", "subject": subject,
                             "type": "custody.threshold_met", "data": {"custody": f"K-{subject}"}}) for subject in subjects]
        hidden = self.path / "spool" / ".1"
        hidden.write_text("\n".join(lines) + "\n")
        hidden.rename(self.path / "spool" / "0001.jsonl")

    def tool(self, *arguments):
        done = subprocess.run([os.path.join(BUILD, "casewatch"), *arguments, "--json", "--config", str(self.config)],
                              capture_output=True, text=True, timeout=30)
        return done.returncode, [json.loads(line) for line in done.stdout.splitlines()]


@pytest.fixture
def council(tmp_path, ends):
    return Council(tmp_path, ends)


def test_a_record_that_kills_the_daemon_is_set_aside_and_all_others_are_told(council):
    council.hear("C1", "C2", "deadly", "C4", "C5")
    deaths = 0
    while True:
        council.start(deadly="e-deadly")
        council.daemon.wait_for("ready")
        wait_until(lambda: not council.daemon.running() or council.tool("quarantine")[1], 20, "its end, or the record set aside")
        if council.daemon.running():
            break
        deaths += 1
        assert deaths <= 5, "the record kills the daemon without end"
    assert deaths >= 3
    wait_until(lambda: len(council.tool("alerts")[1]) == 4, 10, "the other four")
    assert sorted(alert["subject"] for alert in council.tool("alerts")[1]) == ["C1", "C2", "C4", "C5"]
    (record,) = council.tool("quarantine")[1]
    assert "set aside so that the rest goes on" in record["reason"]
    status, (said,) = council.tool("status")
    assert status == 1 and any("ops.set-aside" in line for line in said["wrong"])


def test_a_database_moved_away_ends_the_daemon_and_is_not_begun_anew(council):
    council.start().wait_for("ready")
    (council.path / "casewatch.db").rename(council.path / "elsewhere.db")
    assert council.daemon.finish(90) == 1
    assert any("was deleted or moved away" in line for line in council.daemon.drain())
    council.start()
    assert council.daemon.finish(20) == 1
    said = "".join(council.daemon.drain())
    assert "there was one here before" in said or "-wal without its database" in said
    assert not (council.path / "casewatch.db").exists()
    (council.path / "elsewhere.db").rename(council.path / "casewatch.db")
    council.start().wait_for("ready")


def test_who_is_fenced_leaves_with_a_status_of_its_own(ends, tmp_path, broker, topic, sink):
    broker.create(topic)
    first = KafkaCouncil(tmp_path / "first", broker.plain, [topic], sink.port, ends)
    second = KafkaCouncil(tmp_path / "second", broker.plain, [topic], sink.port, ends)
    first.start()
    second.start()
    assert first.process.finish(60) == 79, "RestartPreventExitStatus= in the unit"
    assert second.process.running()
