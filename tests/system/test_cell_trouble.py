"""Machines of a cell of which one can do less than the other: a full disk, a log that went on without it, none that stands by. Whoever is
well sends; ops hear of what is not. The rest of the kind, which takes longer, is in long/test_cell_changes.py."""

import pytest

from cell_kit import SECONDS, Cell
from processes import Process, tool, wait_until

POORLY = "behind all others until this is over"


@pytest.fixture
def cell(ends, tmp_path, broker, topic, sink):
    return Cell(tmp_path / "cell", broker, topic, ends, sink)


def stands(machine, what):
    return [row[0] for row in machine.query(f"SELECT key FROM condition WHERE id = '{what}' AND ended = 9223372036854775807")]


def both_are_there(cell):
    wait_until(lambda: cell.broker.admin("members", cell.topic + "-cell.0") == "2 Stable", SECONDS, "both are in the group")


def test_a_machine_whose_disk_is_full_gives_way_to_one_that_is_well(cell):
    """Else the one that is named tells nobody of what it cannot take, for as long as its disk is full."""
    cell.amber.start(faults=True).wait_owns()
    cell.birch.start()
    both_are_there(cell)
    cell.hear(2)
    cell.assert_each_told_once()
    cell.amber.break_disk("full", ".db-wal")
    cell.hear(2)
    cell.birch.wait_owns()
    wait_until(lambda: len(cell.told()) >= 4, SECONDS, "the other tells of what the full disk could not take")
    wait_until(lambda: POORLY in cell.amber.status(), SECONDS, "status says so")
    assert POORLY not in cell.birch.status()
    cell.amber.mend_disk("full")
    cell.amber.process.wait_for(r"this machine \(amber\) is well again", SECONDS)
    cell.assert_each_told_once()
    cell.assert_equal()
    assert not cell.marked(), "nothing was in doubt"
    # Well again it stands by as any other, and goes on when it is named.
    both_are_there(cell)
    mark = len(cell.amber.process.drain())
    cell.birch.stop()
    cell.amber.wait_owns(mark)
    cell.hear(1)
    cell.birch.start()
    cell.assert_each_told_once()


def test_a_machine_that_lost_its_place_in_the_log_sends_only_where_no_other_is_there(cell):
    """Away for longer than the log is kept: it reads nothing more until its files are a copy of another's. Were it named, nobody would
    hear of what comes."""
    cell.amber.start().wait_owns()
    cell.birch.start()
    both_are_there(cell)
    cell.hear(1)
    cell.assert_each_told_once()
    cell.birch.stop()
    cell.hear(3)
    cell.assert_each_told_once()
    cell.broker.admin("cut", cell.topic, 0, 3)
    cell.birch.start()
    cell.birch.process.wait_for("stands behind all others until this is over: the log has not its place any more", SECONDS)
    both_are_there(cell)
    assert stands(cell.birch, "ops.source-lost") == [f"kafka:{cell.topic}:0"]
    cell.amber.stop()
    cell.birch.wait_owns()
    cell.amber.start().wait_owns()
    cell.hear(1)
    wait_until(lambda: len(cell.told()) == 5, SECONDS, "the one that reads the log tells of it")
    assert POORLY in cell.birch.status() and POORLY not in cell.amber.status()
    cell.birch.stop()
    found, words = cell.amber.tool("backup", "--quiet", "--to", str(cell.folder / "copy.db"))
    assert found == 0, words
    for file in cell.birch.folder.glob("casewatch.db*"):
        if file.is_file():
            file.unlink()
    (cell.folder / "copy.db").rename(cell.birch.folder / "casewatch.db")
    cell.birch.start()
    cell.hear(1)
    cell.assert_each_told_once()
    cell.assert_equal()
    assert POORLY not in cell.birch.status()


def test_status_says_whether_another_machine_stands_by(cell):
    none = "The brokers list no group "  # nobody was in it yet, or this user may not see it: check cannot know which
    assert none in cell.amber.tool("check")[1]
    cell.amber.start().wait_owns()
    assert none not in cell.amber.tool("check")[1]
    wait_until(lambda: "amber (this machine) sends; no other machine stands by" in cell.amber.status(), SECONDS, "it is alone")
    cell.birch.start()
    both_are_there(cell)
    wait_until(lambda: "amber (this machine) sends; 2 of 2 machines are there" in cell.amber.status(), SECONDS, "both are there")
    wait_until(lambda: "2 of 2 machines are there" in cell.birch.tool("status", "--cell")[1], SECONDS, "both say so")
    cell.birch.process.kill()
    wait_until(lambda: "no other machine stands by" in cell.amber.status(), SECONDS, "it is alone again")


def test_brokers_that_do_not_say_who_is_in_the_group_are_said(ends, tmp_path, broker, topic, sink):
    """They may refuse to, or not know the question, as librdkafka's own pretended ones: then nobody would notice that none stands by."""
    cluster = ends(Process([tool("mock_cluster"), topic, "1", topic + "-journal", "1"]))
    address = cluster.wait_for(r"^bootstrap (\S+)$")[1]
    cell = Cell(tmp_path / "cell", broker, topic, ends, sink, names=("amber",), own={"amber": {"brokers": address}})
    cell.amber.start().wait_owns()
    unknown = "whether another machine stands by is not known: "
    wait_until(lambda: unknown in cell.amber.status(), SECONDS, "status says so within seconds")
    wait_until(lambda: stands(cell.amber, "ops.cell") == ["members"], 4 * SECONDS, "ops hear of it")
    assert "The brokers do not say which machines of the cell are there" in cell.amber.status()
    code, words = cell.amber.tool("check")
    assert "do not say which machines are in the group" in words and "Describe on that group" in words, (code, words)
