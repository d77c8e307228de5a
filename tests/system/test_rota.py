"""A rota with a gap: operations hear of it before the night comes, and that it is over when somebody is on call."""

import datetime
import json
import os
import signal
import subprocess

from processes import BUILD, ROOT, Process, wait_until

CONFIG = """\
council: Example Council
database: casewatch.db
spool: spool
rules: {root}/rules
directory: directory.yaml
templates: {root}/conf/templates
lists: {root}/conf/lists
calendar: {{file: {root}/conf/bank-holidays.json}}
"""
FIXED = "edt: {title: Emergency Duty Team, people: p-edt,"
ROTA = "edt: {title: Emergency Duty Team, rota: {file: edt.ics},"


def rota(days):
    begins = datetime.datetime.now(datetime.timezone.utc).replace(hour=0, minute=0, second=0) - datetime.timedelta(days=1)
    times = [f"{one:%Y%m%dT%H%M%SZ}" for one in (begins, begins + datetime.timedelta(days=days))]
    return ("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//x//EN\r\nBEGIN:VEVENT\r\nUID:1\r\nSUMMARY:edt@example.org\r\n"
            f"DTSTART:{times[0]}\r\nDTEND:{times[1]}\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n")


def test_a_gap_in_a_rota_is_said_to_ops_until_somebody_is_on_call(tmp_path, ends):
    with open(os.path.join(ROOT, "conf", "directory.yaml")) as stream:
        directory = stream.read()
    assert FIXED in directory
    (tmp_path / "directory.yaml").write_text(directory.replace(FIXED, ROTA))
    (tmp_path / "edt.ics").write_text(rota(10))
    config = tmp_path / "casewatchd.yaml"
    config.write_text(CONFIG.format(root=ROOT))

    def tool(*arguments):
        return subprocess.run([os.path.join(BUILD, "casewatch"), *arguments, "--config", str(config)],
                              capture_output=True, text=True, timeout=30)

    def is_said():
        return "rota edt" in tool("status", "--json").stdout

    checked = tool("check", "--json")
    (gap,) = json.loads(checked.stdout)["rotas"]
    assert checked.returncode == 1 and gap["role"] == "edt" and gap["what"] == "gap" and gap["nobody"]
    daemon = ends(Process([os.path.join(BUILD, "casewatchd"), "--config", str(config)]))
    daemon.wait_for("ready")
    wait_until(is_said, 20, "ops hear of the gap")
    (tmp_path / "edt.ics").write_text(rota(60))
    assert tool("check").returncode == 0
    os.kill(daemon.pid, signal.SIGHUP)
    wait_until(lambda: not is_said(), 90, "the gap is over")
