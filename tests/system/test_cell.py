"""Two machines of a cell over a real journal: who may send when one is killed, frozen, or stops. Every order of it is walked in
tests/unit/ownership_states_test.c; here the broker, the group and the clocks are real."""

import signal
import time

import pytest

from processes import Process, patience, tool

# A session lasts six seconds, and what is doubtful waits as long.
SECONDS = 30 * patience()


@pytest.fixture
def member(broker, topic, ends):
    broker.create(topic, 1)

    def start(name):
        return ends(Process([tool("cell_member"), broker.plain, topic, topic, name]))

    return start


def owner(member, name):
    """A machine that owns, as nobody else is there yet."""
    machine = member(name)
    machine.wait_for("^owns$", SECONDS)
    return machine


def started(machine, row):
    machine.say(f"want {row}")
    machine.wait_for(f"^start {row}$", SECONDS)


def sent(machine, row):
    started(machine, row)
    machine.say(f"send {row}")
    machine.wait_for(f"^result {row} taken$", SECONDS)


def asked_until(machine, row, answer):
    """Asks for the row until the answer is another than that it waits."""
    for _ in range(SECONDS * 4):
        mark = len(machine.drain())
        machine.say(f"want {row}")
        if machine.wait_for(rf"^(waits|start|not-ours) {row}$", SECONDS, mark)[1] == answer:
            return
        time.sleep(0.25)
    raise AssertionError(f"row {row} is never answered with {answer}")


def test_what_a_killed_owner_had_begun_goes_again_marked_and_the_rest_unmarked(member):
    amber = owner(member, "amber")
    birch = member("birch")
    sent(amber, 1)
    birch.wait_for("^result 1 taken$", SECONDS)  # whoever does not own knows what was sent
    started(amber, 2)
    amber.say("send-and-say-nothing 2")
    amber.wait_for("^sent 2 unmarked$", SECONDS)
    amber.kill()
    birch.wait_for("^owns$", SECONDS)
    assert "doubtful 2" in birch.drain() and "doubtful 1" not in birch.drain()
    started(birch, 3)
    birch.say("send 3")
    birch.wait_for("^sent 3 unmarked$", SECONDS)
    asked_until(birch, 2, "start")
    birch.say("send 2")
    birch.wait_for("^sent 2 marked$", SECONDS)
    birch.wait_for("^result 2 taken$", SECONDS)


def test_a_frozen_owner_that_wakes_when_another_owns_sends_nothing(member):
    amber = owner(member, "amber")
    birch = member("birch")
    started(amber, 1)
    amber.signal(signal.SIGSTOP)
    birch.wait_for("^owns$", SECONDS)
    assert "doubtful 1" in birch.drain()
    sent(birch, 2)
    amber.say("send 1")
    amber.say("want 3")
    amber.signal(signal.SIGCONT)
    amber.wait_for("^late 1$", SECONDS)
    amber.wait_for("^(not-ours|not-start) 3$", SECONDS)
    amber.wait_for("^result 2 taken$", SECONDS)
    assert not [line for line in amber.drain() if line.startswith("sent ") or line == "start 3"]


def test_a_clean_stop_hands_over_at_once_and_leaves_nothing_in_doubt(member):
    amber = owner(member, "amber")
    birch = member("birch")
    sent(amber, 1)
    amber.close_input()
    assert amber.finish() == 0
    birch.wait_for("^owns$", SECONDS)
    sent(birch, 2)
    assert not [line for line in birch.drain() if "doubtful" in line]


def test_what_stands_in_the_journal_and_is_no_record_stops_nobody(member, broker, topic):
    broker.produce(topic, ["no record", "CWJ and then nothing that there is"])
    amber = owner(member, "amber")
    assert "all-doubtful" in amber.drain()  # it may have been an announcement
    broker.produce(topic, ["x" * 5000])
    asked_until(amber, 1, "start")
    amber.say("send 1")
    amber.wait_for("^sent 1 marked$", SECONDS)
    amber.wait_for("^result 1 taken$", SECONDS)
