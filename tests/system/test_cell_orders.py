"""What does not come from the log goes through it: on two daemons and a real broker, what stands is equal afterwards."""

import json
import os
import shutil
import signal
import time

import pytest

from cell_kit import SECONDS, Cell
from processes import BUILD, ROOT, Process, wait_until


@pytest.fixture
def cell(ends, tmp_path, broker, topic, sink):
    found = Cell(tmp_path / "cell", broker, topic, ends, sink)
    found.amber.start().wait_owns()
    found.birch.start()
    return found


def test_a_record_in_quarantine_is_released_or_discarded_on_every_machine(cell):
    cell.hear(2)
    cell.broker.produce(cell.topic, ['{"id": "half', "no event at all"])
    wait_until(lambda: all(len(m.query("SELECT 1 FROM quarantine")) == 2 for m in cell.machines), SECONDS, "both wait on both")
    fixed = cell.folder / "fixed.json"
    fixed.write_text(next(cell.lines(1)))
    # Of birch's own numbers, which need not be amber's.
    numbers = [str(row[0]) for row in cell.birch.query("SELECT id FROM quarantine ORDER BY source_name")]
    found, words = cell.birch.tool("quarantine", "release", numbers[0], "--with", str(fixed), "--reason", "cut off", "--person", "p-qa")
    assert found == 0, words
    found, words = cell.amber.tool("quarantine", "discard", numbers[1], "--reason", "a test", "--person", "p-qa")
    assert found == 0, words
    states = "SELECT state FROM quarantine ORDER BY source_name"
    wait_until(lambda: all(m.query(states) == [("released",), ("discarded",)] for m in cell.machines), SECONDS, "decided on both")
    cell.assert_each_told_once()
    cell.assert_equal()
    # Who may only write to the topic decides nothing.
    cell.broker.produce(cell.topic, ["no event either"])
    wait_until(lambda: all(len(m.query("SELECT 1 FROM quarantine")) == 3 for m in cell.machines), SECONDS, "it waits on both")
    place = cell.amber.query("SELECT source_name FROM quarantine ORDER BY id DESC LIMIT 1")[0][0]
    cell.broker.produce(cell.topic, [json.dumps({
        "specversion": "1.0", "id": "forged", "source": "/casewatch/tool", "type": "quarantine.discarded", "subject": "quarantine-3",
        "time": "2026-01-01T00:00:00Z", "data": {"quarantine": 3, "from": place, "reason": "x", "person": "p-qa"}})])
    cell.hear(1)
    cell.assert_each_told_once()
    assert all(m.query("SELECT state FROM quarantine WHERE source_name = '" + place + "'") == [("waiting",)] for m in cell.machines)
    cell.assert_equal()


def test_a_child_is_erased_on_every_machine(cell):
    cell.hear(3)
    cell.assert_each_told_once()
    child = "C7001"
    held = "SELECT count(*) FROM alert JOIN history ON history.id = alert.history WHERE name = '" + child + "'"
    assert all(m.query(held)[0][0] for m in cell.machines)
    found, words = cell.birch.tool("erase", child, "--person", "p-qa", "--reason", "request 31", "--although-alerts-stand")
    assert found in (0, 1) and "erased" in words, words
    wait_until(lambda: all(not m.query(held)[0][0] and not m.query("SELECT 1 FROM erasure WHERE stage < 7") for m in cell.machines), SECONDS,
               "nothing of the child is left on either")
    assert all(len(m.query("SELECT 1 FROM erasure")) == 1 for m in cell.machines)
    assert not list((cell.birch.folder / "casewatch.db.erase").glob("*.order"))
    cell.assert_equal()


def test_a_step_that_came_sooner_has_the_same_name_on_every_machine(cell, sink):
    """The director's mailbox is not there: the next in line hears at once, from whichever machine sends, and once."""
    sink.by_recipient["director.childrens.care@example.org"] = "rcpt:550"
    cell.hear(4)
    second = "SELECT same FROM outbox WHERE role = 'dcs' AND kind <> 1"
    wait_until(lambda: all(len(m.query(second)) == 4 for m in cell.machines), SECONDS, "the second step is owed on both")
    assert sorted(cell.amber.query(second)) == sorted(cell.birch.query(second))
    wait_until(lambda: len([m for m in cell.mails() if "dcs@" in m["To"]]) == 4, SECONDS, "and told")
    cell.assert_equal()
    cell.amber.process.kill()
    cell.birch.wait_owns()
    time.sleep(8)  # what is doubtful would go by now
    assert len([m for m in cell.mails() if "dcs@" in m["To"] and not m["X-Casewatch-Possible-Duplicate"]]) == 4


def stands(machine):
    """What ops were told of the cell, and is so."""
    return machine.query("SELECT key FROM condition WHERE id = 'ops.cell' AND ended = 9223372036854775807")


def own_rules(machine, change=None):
    """Rules of its own, as on a machine of its own."""
    folder = machine.folder / "rules"
    if not folder.exists():
        shutil.copytree(f"{ROOT}/rules", folder)
        machine.config.write_text(machine.config.read_text().replace(f"rules: {ROOT}/rules", "rules: rules"))
    if change:
        file = folder / change[0]
        assert file.read_text().count(change[1]) >= 1
        file.write_text(file.read_text().replace(change[1], change[2], 1))


def publishes(machine):
    found, words = machine.tool("publish", "--person", "p-qa")
    assert found == 0 and "is in force here" in words, words


# Who hears at once of a child in a cell: the director, and from the second edition on the DCS with them.
DIRECTOR = ("custody.yaml", "      - {role: director, escalate-after: $director-answers}\n      - {role: dcs}",
            "      - {role: [director, dcs], escalate-after: $director-answers}")


def test_a_published_configuration_is_in_force_at_one_place_on_every_machine(cell):
    cell.hear(3)
    cell.assert_each_told_once()
    dcs = "SELECT count(DISTINCT alert) FROM outbox WHERE role = 'dcs' AND purpose = 'opened'"
    assert cell.birch.query(dcs) == [(0,)]
    own_rules(cell.amber, DIRECTOR)
    publishes(cell.amber)
    cell.hear(3)
    for machine in cell.machines:
        machine.process.wait_for("edition 1 of the configuration, published by p-qa, is in force", SECONDS)
        wait_until(lambda m=machine: m.query(dcs)[0][0] >= 3, SECONDS, "the DCS hears, too")
    cell.assert_each_told_once()
    cell.assert_equal()
    # What is changed here and not published is in force nowhere; what cannot be read is published nowhere.
    own_rules(cell.amber, ("custody.yaml", "severity: critical", "severity: grave"))
    found, words = cell.amber.tool("publish", "--person", "p-qa")
    assert found == 1 and "custody.yaml:" in words, words
    assert cell.amber.tool("check")[0] == 0, "what is in force has no fault"
    own_rules(cell.amber, ("custody.yaml", "severity: grave", "severity: critical"))
    # A machine that was off meanwhile comes to it at the same place; so does one that is killed while it takes it.
    cell.birch.stop()
    own_rules(cell.amber, (DIRECTOR[0], DIRECTOR[2], DIRECTOR[1]))
    publishes(cell.amber)
    cell.hear(2)
    cell.amber.process.kill()
    cell.birch.start()
    cell.amber.start()
    cell.hear(2)
    cell.assert_each_told_once()
    cell.assert_equal()
    assert (cell.birch.folder / "casewatch.db.published" / "current" / "head").read_text().splitlines()[1] == "number 2"


def test_a_machine_that_cannot_take_it_says_so_and_sends_nothing(cell):
    cell.hear(1)
    cell.assert_each_told_once()
    whole = cell.amber.config.read_text()
    cell.amber.config.write_text(whole + "no-such-option: 1\n")
    own_rules(cell.birch, DIRECTOR)
    publishes(cell.birch)
    cell.amber.process.wait_for("goes no further in the log and sends nothing: edition 1 cannot be taken", SECONDS)
    cell.birch.wait_owns()
    cell.hear(2)
    wait_until(lambda: len([mail for mail in cell.mails() if "dcs@" in mail["To"]]) >= 2, SECONDS, "the other goes on")
    events = "SELECT count(*) FROM event"
    assert cell.amber.query(events)[0][0] < cell.birch.query(events)[0][0], "it stays where it was"
    wait_until(lambda: "goes no further" in cell.amber.status(), SECONDS, "status says so")
    cell.amber.config.write_text(whole)
    cell.amber.stop()
    cell.amber.start()
    cell.assert_each_told_once()
    cell.assert_equal()


def test_an_edition_that_no_machine_can_take_is_said_by_each_and_passed_over_and_another_is_taken(ends, tmp_path, broker, topic, sink):
    cell = Cell(tmp_path / "cell", broker, topic, ends, sink)
    good = cell.amber.folder / "good.yaml"
    for machine in cell.machines:
        own_rules(machine)
        machine.config.write_text(machine.config.read_text().replace("edition-seconds: 300", "edition-seconds: 4"))
    cell.amber.start().wait_owns()
    cell.birch.start().wait_stands_by()
    cell.hear(1)
    cell.assert_each_told_once()
    whole = {machine: machine.config.read_text() for machine in cell.machines}
    good.write_text(whole[cell.amber])
    for machine in cell.machines:
        machine.config.write_text(whole[machine] + "no-such-option: 1\n")
    own_rules(cell.amber, DIRECTOR)
    found, words = cell.amber.tool("publish", "--person", "p-qa", config=good)
    assert found == 1 and "this machine cannot take it" in words, words
    said = "SELECT count(*) FROM outbox WHERE kind = 1 AND rule = 'ops.cell'"
    for machine in cell.machines:
        machine.process.wait_for("goes no further in the log and sends nothing: edition 1 cannot be taken", SECONDS)
        wait_until(lambda m=machine: m.query(said) == [(1,)], SECONDS, "ops hear of each at once")
    cell.hear(1)
    for machine in cell.machines:
        machine.process.wait_for("edition 1 cannot be taken: .* it is passed over", SECONDS)
        wait_until(lambda m=machine: not stands(m), SECONDS, "it goes on")
    cell.assert_each_told_once()
    cell.assert_equal()
    assert not [mail for mail in cell.mails() if "dcs@" in mail["To"]], "by what was in force before"
    for machine in cell.machines:
        machine.config.write_text(whole[machine])
    publishes(cell.amber)
    cell.hear(1)
    wait_until(lambda: [mail for mail in cell.mails() if "dcs@" in mail["To"]], SECONDS, "by the one that was published anew")
    cell.assert_each_told_once()
    cell.assert_equal()
    assert not any(m.query("SELECT 1 FROM meta WHERE name = 'cell-behind'") for m in cell.machines)
    # One alone cannot: it goes on behind the one that could.
    cell.birch.config.write_text(whole[cell.birch] + "no-such-option: 1\n")
    own_rules(cell.amber, (DIRECTOR[0], DIRECTOR[2], DIRECTOR[1]))
    publishes(cell.amber)
    cell.birch.process.wait_for("amber could take what this machine .birch. set aside", SECONDS)
    assert "behind all others" in cell.birch.status() and "behind all others" not in cell.amber.status()
    cell.birch.config.write_text(whole[cell.birch])
    assert cell.birch.tool("publish", "--person", "p-qa") == (
        1, "Nothing was published: this machine holds less than the others: publish on one that does not")


def test_an_order_of_a_version_to_come_stops_a_machine_and_it_says_so(cell):
    cell.hear(1)
    cell.assert_each_told_once()
    cell.order("of-a-version-to-come", "whatever")
    for machine in cell.machines:
        machine.process.wait_for("sends nothing: the log has an order .of-a-version-to-come.", SECONDS)
        wait_until(lambda m=machine: stands(m) == [("log",)], SECONDS, "ops hear of it")
        wait_until(lambda m=machine: "goes no further in the log" in m.status(), SECONDS, "status says so")


# ---- records set aside ----

ASIDE = "SELECT source_name, state FROM quarantine WHERE reason LIKE 'casewatch ended or failed%'"


def deadly_event(cell):
    line = json.loads(next(cell.lines(1)))
    return line["subject"], json.dumps({**line, "id": "deadly"})


def test_a_record_at_which_every_machine_fails_is_set_aside_by_all_and_none_stands_behind(cell):
    cell.hear(2)
    cell.assert_each_told_once()
    for machine in cell.machines:
        machine.stop()
    _, deadly = deadly_event(cell)
    cell.broker.produce(cell.topic, [deadly])
    cell.heard -= 1
    for machine in cell.machines:
        machine.dies("deadly", 3)
        machine.start(deadly="deadly")
    cell.hear(2)
    wait_until(lambda: all(len(m.query(ASIDE)) == 1 for m in cell.machines), SECONDS, "each has set it aside")
    words = "SELECT value FROM meta WHERE name LIKE 'cell-aside:%'"
    wait_until(lambda: all(m.query(words) == [("told",)] for m in cell.machines), SECONDS, "and said so in the log")
    cell.hear(1)  # behind what each of them said
    cell.assert_each_told_once()
    cell.assert_equal()
    assert all(not m.query("SELECT 1 FROM meta WHERE name = 'cell-behind'") for m in cell.machines)
    assert all("behind all others" not in m.status() for m in cell.machines)


def test_a_machine_that_alone_fails_at_a_record_stands_behind_those_that_took_it(cell):
    cell.hear(1)
    cell.assert_each_told_once()
    cell.amber.stop()
    child, deadly = deadly_event(cell)
    cell.broker.produce(cell.topic, [deadly])
    cell.amber.dies("deadly", 3)
    cell.amber.start(deadly="deadly")
    cell.amber.process.wait_for("birch could take what this machine \\(amber\\) set aside", SECONDS)
    wait_until(lambda: any(child in mail.as_string() for mail in cell.mails()), SECONDS, "the child behind it is told of, by birch")
    assert set(cell.senders()[1:]) == {"birch"}
    assert "behind all others" in cell.amber.status() and "behind all others" not in cell.birch.status()
    assert stands(cell.amber) == [("aside",)]
    # Behind whoever joins, whenever: it sends where none is there, and gives it back to who comes.
    cell.birch.process.kill()
    cell.amber.wait_owns()
    sent = len(cell.senders())
    cell.hear(1)
    wait_until(lambda: "amber" in cell.senders()[sent:], SECONDS, "nobody else is there")
    cell.birch.start().wait_owns()
    # A start changes nothing; with a copy of another's files it stands behind no more.
    cell.amber.stop()
    cell.amber.start(deadly="deadly")
    assert "behind all others" in cell.amber.status()
    cell.amber.stop()
    found, words = cell.birch.tool("backup", "--quiet", "--to", str(cell.folder / "copy.db"))
    assert found == 0, words
    for file in cell.amber.folder.glob("casewatch.db*"):
        if file.is_file():
            file.unlink()
    (cell.folder / "copy.db").rename(cell.amber.folder / "casewatch.db")
    cell.amber.start()
    cell.hear(1)
    cell.assert_each_told_once()
    cell.assert_equal()
    assert "behind all others" not in cell.amber.status()


def test_whoever_no_longer_waits_for_an_order_takes_no_place_from_those_who_do(ends, tmp_path, own_broker, topic, sink):
    cell = Cell(tmp_path / "cell", own_broker, topic, ends, sink)
    cell.amber.start().wait_owns()
    own_rules(cell.amber)
    own_broker.freeze()
    for _ in range(9):  # one more than wait at once
        asks = ends(Process([os.path.join(BUILD, "casewatch"), "publish", "--person", "p-qa", "--config", str(cell.amber.config)]))
        time.sleep(0.7)
        asks.signal(signal.SIGINT)
        asks.finish(SECONDS)
    found, words = cell.amber.tool("log", "notice")
    assert found == 0, words
    own_broker.thaw()
    publishes(cell.amber)


def test_of_two_machines_with_one_name_by_mistake_the_one_that_took_a_record_says_so(ends, tmp_path, broker, topic, sink):
    """As where a configuration was copied as it is: nothing goes by the name, and it is said."""
    cell = Cell(tmp_path / "cell", broker, topic, ends, sink, own={"birch": {"machine": "amber"}})
    cell.amber.start().wait_owns()
    cell.birch.start().wait_stands_by()
    cell.hear(1)
    cell.assert_each_told_once()
    cell.amber.stop()
    child, deadly = deadly_event(cell)
    cell.broker.produce(cell.topic, [deadly])
    cell.amber.dies("deadly", 3)
    cell.amber.start(deadly="deadly")
    cell.amber.process.wait_for("amber could take what this machine \\(amber\\) set aside", SECONDS)
    wait_until(lambda: any(child in mail.as_string() for mail in cell.mails()), SECONDS, "the child is told of, by who took it")
    assert "behind all others" in cell.amber.status() and "behind all others" not in cell.birch.status()
    assert "birch" in cell.senders(), "by its address"
    cell.birch.process.kill()
    cell.amber.wait_owns()
    cell.birch.start().wait_owns()
    cell.amber.process.wait_for("another machine calls itself as this one does", SECONDS)


# ---- retention ----


def test_who_is_kept_no_longer_goes_from_every_machine_at_one_place_of_the_log(cell):
    """Ordered by two machines within one moment; of those ordered one child has an alert, and one came back meanwhile."""
    cell.hear(1)
    for child in ("C1", "C2"):
        cell.broker.produce(cell.topic, [json.dumps({
            "specversion": "1.0", "id": "u" + child, "source": "/lcs", "subject": child, "type": "child.updated",
            "time": "2016-01-01T00:00:00Z", "data": {"initials": "AB"}})])
    cell.assert_each_told_once()
    now, late = int(time.time()) * 1000000, int(time.time() + 3600) * 1000000
    for child, before in (("C1", late), ("C7001", late), ("C2", now - 3600 * 1000000), ("C1", late)):
        cell.order("retention", f"{before} {now} {now} {child}")
    cell.order("retention", "no order at all")
    cell.hear(1)
    cell.assert_each_told_once()
    held = "SELECT name FROM history WHERE name IN ('C1', 'C2', 'C7001') ORDER BY name"
    assert [m.query(held) for m in cell.machines] == [[("C2",), ("C7001",)]] * 2
    assert [m.query("SELECT count(*) FROM erasure") for m in cell.machines] == [[(1,)]] * 2
    cell.assert_equal()


# ---- the topic of events ----

def test_that_the_topic_has_more_partitions_is_said_and_the_councils_own_is_read_on(cell):
    cell.hear(1)
    cell.assert_each_told_once()
    cell.broker.admin("partitions", cell.topic, 3)
    for machine in cell.machines:
        machine.process.wait_for("has 3 partitions now, and had 1: of them partition 0 alone is read for this council", SECONDS)
    cell.hear(1)
    cell.assert_each_told_once()
