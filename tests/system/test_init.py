"""A first evening with casewatch: five questions, a file of people, and the first mail."""

import json
import os
import pty
import select
import subprocess
import time

from processes import BUILD, ROOT, Process, wait_until
from smtp_sink import Sink

TOOL = os.path.join(BUILD, "casewatch")
PEOPLE = """email,role,team,parent,worker,phone,hours,duty
director@council.example,director,,,,01632 960101,,
dcs@council.example,dcs,,,,,,
night@council.example,edt,,,,01632 960123,00:00-24:00,
head@council.example,head-of-service,Safeguarding,,,,,
north@council.example,team-manager,North 1,Safeguarding,,,,
front-door@council.example,team-manager,MACH,Safeguarding,,,,yes
nobody,social-worker,,,W9,,,
"""


def answer(arguments, answers, cwd):
    """Runs the command at a terminal and types an answer to each question; returns (status, what was shown)."""
    shown, left = b"", list(answers)
    pid, terminal = pty.fork()
    if pid == 0:
        os.chdir(cwd)
        os.execv(arguments[0], arguments)
    end = time.monotonic() + 60
    while time.monotonic() < end:
        if not select.select([terminal], [], [], 1)[0]:
            continue
        try:
            piece = os.read(terminal, 65536)
        except OSError:  # it has left
            break
        if not piece:
            break
        shown += piece
        if left and shown.endswith(b"> "):
            os.write(terminal, left.pop(0).encode() + b"\n")
    os.close(terminal)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), shown.decode()


def test_five_answers_make_a_configuration_that_tells_somebody(tmp_path, ends):
    council = tmp_path / "etc"
    (tmp_path / "spool").mkdir()
    (tmp_path / "people.csv").write_text(PEOPLE, encoding="utf-8")
    with Sink(tmp_path / "mails") as sink:
        status, shown = answer(
            [TOOL, "init", "--config", str(council / "casewatchd.yaml"), "--samples", os.path.join(ROOT, "conf"),
             "--database", str(tmp_path / "casewatch.db"), "--spool", str(tmp_path / "spool")],
            ["", "Example Council", "", f"127.0.0.1:{sink.port}", "ops@council.example", str(tmp_path / "people.csv")],
            tmp_path)
        assert status == 1, shown  # one row was not taken
        assert shown.count("1. Which council is it?") == 2, shown  # an answer that is needed is asked for again
        assert "people.csv:8: person p-nobody: email is not an address" in shown
        assert "1 of 7 rows of" in shown and "systemctl enable --now casewatchd" in shown

        config = ["--config", str(council / "casewatchd.yaml")]
        checked = subprocess.run([TOOL, "check", *config], capture_output=True, text=True, check=False)
        assert checked.returncode == 0, checked.stdout
        daemon = ends(Process([os.path.join(BUILD, "casewatchd"), *config], cwd=tmp_path))
        daemon.wait_for(">ready$", 30)
        event = {"specversion": "1.0", "id": "first", "source": "/lcs", "type": "custody.threshold_met",
                 "subject": "C1", "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), "data": {"custody": "K1"}}
        (tmp_path / "spool" / ".in").write_text(json.dumps(event) + "\n", encoding="utf-8")
        (tmp_path / "spool" / ".in").rename(tmp_path / "spool" / "in.jsonl")
        wait_until(lambda: any("director@council.example" in envelope["to"] for envelope, _ in sink.mails()), 60,
                   "the Director's mail about a child in a cell")
