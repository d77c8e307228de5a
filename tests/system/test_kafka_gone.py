"""The Kafka source when what it reads goes away: the broker is killed, absent, frozen, its name leads nowhere, a topic is deleted."""

import time

import pytest

from kafka_kit import event, events
from processes import wait_until


def ids(first, last):
    return [f"e{number}" for number in range(first, last + 1)]


def test_a_broker_killed_and_restarted_is_said_once_and_read_on(own_broker, probe, topic):
    own_broker.create(topic)
    own_broker.produce(topic, events(1, 3))
    source = probe(brokers=own_broker.plain)
    source.wait_taken("e3")
    own_broker.kill()
    source.wait_for("^report kafka down No events come from Kafka", 10)
    time.sleep(4)  # it tries again, and says nothing more
    own_broker.start()
    own_broker.produce(topic, events(4, 5))
    source.wait_taken("e5", 5)
    source.wait_for("^report kafka up", 10, source.matched - 5)
    source.stop()
    assert source.taken() == ids(1, 5)
    assert len([line for line in source.drain() if line.startswith("report kafka down")]) == 1


def test_a_broker_that_is_absent_at_start_is_said_and_waited_for(own_broker, probe, topic):
    own_broker.create(topic)
    own_broker.produce(topic, events(1, 3))
    own_broker.stop()
    source = probe(brokers=own_broker.plain)
    source.wait_for("^report kafka down", 10)
    source.wait_for("^settled", 5)
    own_broker.start()
    source.wait_taken("e3", 6)
    source.stop()
    assert len([line for line in source.drain() if line.startswith("report kafka down")]) == 1


def test_a_frozen_broker_is_noticed_though_no_connection_breaks(own_broker, probe, topic):
    own_broker.create(topic)
    own_broker.produce(topic, events(1, 3))
    source = probe(brokers=own_broker.plain)
    source.wait_taken("e3")
    own_broker.freeze()
    source.wait_for("^report kafka down .*does not answer|^report kafka down", 20)
    own_broker.thaw()
    own_broker.produce(topic, events(4, 4))
    source.wait_taken("e4", 5)
    source.wait_for("^report kafka up", 10, source.matched - 5)
    source.stop()
    assert source.taken() == ids(1, 4)


@pytest.mark.parametrize("how", ["kill", "freeze"])
def test_the_stop_is_bounded_while_the_broker_is_gone(own_broker, probe, topic, how):
    own_broker.create(topic)
    own_broker.produce(topic, events(1, 3))
    source = probe(brokers=own_broker.plain)
    source.wait_taken("e3")
    getattr(own_broker, how)()
    time.sleep(1)  # it may have noticed by now, or not: both must end
    source.close_input()
    source.wait_for(r"^closed (\w+) (\d+)$", 5)
    assert source.finish(5) == 0
    if how == "freeze":
        own_broker.thaw()


def test_a_topic_that_is_deleted_while_it_is_read_is_said_and_nothing_of_a_new_one_is_passed_over(broker, probe, topic):
    other = topic[:70] + "-other"
    for name in (topic, other):
        broker.create(name)
        broker.produce(name, events(1, 3))
    source = probe("-X", "topic.metadata.refresh.interval.ms=1000", topics=[topic, other])
    wait_until(lambda: len(source.taken()) == 6, 20, "what was there")
    broker.admin("delete", topic)
    source.wait_for(rf"^report kafka:{topic} down Kafka has no topic {topic}\.", 30)
    broker.produce(other, events(4, 4))
    source.wait_taken("e4", 20)  # the other topic is read on
    broker.create(topic)
    broker.produce(topic, events(101, 102))
    source.wait_for(rf"^report kafka:{topic}:0 stuck ", 60)  # two events, and ours was the third: it is another topic
    source.close_input()
    source.wait_for(r"^closed \w+ \d+$", 10)  # librdkafka may hang in its close after a deletion: that is bounded
    assert not set(source.taken()) & set(ids(101, 102)), "nothing is read on in silence"


def test_a_broker_whose_name_leads_nowhere_is_said_by_its_name_and_waited_for(probe):
    source = probe(brokers="broker.invalid:9092")  # RFC 6761: never exists, whatever answers for names here
    source.wait_for(r"^report kafka down No events come from Kafka: .*broker\.invalid", 20)
    source.wait_for("^settled", 10)
    source.stop()


def test_one_of_several_brokers_whose_name_leads_nowhere_holds_nothing_up(broker, probe, topic):
    broker.create(topic)
    broker.produce(topic, events(1, 3))
    source = probe(brokers=f"broker.invalid:9092,{broker.plain}")
    source.wait_taken("e3")
    source.drain()  # until the other one answered it may have been so
    time.sleep(3)  # nothing is said
    source.stop()
    assert not [line for line in source.drain() if line.startswith("report kafka down")]
