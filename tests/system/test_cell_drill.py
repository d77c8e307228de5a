"""Three daemons of one council, a real broker and a mail server, under load: owners are killed, handed over and stopped, again and
again. Nothing is lost, nothing goes twice without a mark, and the same stands on every machine. CELL_KILLS and CELL_MOVES say how often
(make cell-drill: a hundred times each); the times are printed, and asserted nowhere."""

import os
import signal
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


def owned_at(cell, since):
    """When a machine said that it sends from there on; in monotonic seconds."""
    lines = [line for machine in cell.running() for line in (machine.process.drain(), machine.process.lines)[1]]
    return max((at for at, text in lines if at > since and "sends from here on" in text), default=since)


def percentile(times, share):
    return sorted(times)[min(len(times) - 1, int(len(times) * share))]


def distribution(times):
    return f"p50 {percentile(times, 0.5):.2f} s, p99 {percentile(times, 0.99):.2f} s, longest {max(times):.2f} s"


def often(cell, how_often, **ways):
    """Each of the ways so often, in turn, under load, but where it is looked whether all is well. A way returns the seconds until the next
    mail, and until another machine owned."""
    load, taken, done = Load(cell), {what: [] for what in ways}, 0
    while done < how_often:
        with load:
            for _ in range(min(EQUAL_EVERY, how_often - done)):
                for what, once in ways.items():
                    taken[what].append(once())
                done += 1
        cell.assert_each_told_once()
        cell.assert_equal()
        for what, times in taken.items():
            mail, owned = zip(*times)
            print(f"{what}: {len(times)}, next mail after {distribution(mail)}; owned after {distribution(owned)}; "
                  f"{cell.heard} alerts, {len(cell.mails())} mails, {len(cell.marked())} of them marked", flush=True)


def owner_in_its_work(cell, chance):
    next_mail(cell, len(cell.senders()))
    time.sleep(chance.uniform(LEAST, MOST))
    return cell.owner(), len(cell.senders()), time.monotonic()


def followed(cell, owner, sent, began):
    next_mail(cell, sent, without=owner.name)
    return time.monotonic() - began, owned_at(cell, began) - began


def test_owners_are_killed_under_load(cell, chance):
    def kill():
        owner, *began = owner_in_its_work(cell, chance)
        owner.process.kill()
        taken = followed(cell, owner, *began)
        owner.start().wait_stands_by()
        return taken
    often(cell, KILLS, killed=kill)


def test_owners_hand_over_and_are_stopped_under_load(cell, chance):
    def move():
        found = 2
        while found == 2:  # on a busy machine the group may have named another meanwhile
            owner, *began = owner_in_its_work(cell, chance)
            found, words = owner.move()
        assert found == 0, words
        return followed(cell, owner, *began)

    def stop():
        owner, *began = owner_in_its_work(cell, chance)
        owner.process.signal(signal.SIGTERM)
        taken = followed(cell, owner, *began)
        assert owner.process.finish(SECONDS) == 0
        owner.start().wait_stands_by()
        return taken
    often(cell, MOVES, moved=move, stopped=stop)
    assert not cell.marked(), "nothing was in doubt"
