"""Two daemons of one council, each with files of its own, both fed from one topic: which of them sends stands in a journal. The broker,
the group and the clocks are real. What may happen in which order is walked in tests/unit; here is what it comes to."""

import os
import signal
import time

import pytest

from cell_kit import SECONDS, Cell, Machine
from processes import wait_until

# Before INTENT, behind it, once it was read back, before the first byte, behind the last, before RESULT.
POINTS = ("want", "wanted", "may-send", "send", "sent", "over")
# Before OWN, and before it is read back.
CLAIMS = ("claim", "claimed")
FROZEN = 11


def chosen(points, chance):
    return points if os.environ.get("CELL_POINTS") == "all" else (chance.choice(points),)


@pytest.fixture
def cell(ends, tmp_path, broker, topic, sink):
    return Cell(tmp_path / "cell", broker, topic, ends, sink)


def test_a_killed_owner_is_followed_and_a_clean_stop_hands_over(cell):
    cell.amber.start().wait_owns()
    cell.birch.start()
    producer = cell.broker.producer(cell.topic, "-p", "0", "-r", "20")
    producer.feed(list(cell.lines(80)))
    wait_until(lambda: len(cell.told()) >= 15, SECONDS, "the owner is in the middle of it")
    wait_until(lambda: "amber (this machine) sends" in cell.amber.status(), SECONDS, "it says so")
    cell.amber.process.kill()
    cell.birch.wait_owns()
    wait_until(lambda: "birch (this machine) sends" in cell.birch.status(), SECONDS, "it says so")
    cell.amber.start()
    cell.assert_each_told_once()
    mark = len(cell.amber.process.drain())
    cell.birch.stop()
    cell.amber.wait_owns(mark)
    cell.hear(2)
    cell.birch.start()
    cell.assert_each_told_once()
    assert cell.names(cell.amber) == cell.names(cell.birch), "both hold the same messages"


def test_a_frozen_owner_does_not_send_what_its_successor_has(cell, chance):
    """Frozen for longer than its session, at a point of sending; CELL_POINTS=all: at each of them."""
    for point in chosen(POINTS, chance):
        cell.amber.start(stops_at=point).wait_owns()
        cell.birch.start()
        before = len(cell.told())
        cell.hear(6)
        cell.birch.wait_owns()
        time.sleep(max(0, FROZEN - 6))
        cell.amber.process.signal(signal.SIGCONT)
        cell.assert_each_told_once()
        assert len(cell.told()) > before
        cell.amber.stop()
        cell.birch.stop()


def test_a_machine_frozen_in_its_claim_does_not_send_what_another_has(cell, chance):
    """With all that it knows to be owed: it wakes, finds that it owned, and behind it in the journal that it does no more."""
    for point in chosen(CLAIMS, chance):
        cell.hear(6)
        cell.amber.run(stops_at=point)
        wait_until(cell.amber.process.stands, SECONDS, "it stands still")
        began = time.monotonic()
        cell.birch.start().wait_owns()
        cell.hear(2)
        wait_until(lambda: len(cell.told()) >= cell.heard, SECONDS, "the other one has told of all of them")
        time.sleep(max(0, began + FROZEN - time.monotonic()))
        cell.amber.process.signal(signal.SIGCONT)
        cell.assert_each_told_once()
        cell.assert_equal()
        assert "amber" not in cell.senders()
        assert not cell.marked(), "nothing was announced by whoever stood still"
        cell.amber.stop()
        cell.birch.stop()


def test_a_council_is_moved_and_stays_where_it_was_moved(cell):
    cell.amber.start().wait_owns()
    for _ in range(4):  # within a second of each other: each takes another seat, or it would wait to leave for ever and send nothing
        assert cell.amber.tool("move") == (1, "amber (this machine) sends on: no other machine stands by."), "and nothing is lost"
    cell.birch.start()
    cell.birch.wait_stands_by()
    assert cell.birch.tool("move", "example")[0] == 2
    assert cell.amber.tool("move", "elsewhere")[0] == 2
    producer = cell.broker.producer(cell.topic, "-p", "0", "-r", "20")
    producer.feed(list(cell.lines(40)))
    wait_until(lambda: len(cell.told()) >= 5, SECONDS, "the owner is in the middle of it")
    began = time.monotonic()
    found, words = cell.amber.move()
    assert (found, words) in ((0, "birch sends from here on; amber (this machine) stands by."),
                              (2, "amber (this machine) does not send; birch does: give the order on the machine that does."))
    print(f"moved in {time.monotonic() - began:.2f} s")
    cell.assert_each_told_once()
    assert not [mail for mail in cell.mails() if mail["X-Casewatch-Possible-Duplicate"]], "nothing was in doubt"
    # Whoever has been there for longest sends: a machine that comes back takes nothing.
    cell.amber.stop()
    mark = len(cell.birch.process.drain())
    cell.amber.start()
    cell.amber.wait_stands_by()
    cell.hear(2)
    cell.assert_each_told_once()
    cell.assert_equal()
    statuses = []
    wait_until(lambda: statuses.append(cell.amber.status()) or "birch sends" in statuses[-1], SECONDS, "the journal's end is read")
    assert not [words for words in statuses if "nobody is known to send" in words], "that is said of what was read alone"
    assert "birch (this machine) sends" in cell.birch.status()
    assert not [line for line in cell.birch.process.drain()[mark:] if "sends no more" in line and "amber" in line]


def test_a_council_that_is_given_another_name_is_not_begun_under_it(cell):
    """What the journal says of it would be another's, and all of it went again."""
    cell.amber.start().wait_owns()
    cell.amber.stop()
    cell.amber.config.write_text(cell.amber.config.read_text().replace("council: example", "council: sample"))
    cell.amber.run()
    assert cell.amber.process.finish(SECONDS) != 0
    assert "cell.council is sample, and this database's machine was in its cell as example" in "\n".join(cell.amber.process.drain())


def test_check_asks_the_broker_how_the_topics_are_kept(cell):
    found, words = cell.amber.tool("check")
    assert found == 0 and "outlives a machine, but not the disk of its one broker" in words, words
    found, words = Machine("cedar", cell, 25, one_broker="no").tool("check")
    assert found == 1 and "has 1 replica and min.insync.replicas 1" in words, words
    cell.broker.create(cell.topic + "-times", 1)
    found, words = Machine("damson", cell, 25, topic=cell.topic + "-times", journal="none").tool("check")
    assert found == 1 and "keeps its producers' times" in words and "there is none of that name" in words, words
    found, words = Machine("elder", cell, 25, brokers="127.0.0.1:9").tool("check")
    assert found == 0 and "could not be asked" in words, words
