"""Daemons of one council when what is between them and the brokers, or the brokers, or the journal, is not there for a while; and when
two of them believe to be named. Nothing is lost, nothing goes twice without a mark, and the same stands on all of them. CELL_LONG=yes
(make cell-cuts) does each way of each of them, and has figures; else one of them, by chance."""

import os
import threading
import time

import pytest

from cell_kit import SECONDS, Cell, settles
from kafka_kit import Broker
from processes import wait_until
from wire import BOTH, TOWARDS_CLIENT, TOWARDS_SERVER, Wire

LONG = os.environ.get("CELL_LONG") == "yes"
SESSION = 6  # seconds, after which the group names another
RATE = 4     # alerts a second


@pytest.fixture(scope="module")
def wire():
    with Wire() as between:
        yield between


@pytest.fixture(scope="module")
def own(tmp_path_factory, wire):
    """A broker that the tests of this file may kill and restart; whoever comes over the wire is sent back to it."""
    broker = Broker(tmp_path_factory.mktemp("broker"), wire=wire).start()
    yield broker
    broker.kill()


@pytest.fixture
def cut_off(ends, tmp_path, own, wire, topic, sink):
    """Amber reaches the brokers over the wire alone."""
    wire.mend()
    return Cell(tmp_path / "cell", own, topic, ends, sink, own={"amber": {"brokers": wire.address}})


def begin(cell):
    cell.amber.start().wait_owns()
    cell.birch.start().wait_stands_by()
    cell.hear(3)
    cell.assert_each_told_once()


class Load:
    """Alerts at a steady rate."""

    def __init__(self, cell):
        self.cell = cell
        self.producer = cell.broker.producer(cell.topic, "-p", "0", "--patience", "120")
        self.stops = threading.Event()

    def _feed(self):
        while not self.stops.wait(1 / RATE):
            self.producer.say(next(self.cell.lines(1)))

    def __enter__(self):
        self.feeding = threading.Thread(target=self._feed, daemon=True)
        self.feeding.start()
        return self

    def __exit__(self, *_):
        self.stops.set()
        self.feeding.join()
        self.producer.close_input()
        assert self.producer.finish(SECONDS) == 0


def settled(cell, what):
    cell.assert_each_told_once()
    cell.assert_equal()
    print(f"{what}: {cell.heard} alerts, {len(cell.mails())} mails, {len(cell.marked())} of them marked", flush=True)


def test_a_broker_that_is_lost_and_comes_back(cut_off, own):
    """Nothing can be announced, so nothing is sent but to operations; what was announced is known when it is back."""
    cell = cut_off
    begin(cell)
    with Load(cell):
        wait_until(lambda: len(cell.mails()) > 8, SECONDS, "the owner is in the middle of it")
        own.kill()
        before = settles(lambda: len(cell.mails()))  # what was announced goes
        time.sleep(SESSION + 2)  # nothing comes of it
        assert len(cell.mails()) == before, "what nobody announced is not sent"
        own.start()
    settled(cell, "a broker lost and back")


@pytest.mark.parametrize("ways", [BOTH, (TOWARDS_SERVER,), (TOWARDS_CLIENT,)] if LONG else [None], ids=str)
def test_the_machine_that_sends_is_cut_off_from_the_brokers(cut_off, wire, chance, ways):
    cell = cut_off
    ways = ways or chance.choice([BOTH, (TOWARDS_SERVER,), (TOWARDS_CLIENT,)])
    begin(cell)
    with Load(cell):
        wait_until(lambda: len(cell.mails()) > 8, SECONDS, "the owner is in the middle of it")
        wire.cut(*ways)
        began = time.monotonic()
        cell.birch.wait_owns()
        sent = len(cell.senders())
        wait_until(lambda: "birch" in cell.senders()[sent:], SECONDS, "the other one sends")
        print(f"cut off ({', '.join(ways)}): the other one sends after {time.monotonic() - began:.2f} s")
        assert "amber" not in cell.senders()[sent:], "whoever cannot announce sends nothing"
        wire.mend()
    settled(cell, f"cut off ({', '.join(ways)})")


def test_the_machine_that_sends_is_cut_off_from_the_relay_and_is_killed_then(ends, tmp_path, own, topic, sink):
    with Wire(f"127.0.0.1:{sink.port}") as relay:
        port = int(relay.address.split(":")[1])
        cell = Cell(tmp_path / "cell", own, topic, ends, sink, own={"amber": {"port": port}})
        begin(cell)
        with Load(cell):
            wait_until(lambda: len(cell.mails()) > 8, SECONDS, "the owner is in the middle of it")
            relay.cut()
            time.sleep(3)  # some are announced meanwhile, and hang
            cell.amber.process.kill()
            cell.birch.wait_owns()
            relay.mend()
            cell.amber.start()
        settled(cell, "cut off from the relay, and killed")


def test_a_journal_that_was_cut_before_a_machine_had_read_it(cut_off, own):
    """What was sent meanwhile stands in no journal: all that is open is in doubt on the machine that was away, and goes marked when
    that one sends."""
    cell = cut_off
    begin(cell)
    cell.birch.stop()
    cell.hear(5)
    wait_until(lambda: len(cell.told()) >= 8, SECONDS, "told by amber alone")
    cell.amber.process.kill()
    own.admin("cut", cell.topic + "-journal", 0, own.admin("bounds", cell.topic + "-journal", 0).split()[1])
    cell.birch.start()
    cell.birch.process.wait_for("are gone unread", SECONDS)
    cell.birch.wait_owns()
    cell.hear(2)
    cell.amber.start()
    settled(cell, "a journal cut unread")
    assert cell.marked(), "what may have gone went marked"


def test_a_journal_that_is_made_anew_under_the_machines(cut_off, own):
    cell = cut_off
    begin(cell)
    with Load(cell):
        wait_until(lambda: len(cell.mails()) > 8, SECONDS, "the owner is in the middle of it")
        own.admin("recreate", cell.topic + "-journal", 1)
        time.sleep(4)  # alerts go on coming: before the machines notice, and after
    settled(cell, "a journal made anew")


def test_a_journal_that_was_made_anew_and_grew_while_a_machine_was_away(cut_off, own):
    """Its place is in the new one, too: what stands before it there is another's, unread, and so in doubt."""
    cell = cut_off
    begin(cell)
    cell.birch.stop()
    cell.amber.stop()
    journal = cell.topic + "-journal"
    before = int(own.admin("bounds", journal, 0).split()[1])
    own.admin("recreate", journal, 1)
    cell.amber.start().wait_owns()
    cell.hear(before)
    wait_until(lambda: len(cell.told()) >= cell.heard, SECONDS, "told by amber alone")
    wait_until(lambda: int(own.admin("bounds", journal, 0).split()[1]) > 2 * before, SECONDS, "it has grown")
    cell.amber.process.kill()
    cell.birch.start()
    cell.birch.process.wait_for("its topic was made anew, so that records of partition 0 from \\d+ on are gone unread", SECONDS)
    cell.birch.wait_owns()
    cell.hear(2)
    cell.amber.start()
    settled(cell, "a journal made anew while a machine was away")


def test_two_machines_that_are_both_named_all_the_time(ends, tmp_path, own, topic, sink):
    """Forced: each is alone in a group of its own, and so is named whatever the other does. The order of the journal decides."""
    cell = Cell(tmp_path / "cell", own, topic, ends, sink, own={name: {"group": f"{topic}-{name}"} for name in ("amber", "birch")})
    cell.amber.start().wait_owns()
    cell.birch.start().wait_owns()
    with Load(cell):
        turns = 0
        while turns < (12 if LONG else 4):
            machine = (cell.amber, cell.birch)[turns % 2]
            machine.wait_owns(len(machine.process.drain()))
            turns += 1
    settled(cell, f"two believers, {turns} turns")
    assert {"amber", "birch"} <= set(cell.senders())
