"""Three daemons of one council, a real broker and a mail server, under load: owners are killed, handed over and frozen, again and again.
Nothing is lost, nothing goes twice without a mark, and the same stands on every machine. CELL_KILLS and CELL_MOVES say how often (make
cell-drill: a hundred times each); the times are printed, and asserted nowhere."""

import os
import threading
import time

import pytest

from cell_kit import SECONDS, Cell
from processes import wait_until

KILLS, MOVES = (int(os.environ.get(name, "2")) for name in ("CELL_KILLS", "CELL_MOVES"))
RATE = 5  # alerts a second
EQUAL_EVERY = 10
# By chance where in its work an owner is killed.
LEAST, MOST = 0.2, 2.0


@pytest.fixture
def cell(ends, tmp_path, broker, topic, sink):
    found = Cell(tmp_path / "cell", broker, topic, ends, sink, names=("amber", "birch", "cedar"))
    found.amber.start().wait_owns()
    for machine in (found.birch, found.cedar):
        machine.start().wait_stands_by()
    return found


class Load:
    """Alerts at a steady rate until it is told to stop."""

    def __init__(self, cell):
        self.cell = cell
        self.producer = cell.broker.producer(cell.topic, "-p", "0")
        self.stops = threading.Event()

    def _feed(self):
        while not self.stops.wait(1 / RATE):
            self.producer.say(next(self.cell.lines(1)))

    def __enter__(self):
        self.stops.clear()
        self.feeding = threading.Thread(target=self._feed, daemon=True)
        self.feeding.start()

    def __exit__(self, *_):
        self.stops.set()
        self.feeding.join()


def next_mail(cell, count, without=None):
    """Until a mail comes from another machine than `without`."""
    def found():
        mails = cell.senders()[count:]
        return [name for name in mails if name != without]
    return wait_until(found, SECONDS, "the next mail")[0]


def percentile(times, share):
    return sorted(times)[min(len(times) - 1, int(len(times) * share))]


def often(cell, how_often, what, once):
    """Under load, but where it is looked whether all is well."""
    load, times = Load(cell), []
    while len(times) < how_often:
        with load:
            for _ in range(min(EQUAL_EVERY, how_often - len(times))):
                times.append(once())
        cell.assert_each_told_once()
        cell.assert_equal()
        print(f"{what}: {len(times)}, next mail after p50 {percentile(times, 0.5):.2f} s, p99 {percentile(times, 0.99):.2f} s, "
              f"longest {max(times):.2f} s; {cell.heard} alerts, {len(cell.mails())} mails, {len(cell.marked())} of them marked", flush=True)


def test_owners_are_killed_under_load(cell, chance):
    def kill():
        next_mail(cell, len(cell.senders()))
        time.sleep(chance.uniform(LEAST, MOST))
        owner = cell.owner()
        began = time.monotonic()
        owner.process.kill()
        next_mail(cell, len(cell.senders()), without=owner.name)
        taken = time.monotonic() - began
        owner.start().wait_stands_by()
        return taken
    often(cell, KILLS, "killed", kill)


def test_owners_hand_over_under_load(cell, chance):
    def move():
        next_mail(cell, len(cell.senders()))
        time.sleep(chance.uniform(LEAST, MOST))
        found = 2
        while found == 2:  # on a busy machine the group may have named another meanwhile
            owner = cell.owner()
            began = time.monotonic()
            found, words = owner.move()
        assert found == 0, words
        next_mail(cell, len(cell.senders()), without=owner.name)
        return time.monotonic() - began
    often(cell, MOVES, "handed over", move)
    assert not cell.marked(), "nothing was in doubt"
