"""Up to when a real broker's log was read: what clocks wait for."""

from kafka_kit import events
from processes import wait_until


def test_clocks_run_on_once_the_log_was_read_whatever_stands_at_its_end(broker, probe, topic):
    """Behind the last event lie marks of transactions, records that were aborted, or nothing that is left: no event will ever
    have the last offset, and no clock may wait for it."""
    broker.create(topic, partitions=3)
    broker.produce(topic, events(1, 3), "--transaction")
    broker.produce(topic, events(100, 120), "--abort")
    broker.produce(topic, events(200, 210), "--abort", partition=1)
    broker.produce(topic, events(300, 310), partition=2)
    broker.admin("cut", topic, 2, 11)

    def read_to(source, partition):
        return source.lag().get(f"kafka:{topic}:{partition}", [None])[-1]  # None: not assigned yet

    def wait_read(source):
        for partition in range(3):
            wait_until(lambda: read_to(source, partition) == "all", 10, f"partition {partition} holds clocks up for ever")

    source = probe()
    source.wait_taken("e3")
    wait_read(source)
    source.say("hold")
    broker.produce(topic, events(4, 6), "--transaction")
    wait_until(lambda: read_to(source, 0) == "some", 10, "clocks run past events that were not judged")
    source.say("go")
    source.wait_taken("e6")
    wait_read(source)
    source.stop()
    broker.produce(topic, events(400, 410), "--abort")
    again = probe()
    wait_read(again)
    again.stop()
    assert again.taken() == []
