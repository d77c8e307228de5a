"""What is done to a cell, or happens to it, while it runs: rules by turns, topics that are changed and made anew, clocks that differ, files
put back. After each nothing was lost, nothing went twice without a mark, what stands is equal on both machines, and ops were told."""

import time

import pytest

from cell_kit import SECONDS, Cell
from processes import wait_until
from test_cell_orders import DIRECTOR, own_rules, publishes
from test_cell_trouble import POORLY, both_are_there, stands


@pytest.fixture
def cell(ends, tmp_path, broker, topic, sink):
    found = Cell(tmp_path / "cell", broker, topic, ends, sink)
    found.amber.start().wait_owns()
    found.birch.start()
    both_are_there(found)
    found.hear(2)
    found.assert_each_told_once()
    return found


def is_well(cell):
    cell.hear(2)
    cell.assert_each_told_once()
    cell.assert_equal()


def changes_hands(cell, first, second):
    """The second goes on, and then the first again: what they owe has one name on both."""
    mark = len(second.process.drain())
    first.stop()
    second.wait_owns(mark)
    cell.hear(2)
    first.start()
    both_are_there(cell)
    cell.assert_each_told_once()
    mark = len(first.process.drain())
    second.stop()
    first.wait_owns(mark)
    cell.hear(2)
    second.start()
    both_are_there(cell)
    cell.assert_each_told_once()
    cell.assert_equal()


def replace_database(machine, copy):
    for file in machine.folder.glob("casewatch.db*"):
        if file.is_file():
            file.unlink()
    copy.rename(machine.folder / "casewatch.db")


def backup(machine, name):
    found, words = machine.tool("backup", "--quiet", "--to", str(machine.cell.folder / name))
    assert found == 0, words
    return machine.cell.folder / name


def test_two_directories_of_rules_by_turns_and_what_was_published_last_decides(cell):
    """Each machine's own files are what was published by the other before."""
    own_rules(cell.amber, DIRECTOR)
    own_rules(cell.birch)
    dcs = "SELECT count(DISTINCT alert) FROM outbox WHERE role = 'dcs' AND purpose = 'opened' AND kind <> 1"
    for turn, machine in enumerate((cell.amber, cell.birch, cell.amber, cell.birch)):
        before = cell.birch.query(dcs)[0][0]
        publishes(machine)
        for each in cell.machines:
            each.process.wait_for(f"edition {turn + 1} of the configuration, published by p-qa, is in force", SECONDS)
        is_well(cell)
        assert cell.amber.query(dcs)[0][0] - before == (2 if machine is cell.amber else 0), f"turn {turn}"
    changes_hands(cell, cell.amber, cell.birch)


def test_a_topic_that_keeps_its_producers_times_from_now_on(cell):
    cell.broker.admin("set", cell.topic, "message.timestamp.type=CreateTime")
    cell.hear(2)
    for machine in cell.machines:
        machine.process.wait_for("its records bear the time of whoever wrote them", SECONDS)
        wait_until(lambda m=machine: "LogAppendTime" in m.status(), SECONDS, "status says what to do")
    cell.assert_each_told_once()
    changes_hands(cell, cell.amber, cell.birch)
    cell.broker.admin("set", cell.topic, "message.timestamp.type=LogAppendTime")
    is_well(cell)


def test_a_council_that_is_taken_off_one_machine_and_put_on_it_again(cell):
    cell.birch.stop()
    is_well(cell)
    wait_until(lambda: stands(cell.amber, "ops.cell") == ["standby"], 4 * SECONDS, "ops hear that no other machine stands by")
    assert cell.amber.tool("status")[0] == 1
    cell.amber.config.write_text(cell.amber.config.read_text().replace("cell:\n", "cell:\n  machines: 1\n"))
    found, words = cell.amber.tool("reload")
    assert found == 0, words
    wait_until(lambda: not stands(cell.amber, "ops.cell"), 4 * SECONDS, "one machine is what there is to be")
    cell.birch.start()
    both_are_there(cell)
    changes_hands(cell, cell.amber, cell.birch)


def test_the_journals_topic_has_more_partitions(cell):
    cell.broker.admin("partitions", cell.topic + "-journal", 5)
    time.sleep(10)  # both hear of it, and the group names anew
    is_well(cell)
    changes_hands(cell, cell.amber, cell.birch)
    changes_hands(cell, cell.amber, cell.birch)
    assert not cell.marked(), "nothing was in doubt"


def set_to_go_on(cell):
    """As the sentence says."""
    for machine in cell.machines:
        machine.stop()
        machine.config.write_text(machine.config.read_text().replace("kafka:\n", "kafka:\n  lost-position: earliest\n"))
    for machine in cell.machines:
        machine.start()


def test_the_topic_of_events_is_deleted_and_made_anew(cell):
    cell.broker.admin("recreate", cell.topic, 1, "message.timestamp.type=LogAppendTime")
    cell.hear(3)
    for machine in cell.machines:
        machine.process.wait_for("the topic was deleted and made anew", SECONDS)
    # Who saw it while it read goes on at its beginning; who came to it anew stops, and says what is to be done.
    set_to_go_on(cell)
    cell.assert_each_told_once()
    cell.assert_equal()
    changes_hands(cell, cell.amber, cell.birch)


def test_the_topic_of_events_is_made_anew_while_both_are_away(cell):
    for machine in cell.machines:
        machine.stop()
    cell.broker.admin("recreate", cell.topic, 1, "message.timestamp.type=LogAppendTime")
    cell.hear(1)
    for machine in cell.machines:
        machine.start()
        machine.process.wait_for("stands behind all others until this is over: the log has not its place any more", SECONDS)
        assert stands(machine, "ops.source-lost") == [f"kafka:{cell.topic}:0"]
    set_to_go_on(cell)
    cell.assert_each_told_once()
    cell.assert_equal()
    for machine in cell.machines:
        wait_until(lambda m=machine: POORLY not in m.status(), SECONDS, "it is well")
    is_well(cell)


def test_clocks_of_two_machines_that_are_ten_minutes_apart(cell):
    cell.birch.stop()
    cell.birch.start(clock=600)
    both_are_there(cell)
    cell.hear(3)
    cell.birch.process.wait_for("bears a time that is .* this machine's clock", SECONDS)
    cell.assert_each_told_once()
    cell.assert_equal()
    mark = len(cell.birch.process.drain())
    cell.amber.stop()
    cell.birch.wait_owns(mark)
    cell.hear(2)
    cell.amber.start()
    cell.assert_each_told_once()
    cell.assert_equal()


def test_an_old_backup_is_put_in_place_of_one_machines_file(cell):
    copy = backup(cell.birch, "old.db")
    is_well(cell)
    changes_hands(cell, cell.amber, cell.birch)
    cell.birch.stop()
    replace_database(cell.birch, copy)
    cell.birch.start()
    both_are_there(cell)
    is_well(cell)
    changes_hands(cell, cell.amber, cell.birch)
    # Of the machine that sends, and while it sends.
    copy = backup(cell.amber, "older.db")
    is_well(cell)
    cell.amber.process.kill()
    replace_database(cell.amber, copy)
    cell.amber.start()
    is_well(cell)
    changes_hands(cell, *((cell.amber, cell.birch) if cell.owner() is cell.amber else (cell.birch, cell.amber)))


def test_who_is_erased_while_a_machine_is_away_for_longer_than_the_log_is_kept_is_said_of_and_gone_with_a_copy(cell):
    child = "C7001"
    held = "SELECT count(*) FROM alert JOIN history ON history.id = alert.history WHERE name = '" + child + "'"
    cell.birch.stop()
    found, words = cell.amber.tool("erase", child, "--person", "p-qa", "--reason", "request 31", "--although-alerts-stand")
    assert found in (0, 1) and "erased" in words, words
    wait_until(lambda: not cell.amber.query(held)[0][0], SECONDS, "nothing of the child is left where it was ordered")
    cell.hear(1)
    wait_until(lambda: len(cell.told()) == cell.heard, SECONDS, "it is told")
    end = int(cell.broker.admin("bounds", cell.topic, 0).split()[1])
    cell.broker.admin("cut", cell.topic, 0, end)
    cell.birch.start()
    cell.birch.process.wait_for("stands behind all others until this is over: the log has not its place any more", SECONDS)
    assert cell.birch.query(held)[0][0], "it knows nothing of it"
    assert stands(cell.birch, "ops.source-lost") == [f"kafka:{cell.topic}:0"]
    assert cell.birch.tool("status")[0] == 1
    cell.birch.stop()
    replace_database(cell.birch, backup(cell.amber, "copy.db"))
    cell.birch.start()
    assert not cell.birch.query(held)[0][0]
    cell.hear(1)
    cell.assert_equal()
    wait_until(lambda: len(cell.told()) == cell.heard, SECONDS, "it is told")


def test_a_machine_that_is_named_and_cannot_write_to_the_journal_tells_ops(ends, tmp_path, broker, topic, sink):
    """As where the brokers refuse it the right: nobody is told anything of the council."""
    cell = Cell(tmp_path / "cell", broker, topic, ends, sink)
    broker.admin("set", topic + "-journal", "max.message.bytes=1")
    cell.amber.start()
    cell.hear(1)
    wait_until(lambda: stands(cell.amber, "ops.cell") == ["journal"], 4 * SECONDS, "ops hear of it")
    assert not cell.mails() and cell.amber.tool("status")[0] == 1
    broker.admin("set", topic + "-journal", "max.message.bytes=1000000")
    cell.amber.wait_owns()
    cell.assert_each_told_once()
    wait_until(lambda: "journal" not in stands(cell.amber, "ops.cell"), 4 * SECONDS, "that is over")
