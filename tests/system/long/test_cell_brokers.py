"""A cell on three brokers, of which one is lost, and then two. Three brokers have a gigabyte: make cell-cuts."""

import concurrent.futures
import time

from cell_kit import SECONDS, Cell, settles
from kafka_kit import Broker, Cluster
from processes import wait_until
from test_cell_cuts import SESSION, Load, begin, settled


def test_of_three_brokers_one_is_lost_and_then_two(ends, tmp_path, topic, sink):
    """With one of them the cell goes on; with two nothing that was announced would outlive the third, and nothing is sent."""
    cluster = Cluster(tmp_path / "brokers").start()
    try:
        own = {name: {"one_broker": "no"} for name in ("amber", "birch")}
        cell = Cell(tmp_path / "cell", cluster, topic, ends, sink, own=own, replication=3)
        found, words = cell.amber.tool("check")
        assert found == 0 and "outlives" not in words, words
        begin(cell)
        with Load(cell):
            wait_until(lambda: len(cell.mails()) > 8, SECONDS, "the owner is in the middle of it")
            cluster.nodes[0].kill()
            for _ in range(2):
                sent = len(cell.mails())
                wait_until(lambda sent=sent: len(cell.mails()) > sent + 5, SECONDS, "it goes on with two")
            cluster.nodes[1].kill()
            before = settles(lambda: len(cell.mails()))
            time.sleep(SESSION + 2)  # nothing comes of it
            assert len(cell.mails()) == before, "with one of three nothing counts as appended, and nothing is sent"
            with concurrent.futures.ThreadPoolExecutor(2) as threads:
                list(threads.map(Broker.start, cluster.nodes[:2]))
        settled(cell, "one of three brokers lost, then two")
    finally:
        cluster.kill()
