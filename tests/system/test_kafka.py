"""The Kafka source against a real broker: what is read once, what is said, and how it comes back."""

import signal
import time

from kafka_kit import Broker, event, events, run
from processes import Process, tool, wait_until


def ids(first, last):
    return [f"e{number}" for number in range(first, last + 1)]


def test_every_event_of_several_topics_and_partitions_is_taken_once(broker, probe, topic):
    topics = [topic + "-a", topic + "-b"]
    for name in topics:
        broker.create(name, 3)
    number = 0
    for name in topics:
        for partition in range(3):
            broker.produce(name, events(number + 1, number + 40), partition=partition)
            number += 40
    source = probe(topics=topics)
    wait_until(lambda: len(source.taken()) >= 240, 20, "240 events")
    assert sorted(source.taken()) == sorted(ids(1, 240))
    assert source.taken(f"kafka:{topics[0]}:1") == ids(41, 80), "a partition's events keep their order"
    source.stop()


def test_reading_goes_on_where_the_store_says(broker, probe, topic):
    broker.create(topic)
    broker.produce(topic, events(1, 10))
    first = probe()
    first.wait_taken("e10")
    first.stop()
    broker.produce(topic, events(11, 12))
    second = probe()
    second.wait_taken("e12")
    second.stop()
    assert second.taken() == ids(11, 12), "nothing is taken twice, nothing is left out"


def test_the_store_is_believed_and_not_the_broker(broker, probe, topic):
    """The broker's offsets are there for lag figures; a database put back from a backup is read on from there."""
    broker.create(topic)
    broker.produce(topic, events(1, 5))
    first = probe()
    first.wait_taken("e5")
    first.stop()
    wait_until(lambda: broker.admin("told", topic, topic, 0) == "5", 10, "the broker heard of offset 5")
    second = probe(store="restored")
    second.wait_taken("e5")
    assert second.taken() == ids(1, 5)
    second.stop()


def test_a_kill_at_any_moment_loses_and_repeats_nothing(broker, probe, topic, chance):
    broker.create(topic, 2)
    producer = broker.producer(topic, "-r", "800")
    producer.feed(events(1, 6000))
    taken = []
    for _ in range(6):
        source = probe("--batch-events", "50")
        source.wait_for("^event .* accepted", 20)
        time.sleep(chance.uniform(0, 0.5))
        source.kill()
        # What the store has is what counts: the last batch may have been printed and not been kept.
        taken = (taken + source.taken())[:sum(source.positions().values())]
    source = probe()
    assert producer.finish(30) == 0
    wait_until(lambda: len(taken) + len(source.taken()) >= 6000, 20, "all events")
    source.stop()
    assert sorted(taken + source.taken()) == sorted(ids(1, 6000))


def test_a_restart_with_an_instance_name_has_its_partitions_at_once(broker, probe, topic):
    broker.create(topic)
    broker.produce(topic, events(1, 1))
    source = probe()
    source.wait_taken("e1")
    source.kill()
    broker.produce(topic, events(2, 2))
    again = probe()
    again.wait_taken("e2", 5)  # the group did not wait for the session of the killed one: 45 s, by librdkafka's own
    again.stop()


def test_a_batch_that_could_not_be_stored_comes_again_before_all_others(broker, probe, topic):
    broker.create(topic)
    broker.produce(topic, events(1, 300))
    source = probe("--hold", "2", "--batch-events", "100")
    source.wait_taken("e300")
    assert source.taken() == ids(1, 300)
    source.stop()


def test_nothing_is_read_until_the_store_can_say_where(broker, probe, topic):
    broker.create(topic)
    broker.produce(topic, events(1, 3))
    source = probe("--positions-fail", "2")
    source.wait_taken("e3")
    source.stop()
    assert len([line for line in source.drain() if line.startswith("positions")]) >= 3


def test_aborted_transactions_never_happened_and_marks_make_no_holes(broker, probe, topic):
    broker.create(topic)
    broker.produce(topic, events(1, 3), "--transaction")
    broker.produce(topic, events(100, 120), "--abort")
    broker.produce(topic, events(4, 6), "--transaction")
    source = probe()
    source.wait_taken("e6")
    wait_until(lambda: source.lag()[f"kafka:{topic}:0"][3] == 0, 10, "no lag though the log ends in a mark")
    source.stop()
    assert source.taken() == ids(1, 6)
    broker.produce(topic, events(200, 210), "--abort")
    broker.produce(topic, events(7, 7), "--transaction")
    again = probe()
    again.wait_taken("e7")
    again.stop()
    assert again.taken() == ["e7"]
    assert not [line for line in again.drain() if "stuck" in line]


def test_structured_and_binary_events_and_messages_that_are_neither(broker, probe, topic):
    broker.create(topic)
    header = "content-type=application/cloudevents+json; charset=utf-8\t"
    broker.produce(topic, [header + event(1)], "--binary")
    broker.produce(topic, [event(2)])
    attributes = {"specversion": "1.0", "id": "e3", "source": "/lcs", "type": "missing.ended", "subject": "C3",
                  "time": "2020-01-01T10:00:00Z"}
    fields = "".join(f"ce_{name}={value}\t" for name, value in attributes.items())
    broker.produce(topic, [fields + 'content-type=application/json\t{"episode":"E3"}'], "--binary")
    broker.produce(topic, ["", "not json"], "--null")
    broker.produce(topic, [fields.replace("e3", "e4") + "content-type=application/json\t{broken"], "--binary")
    broker.produce(topic, [event(5)])
    source = probe()
    source.wait_taken("e5")
    source.stop()
    lines = [line.split(" ", 4)[3:] for line in source.drain() if line.startswith("event ")]
    assert [what for how, what in lines if how == "accepted"] == ["e1", "e2", "e3", "e5"]
    assert len([what for how, what in lines if how == "refused"]) == 3, lines
    assert source.positions() == {f"kafka:{topic}:0": 7}


def test_a_binary_event_is_known_again_after_a_restart(broker, probe, topic):
    broker.create(topic)
    fields = ("ce_specversion=1.0\tce_id=e1\tce_source=/lcs\tce_type=missing.ended\tce_subject=C1\t"
              "ce_time=2020-01-01T10:00:00Z\tcontent-type=application/json\t")
    broker.produce(topic, [fields + '{"episode":"E1"}'], "--binary")
    first = probe()
    first.wait_taken("e1")
    first.stop()
    broker.produce(topic, events(2, 2))
    second = probe()
    second.wait_taken("e2")
    second.stop()
    assert second.taken() == ["e2"]


def test_a_topic_made_anew_with_more_events_than_were_taken_is_noticed(broker, probe, topic):
    broker.create(topic)
    broker.produce(topic, events(1, 5))
    first = probe()
    first.wait_taken("e5")
    first.stop()
    broker.admin("recreate", topic, 1)
    broker.produce(topic, events(101, 120))
    second = probe()
    second.wait_for(rf"^report kafka:{topic}:0 stuck .*made anew.*lost-position: earliest")
    broker.produce(topic, events(121, 121))
    time.sleep(1)  # nothing comes of it
    assert second.taken() == [], "nothing is read on in silence"
    assert second.lag()[f"kafka:{topic}:0"][0] == "stuck"
    second.stop()
    third = probe("--on-lost", "earliest")
    third.wait_taken("e121")
    third.wait_for(rf"^report kafka:{topic}:0 stuck .*made anew")
    third.wait_for(rf"^report kafka:{topic}:0 up ")
    third.stop()
    assert third.taken() == ids(101, 121)
    fourth = probe()
    broker.produce(topic, events(122, 122))
    fourth.wait_taken("e122")
    fourth.stop()
    assert fourth.taken() == ["e122"]


def test_a_topic_made_anew_with_fewer_events_is_noticed(broker, probe, topic):
    broker.create(topic)
    broker.produce(topic, events(1, 5))
    first = probe()
    first.wait_taken("e5")
    first.stop()
    broker.admin("recreate", topic, 1)
    broker.produce(topic, events(101, 102))
    second = probe()
    second.wait_for(rf"^report kafka:{topic}:0 stuck .*ends at offset 2, before our position 5")
    second.stop()
    assert second.taken() == []


def test_a_topic_made_anew_with_exactly_as_many_events_is_noticed(broker, probe, topic):
    broker.create(topic)
    broker.produce(topic, events(1, 5))
    first = probe()
    first.wait_taken("e5")
    first.stop()
    broker.admin("recreate", topic, 1)
    broker.produce(topic, events(101, 105))
    second = probe()
    second.wait_for(rf"^report kafka:{topic}:0 stuck .*another event")
    second.stop()
    assert second.taken() == []


def test_a_topic_made_anew_while_it_is_read_is_noticed_and_read_from_its_beginning(broker, probe, topic):
    broker.create(topic)
    broker.produce(topic, events(1, 10))
    source = probe()
    source.wait_taken("e10")
    time.sleep(7)  # the watch looks every five seconds; before it has looked once there is nothing to compare with
    source.signal(signal.SIGSTOP)  # asked in between, the log would be one that ends before our position, which is another fault
    broker.admin("recreate", topic, 1)
    broker.produce(topic, events(101, 130))
    source.signal(signal.SIGCONT)
    source.wait_for(rf"^report kafka:{topic}:0 stuck .*made anew", 20)
    source.wait_taken("e101", 60)
    source.wait_taken("e130")
    source.stop()
    assert set(ids(101, 130)) <= set(source.taken()), "all of the new topic"


def test_events_removed_before_they_were_read_are_said_and_counted(broker, probe, topic):
    broker.create(topic)
    broker.produce(topic, events(1, 5))
    first = probe()
    first.wait_taken("e5")
    first.stop()
    broker.produce(topic, events(6, 30))
    broker.admin("cut", topic, 0, 20)
    second = probe()
    second.wait_for(rf"^report kafka:{topic}:0 stuck .*offsets 5 to 19 \(15 of them\)")
    second.stop()
    assert second.taken() == []
    third = probe("--on-lost", "earliest")
    third.wait_for(rf"^report kafka:{topic}:0 stuck .*offsets 5 to 19 \(15 of them\)")
    third.wait_taken("e30")
    third.stop()
    assert third.taken() == ids(21, 30)


def test_retention_that_took_only_what_was_read_is_no_loss(broker, probe, topic):
    broker.create(topic)
    broker.produce(topic, events(1, 5))
    first = probe()
    first.wait_taken("e5")
    first.stop()
    broker.admin("cut", topic, 0, 5)
    second = probe()
    second.wait_for("^settled")
    broker.produce(topic, events(6, 7))
    second.wait_taken("e7")
    second.stop()
    assert second.taken() == ids(6, 7)
    assert not [line for line in second.drain() if "stuck" in line]


def test_one_stuck_partition_does_not_hold_up_the_others(broker, probe, topic):
    broker.create(topic, 2)
    broker.produce(topic, events(1, 5), partition=0)
    broker.produce(topic, events(11, 15), partition=1)
    first = probe()
    wait_until(lambda: len(first.taken()) == 10, 20, "ten events")
    first.stop()
    broker.produce(topic, events(6, 30), partition=0)
    broker.produce(topic, events(16, 17), partition=1)
    broker.admin("cut", topic, 0, 20)
    second = probe()
    second.wait_for(rf"^report kafka:{topic}:0 stuck")
    second.wait_taken("e17")
    broker.produce(topic, events(18, 18), partition=1)
    second.wait_taken("e18")
    second.stop()
    assert second.taken() == ids(16, 18)


def test_falling_behind_retention_while_reading_is_said(broker, probe, topic):
    broker.create(topic)
    broker.produce(topic, events(1, 50))
    source = probe("--batch-events", "10", "--ring", "1", "--prefetch", "1",
                   "-X", "fetch.message.max.bytes=2000", "-X", "queued.min.messages=1")
    source.wait_taken("e10")
    source.say("hold")
    broker.produce(topic, events(51, 2000), "-X", "batch.num.messages=10")
    time.sleep(1)  # it fetches ahead as far as it may, and says nothing of it
    broker.admin("cut", topic, 0, 1990)
    source.say("go")
    source.wait_for(rf"^report kafka:{topic}:0 stuck .*offsets \d+ to 1989 ", 30)
    taken = source.taken()
    assert taken == ids(1, len(taken)) and len(taken) < 1989, "what was read before is kept, in order"
    assert source.positions()[f"kafka:{topic}:0"] == len(taken)
    source.stop()


def test_a_topic_that_is_missing_is_said_and_picked_up_when_made(broker, probe, topic):
    source = probe()
    source.wait_for(rf"^report kafka:{topic} down Kafka has no topic {topic}\.")
    source.wait_for("^settled")
    broker.create(topic)
    broker.produce(topic, events(1, 1))
    source.wait_taken("e1", 30)
    source.wait_for(rf"^report kafka:{topic} up ")
    source.stop()


def test_partitions_added_later_are_read_from_their_beginning(broker, probe, topic):
    broker.create(topic)
    broker.produce(topic, events(1, 1))
    source = probe("-X", "topic.metadata.refresh.interval.ms=1000")
    source.wait_taken("e1")
    broker.admin("partitions", topic, 2)
    wait_until(lambda: broker.admin("bounds", topic, 1) == "0 0", 10, "the new partition")
    broker.produce(topic, events(2, 4), partition=1)
    source.wait_taken("e4", 30)
    source.stop()
    assert source.taken() == ids(1, 4)


def test_a_partition_may_begin_with_what_comes_from_now_on(broker, probe, topic):
    broker.create(topic)
    broker.produce(topic, events(1, 5))
    first = probe("--start", "latest")
    first.wait_for("^report kafka up")
    broker.produce(topic, events(6, 6))
    first.wait_taken("e6")
    first.stop()
    assert first.taken() == ["e6"]


def test_the_first_of_one_name_is_fenced_by_the_second_and_hands_out_nothing_it_had_fetched(broker, probe, topic):
    broker.create(topic)
    broker.produce(topic, events(1, 1))
    first = probe("--batch-events", "10", "--ring", "2")
    first.wait_taken("e1")
    first.say("hold")
    broker.produce(topic, events(2, 500))
    second = probe(store="other")
    second.wait_taken("e500")
    first.wait_for(r"^report kafka fenced Another casewatch has joined", 20)
    first.say("go")
    first.lag()  # answered by the loop after "go": whatever it would have handed out, it has
    assert first.taken() == ["e1"]
    first.stop()
    second.stop()


def test_two_members_share_the_partitions_and_each_asks_its_own_store(broker, probe, topic):
    broker.create(topic, 2)
    broker.produce(topic, events(1, 3), partition=0)
    broker.produce(topic, events(4, 6), partition=1)
    first = probe()
    wait_until(lambda: len(first.taken()) == 6, 20, "six events")
    second = probe(store="other", instance="casewatch-2")
    second.wait_for(r"^report kafka up .*1 partition ", 30)
    assert len(second.taken()) <= 3
    second.stop()
    first.stop()


def test_a_member_that_is_given_nothing_says_so(broker, probe, topic):
    broker.create(topic)
    broker.produce(topic, events(1, 1))
    first = probe()
    first.wait_taken("e1")
    second = probe(store="other", instance="casewatch-2")
    match = second.wait_for(r"^report kafka (\w+) .*", 30)
    if match[1] == "up":  # the group gave it the partition; then the first has none
        first.wait_for("^report kafka down .*gives us no partition", 30)
    else:
        assert "gives us no partition" in match[0]
    second.stop()
    first.stop()


def test_while_the_store_cannot_take_more_memory_stays_bounded(broker, probe, topic):
    broker.create(topic)
    padding = "x" * 400
    lines = [event(number, data={"episode": f"E{number}", "from": "home", "note": padding}) for number in range(1, 60001)]
    broker.produce(topic, lines)
    source = probe("--ring", "2", "--batch-events", "500", "--prefetch", "2048")
    source.wait_taken("e1")
    source.say("hold")

    def resident():
        mark = len(source.drain())
        source.say("memory")
        return int(source.wait_for(r"^memory (\d+)", 10, mark)[1])

    time.sleep(2)  # it fetches ahead as far as it may, and says nothing of it
    early = resident()
    time.sleep(3)  # nothing comes of it
    assert resident() < early + 4 * 2**20, "holding, it does not grow"
    assert early < 96 * 2**20
    source.say("go")
    source.wait_taken("e60000", 60)
    assert source.taken() == ids(1, 60000)
    assert resident() < 96 * 2**20
    assert source.stop() < 3000


def test_a_message_too_large_to_receive_is_said(broker, probe, topic):
    broker.create(topic, 1, **{"max.message.bytes": 4000000})
    small = ("-X", "receive.message.max.bytes=1200000", "-X", "fetch.max.bytes=1100000",
             "-X", "fetch.message.max.bytes=1000000")
    broker.produce(topic, events(1, 1))
    large = event(2, data={"episode": "E2", "note": "x" * 2000000})
    broker.produce(topic, [large], "-X", "message.max.bytes=4000000")
    source = probe(*small)
    source.wait_for(r"^report kafka stuck .*receive\.message\.max\.bytes", 20)
    source.stop()
    again = probe()
    broker.produce(topic, events(3, 3))
    again.wait_taken("e3")
    again.stop()
    refused = [line for line in again.drain() if " refused " in line]
    assert len(refused) == 1 and "e2" not in refused[0].split(" ")[4:5], "over our own limit: into quarantine, not lost"


# Locks and keys.

def secured(own, tmp_path, password="secret", protocol="sasl_plaintext"):
    path = tmp_path / f"password-{password}"
    path.write_text(password + "\n", encoding="utf-8")
    path.chmod(0o400)
    return ["-X", f"security.protocol={protocol}", "-X", "sasl.mechanism=PLAIN", "-X", "sasl.username=test",
            "--password-file", path]


def test_sasl_with_the_password_from_a_file(broker, probe, topic, tmp_path):
    broker.create(topic)
    broker.produce(topic, events(1, 1))
    source = probe(*secured(broker, tmp_path), brokers=broker.sasl)
    source.wait_taken("e1")
    source.stop()


def test_a_wrong_password_is_said_once_and_never_shown(broker, probe, topic, tmp_path):
    broker.create(topic)
    source = probe(*secured(broker, tmp_path, "wrong-horse"), brokers=broker.sasl)
    source.wait_for("^report kafka stuck Kafka refuses our name or password", 20)
    source.wait_for("^settled")
    time.sleep(5)  # it tries again, and says nothing more
    source.stop()
    assert len([line for line in source.drain() if line.startswith("report")]) == 1
    assert not [line for line in source.drain() if "wrong-horse" in line]


def test_tls_with_the_authority_that_signed(broker, probe, topic):
    broker.create(topic)
    broker.produce(topic, events(1, 1))
    source = probe("-X", "security.protocol=ssl", "-X", f"ssl.ca.location={broker.authority}", brokers=broker.tls)
    source.wait_taken("e1")
    source.stop()


def test_a_wrong_authority_is_said_once(broker, probe, topic, tmp_path):
    broker.create(topic)
    other = tmp_path / "other.pem"
    run("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-keyout", str(tmp_path / "other.key"),
        "-out", str(other), "-subj", "/CN=other")
    source = probe("-X", "security.protocol=ssl", "-X", f"ssl.ca.location={other}", brokers=broker.tls)
    source.wait_for("^report kafka stuck No trusted TLS connection", 20)
    time.sleep(3)  # it tries again, and says nothing more
    source.stop()
    assert len([line for line in source.drain() if line.startswith("report")]) == 1


def test_a_configuration_that_cannot_work_is_refused_at_start(broker, probe, topic, tmp_path):
    missing = probe("-X", "security.protocol=ssl", "-X", f"ssl.ca.location={tmp_path}/none.pem")
    missing.wait_for("^fault kafka: ")
    no_secret = probe("--password-file", tmp_path / "none")
    no_secret.wait_for("^fault kafka: cannot read the secret in .*none: No such file")
    unknown = probe("-X", "no.such.thing=1")
    unknown.wait_for("^fault kafka.properties: no.such.thing is no property")


def test_the_pretended_cluster_serves_a_demo(ends, tmp_path, probe, topic):
    cluster = ends(Process([tool("mock_cluster"), topic, "2"]))
    address = cluster.wait_for(r"^bootstrap (\S+)$")[1]
    own = Broker(tmp_path)
    own.plain = address
    own.produce(topic, events(1, 20), partition=0)
    own.produce(topic, events(21, 40), partition=1)
    source = probe(brokers=address)
    wait_until(lambda: len(source.taken()) >= 40, 30, "40 events")
    source.stop()
    assert sorted(source.taken()) == sorted(ids(1, 40))
    cluster.close_input()
    assert cluster.finish() == 0
