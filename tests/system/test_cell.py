"""Two machines of a cell over a real journal: who may send when one is killed, frozen, or stops. Every order of it is walked in
tests/unit/ownership_states_test.c; here the broker, the group and the clocks are real. And the log of events that a cell's
councils share: what one client of many does is walked in tests/unit/kafka_many_test.c."""

import json
import os
import signal
import sqlite3
import time

import pytest

from processes import Process, patience, tool, wait_until
from test_councils import Councils

# A session lasts six seconds, and what is doubtful waits as long.
SECONDS = 30 * patience()


@pytest.fixture
def member(broker, topic, ends):
    broker.create(topic, 1)

    def start(name, partition=0):
        return ends(Process([tool("cell_member"), broker.plain, topic, topic, name, str(partition)]))

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


def test_whichever_partition_is_the_councils_who_has_been_there_for_longest_is_named(member, broker, topic):
    """The assignor gives the later member of a group the upper half of a topic's partitions."""
    broker.admin("partitions", topic, 4)
    amber = owner(lambda name: member(name, 3), "amber")
    birch = member("birch", 3)
    wait_until(lambda: broker.admin("members", topic) == "2 Stable", SECONDS, "both are in the group")
    time.sleep(2)  # what it takes to hear of it
    sent(amber, 1)
    birch.wait_for("^result 1 taken$", SECONDS)
    assert "stops" not in amber.drain() and "owns" not in birch.drain()
    amber.close_input()
    assert amber.finish() == 0
    birch.wait_for("^owns$", SECONDS)
    cedar = member("cedar", 3)
    wait_until(lambda: broker.admin("members", topic) == "2 Stable", SECONDS, "both are in the group")
    time.sleep(2)  # what it takes to hear of it
    sent(birch, 2)
    cedar.wait_for("^result 2 taken$", SECONDS)
    assert "stops" not in birch.drain() and "owns" not in cedar.drain()


def test_a_machine_that_died_and_comes_back_at_once_holds_up_nobody(member, broker, topic):
    """The group waits for it as long as its session lasts before it names anew; whoever sends goes on meanwhile."""
    def group(state):
        wait_until(lambda: broker.admin("members", topic) == state, SECONDS, state)

    amber = owner(member, "amber")
    birch = member("birch")
    group("2 Stable")
    birch.kill()
    cedar = member("cedar")
    wait_until(lambda: "PreparingRebalance" in broker.admin("members", topic), SECONDS, "it names anew")
    sent(amber, 1)
    group("2 Stable")
    amber.close_input()
    assert amber.finish() == 0
    assert "stops" not in amber.drain()
    cedar.wait_for("^owns$", SECONDS)
    assert "doubtful 1" not in cedar.drain()


def test_what_stands_in_the_journal_and_is_no_record_stops_nobody(member, broker, topic):
    broker.produce(topic, ["no record", "CWJ and then nothing that there is"])
    amber = owner(member, "amber")
    assert "all-doubtful" in amber.drain()  # it may have been an announcement
    broker.produce(topic, ["x" * 5000])
    asked_until(amber, 1, "start")
    amber.say("send 1")
    amber.wait_for("^sent 1 marked$", SECONDS)
    amber.wait_for("^result 1 taken$", SECONDS)


# ---- the log of events ----


@pytest.fixture
def sharing(broker, topic, tmp_path, ends):
    """Two councils of one daemon, each with its own partition of one topic."""
    broker.create(topic, 3, message_timestamp_type="LogAppendTime")
    councils = Councils(tmp_path, ends, [])
    for partition, name in enumerate(["north", "south"]):
        councils.add(name, kafka={"topics": [topic], "partitions": [partition], "sources": [f"/{name}/"],
                                  "properties": {"bootstrap.servers": broker.plain}})
    return councils


def threshold(number, source):
    return json.dumps({"specversion": "1.0", "id": f"k{number}", "source": source, "subject": f"C88{number}",
                       "type": "custody.threshold_met", "data": {"custody": f"K{number}"},
                       "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())})


def refused(councils, name):
    status, words = councils.tool("quarantine", name)
    return words if status in (0, 1) else ""


def test_councils_of_one_process_read_their_own_partitions_with_one_client(sharing, broker, topic):
    assert sharing.tool("check")[0] == 0
    sharing.start("north", "south")
    named = [open(f"/proc/{sharing.process.pid}/task/{task}/comm", encoding="utf-8").read().strip()
             for task in os.listdir(f"/proc/{sharing.process.pid}/task")]
    assert named.count("kafka") == 1 and named.count("kafka-watch") == 1, named
    broker.produce(topic, [threshold(1, "/north/custody")], partition=0)
    broker.produce(topic, [threshold(2, "/south/custody"), threshold(3, "/south/custody")], partition=1)
    broker.produce(topic, [threshold(4, "/south/custody"), threshold(5, "/north/custody")], partition=0)
    sharing.wait_alerts("north", 2)
    sharing.wait_alerts("south", 2)
    wait_until(lambda: "another council's record, as it seems" in refused(sharing, "north"), 30, "a record of south in north's quarantine")
    assert sharing.alerts("north") == 2


def test_each_council_goes_on_from_its_own_file_after_a_kill(sharing, broker, topic):
    sharing.start("north", "south")
    broker.produce(topic, [threshold(1, "/north/custody")], partition=0)
    sharing.wait_alerts("north", 1)
    sharing.process.kill()
    broker.produce(topic, [threshold(2, "/north/custody")], partition=0)
    broker.produce(topic, [threshold(3, "/south/custody")], partition=1)
    sharing.start("north", "south")
    sharing.wait_alerts("north", 2)
    sharing.wait_alerts("south", 1)


# ---- what does not come from the log ----


@pytest.fixture
def machines(broker, topic, tmp_path, ends):
    """Two machines that hold one council, each with files of its own."""
    broker.create(topic, 2, message_timestamp_type="LogAppendTime")
    broker.create(f"{topic}-journal", 1)
    key = tmp_path / "names.key"
    key.write_text("a key that both machines have\n")
    key.chmod(0o600)
    found = []
    for name in ["amber", "birch"]:
        (tmp_path / name).mkdir()
        machine = Councils(tmp_path / name, ends, [])
        machine.add("north", kafka={"topics": [topic], "partitions": [1], "sources": ["/north/"],
                                    "properties": {"bootstrap.servers": broker.plain}},
                    cell={"machine": name, "council": "north", "journal": f"{topic}-journal", "group": topic, "key-file": str(key)})
        found.append(machine)
    return found


def answered(machine):
    base = sqlite3.connect(f"file:{machine.folder('north')}/casewatch.db?mode=ro", uri=True, timeout=10)
    try:
        return base.execute("SELECT count(*) FROM alert WHERE acknowledged = 1").fetchone()[0]
    finally:
        base.close()


def test_what_one_machine_is_given_by_files_and_what_people_answer_there_comes_to_both(machines):
    amber, birch = machines
    amber.start("north")
    birch.start("north")
    amber.hear("north", 1)
    birch.hear("north", 2)
    for machine in machines:
        machine.wait_alerts("north", 2)
    status, words = birch.tool("alerts", "north", "--json")
    assert status == 0, words
    alert = json.loads(words.splitlines()[0])["alert"]
    status, words = birch.tool("ack", "north", alert, "--as", "director", "--person", "p-director", "--action", "bed found")
    assert status == 0, words
    for machine in machines:
        wait_until(lambda machine=machine: answered(machine) == 1, 30, "the answer on both machines")
