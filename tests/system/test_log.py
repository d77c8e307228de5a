"""The log: how much is in it is set while the daemon runs."""

import os
import signal

import pytest

from processes import BUILD, Process, wait_until
from spool_council import SpoolCouncil


@pytest.fixture
def council(ends, tmp_path):
    (tmp_path / "spool").mkdir()
    return SpoolCouncil(tmp_path, ends, smtp=None)


def test_the_tool_and_a_reload_set_how_much_is_logged(council):
    council.config.write_text(council.config.read_text() + "log: {level: error}\n")
    council.process = council.ends(Process([os.path.join(BUILD, "casewatchd"), "--config", str(council.config)]))
    wait_until(lambda: council.tool("log", "notice")[0] == 0, 30, "the daemon to hear an order")
    council.process.wait_for("<5>asked to log notice", 30)
    assert not [line for line in council.process.drain() if line.startswith("<5>ready")]
    assert council.tool("log", "loud")[0] == 2
    assert council.tool("log", "info")[0] == 0
    council.hear(1)
    council.process.wait_for("<6>alert.opened", 30)
    assert council.tool("reload")[0] == 0  # as configured: errors alone
    before = len(council.process.drain())
    council.hear(2)
    council.tool("log", "notice")
    council.process.wait_for("<5>asked to log notice", 30, after=before)
    assert not [line for line in council.process.drain()[before:] if line.startswith("<6>")]


@pytest.mark.parametrize("name", ["SIGUSR1", "SIGUSR2", "SIGALRM"])
def test_a_signal_that_rotates_other_daemons_logs_ends_nothing_and_is_said(council, name):
    council.start()
    council.process.signal(getattr(signal, name))
    council.process.wait_for(f"<5>{name} means nothing here, and nothing is done", 30)
    council.hear(1)
    council.process.wait_for("alert.opened", 30)
