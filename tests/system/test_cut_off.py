"""A broker that the network has cut off: it lives, others reach it, and to the daemon nothing comes, not even a refusal."""

import datetime
import json
import os
import subprocess
import time

import pytest

from daemon_kit import Council
from flow import Flow
from kafka_kit import Broker
from processes import BUILD, wait_until
from test_daemon import assert_each_once, assert_stands_as_in_backtest
from wire import BOTH, TOWARDS_CLIENT, Wire

SESSION_MS = 6000  # the least that the broker takes: after it the group goes on without a member that is not heard
DIRECTOR = "director.childrens.care@example.org"


@pytest.fixture
def wire():
    with Wire() as one:
        yield one


@pytest.fixture
def far_broker(tmp_path, wire):
    own = Broker(tmp_path / "broker", wire=wire).start()
    yield own
    own.kill()


@pytest.fixture
def far_council(ends, tmp_path, wire, far_broker, topic, sink):
    far_broker.create(topic, 2)
    council = Council(tmp_path / "council", wire.address, [topic], sink.port, ends)
    text = council.config.read_text(encoding="utf-8")
    named = f"bootstrap.servers: {wire.address}\n"
    assert named in text
    council.config.write_text(text.replace(named, f"{named}    session.timeout.ms: {SESSION_MS}\n"), encoding="utf-8")
    return council


def status(council):
    done = subprocess.run([os.path.join(BUILD, "casewatch"), "status", "--config", str(council.config)], capture_output=True,
                          text=True, timeout=30)
    return done.stdout


def director_mails(sink):
    return sum(DIRECTOR in meta["to"] for meta, _ in sink.mails())


def hear_by_file(council, line):
    hidden = council.directory / "spool" / ".one"
    hidden.write_text(line + "\n", encoding="utf-8")
    hidden.rename(council.directory / "spool" / "one.jsonl")


def cut_off(council, broker, wire, topic, sink, flow, ways, seconds):
    """The course of it: what came before is told, what comes by another way meanwhile too, and what was produced meanwhile after."""
    producer = broker.producer(topic, "-r", "200")
    before = flow.lines[:]
    producer.feed(before)
    daemon = council.start()
    council.wait_events(len(before) // 2)
    wire.cut(*ways)
    began = time.monotonic()
    assert producer.finish(60) == 0, "others reach the broker"
    daemon.wait_for("kafka is down: No events come from Kafka", 40)
    said = wait_until(lambda: "No events come from Kafka" in status(council) and status(council), 5, "status says it, within the minute")
    assert "Nothing is wrong." not in said

    mails = director_mails(sink)
    flow.add("custody.threshold_met", "C1000", datetime.timedelta(seconds=1), {"custody": "K-by-file"})
    hear_by_file(council, flow.lines[-1])
    wait_until(lambda: director_mails(sink) > mails, 20, "what comes by another way is told while the broker is cut off")
    flow.add("custody.threshold_met", "C1001", datetime.timedelta(seconds=1), {"custody": "K-meanwhile"})
    broker.produce(topic, flow.lines[-1:], partition=1)
    meanwhile = flow.good[-1]
    time.sleep(max(0, began + seconds - time.monotonic()))
    assert meanwhile not in council.event_ids(), "the wire is not cut"
    yield "cut"

    wire.mend()
    daemon.wait_for("kafka is up", 60, daemon.matched)
    council.wait_events(len(flow.good), 60)
    council.wait_mails_gone(120)
    assert_stands_as_in_backtest(council, flow)
    assert_each_once(council, flow, sink)
    assert sum("kafka is down" in line for line in daemon.drain()) == 1, "an outage is said once"
    assert "No events come from Kafka" not in status(council)
    yield "mended"
    council.stop()


@pytest.mark.parametrize("ways", [BOTH, (TOWARDS_CLIENT,)], ids=["both ways", "answers alone"])
def test_a_broker_that_the_network_cuts_off_is_said_and_nothing_of_what_it_took_meanwhile_is_lost(
        far_council, far_broker, wire, topic, sink, chance, ways):
    """For longer than the group waits for a member. With answers alone lost the broker still hears us, and keeps our place."""
    flow = Flow(chance).more(800)
    for _ in cut_off(far_council, far_broker, wire, topic, sink, flow, ways, seconds=2.5 * SESSION_MS / 1000):
        pass
