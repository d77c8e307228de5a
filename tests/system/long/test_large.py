"""More than anybody sends: a child with 100,000 events, 5,000 corrections of corrections, memory that runs out, 10,000 connections.
Each time a child in a cell is told of meanwhile. `make faults`: minutes."""

import json
import os
import pathlib
import resource
import socket
import time

import pytest

from processes import BUILD, Process, patience, wait_until
from spool_council import SpoolCouncil, mails_to

DIRECTOR = "director.childrens.care@example.org"
MEMORY = pathlib.Path("/sys/fs/cgroup/memory")  # version 1
UNIFIED = pathlib.Path("/sys/fs/cgroup")        # version 2


@pytest.fixture
def council(tmp_path, ends, sink):
    return SpoolCouncil(tmp_path, ends, sink.port)


def now(seconds=0):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + seconds))


def put(council, name, events):
    hidden = council.path / "spool" / f".{name}"
    with open(hidden, "w", encoding="utf-8") as file:
        for event in events:
            file.write(json.dumps({"specversion": "1.0", "source": "/lcs", **event}) + "\n")
    hidden.rename(council.path / "spool" / f"{name}.jsonl")


def told(sink, subject_number):
    return any(f"C77{subject_number}".encode() in body or b"custody" in body.lower() for body in mails_to(sink, DIRECTOR))


def wait_told(council, sink, count, seconds):
    wait_until(lambda: council.query("SELECT count(*) FROM alert WHERE rule = 'custody.threshold'") == [(count,)], seconds, "its alert")
    wait_until(lambda: len(mails_to(sink, DIRECTOR)) >= count, seconds, "the director to be told")


def stored(council):
    return council.query("SELECT count(*) FROM event")[0][0]


def episodes(count):
    for number in range(count // 2):
        began = now(-86400 * 3 - (count // 2 - number) * 300)
        yield {"id": f"s{number}", "type": "missing.started", "subject": "C1", "time": began, "recordedtime": began,
               "data": {"episode": f"m{number}", "kind": "missing"}}
        ended = now(-86400 * 3 - (count // 2 - number) * 300 + 200)
        yield {"id": f"r{number}", "type": "missing.returned", "subject": "C1", "time": ended, "recordedtime": ended,
               "data": {"episode": f"m{number}"}}


def test_a_child_with_a_hundred_thousand_events_holds_up_no_other(council, sink):
    council.start()
    put(council, "a", episodes(100_000))
    wait_until(lambda: stored(council) > 1000, 60 * patience(), "the first of them")
    council.hear(1)
    wait_told(council, sink, 1, 300 * patience())
    wait_until(lambda: stored(council) == 100_001, 600 * patience(), "all of them")
    put(council, "z", [{"id": "late", "type": "missing.started", "subject": "C1", "time": now(-86400 * 400),
                        "data": {"episode": "first", "kind": "missing"}}])
    council.hear(2)
    wait_told(council, sink, 2, 300 * patience())
    assert council.process.running() and council.query("SELECT count(*) FROM quarantine") == [(0,)]


def test_five_thousand_corrections_of_corrections_hold_up_no_other(council, sink):
    council.start()
    first = now(-3600)
    put(council, "a", [{"id": f"c{number}", "type": "missing.started", "subject": "C1", "time": first,
                        "data": {"episode": "m1", "kind": "missing"}, **({"replaces": f"c{number - 1}"} if number else {})}
                       for number in range(5000)])
    council.hear(1)
    wait_told(council, sink, 1, 120 * patience())
    wait_until(lambda: stored(council) == 5001, 120 * patience(), "all of them")


def test_a_hundred_thousand_merges_hold_up_no_other(council, sink):
    council.start()
    put(council, "a", [{"id": f"g{number}", "type": "person.merged", "subject": f"M{number // 2}", "time": now(-3600),
                        "data": {"from": f"M{number}"}} for number in range(1, 100_000)])
    council.hear(1)
    wait_told(council, sink, 1, 600 * patience())
    wait_until(lambda: stored(council) == 100_000, 600 * patience(), "all of them")


def limited(megabytes):
    """A control group with so much memory, and the file that a process is moved in by; None where none can be made here."""
    name = f"casewatch-test-{os.getpid()}"
    if MEMORY.is_dir():
        group, limit = MEMORY / name, "memory.limit_in_bytes"
    else:
        group, limit = UNIFIED / name, "memory.max"
    group.mkdir()
    (group / limit).write_text(str(megabytes << 20))
    return group


def test_memory_that_runs_out_ends_the_daemon_and_loses_nothing(council, sink):
    council.start()
    group = limited(24)
    try:
        (group / "cgroup.procs").write_text(str(council.process.pid))
        events = [{"id": f"e{number}", "type": "missing.started", "subject": f"C{number}", "time": now(-3600),
                   "data": {"episode": f"m{number}", "kind": "missing"}} for number in range(60_000)]
        put(council, "a", events)
        wait_until(lambda: not council.process.running() or stored(council) == 60_000, 120 * patience(), "its end, or that of its work")
        died = not council.process.running()
        council.process.kill()
    finally:
        wait_until(lambda: not (group / "cgroup.procs").read_text().strip(), 10, "the group to be empty")
        group.rmdir()
    assert died, "24 MiB were enough: nothing was tried"
    council.start()
    council.hear(1)
    wait_told(council, sink, 1, 300 * patience())
    wait_until(lambda: stored(council) == 60_001, 300 * patience(), "all of them, once")


def connected(path):
    """A connection; where too many wait to be let in, once there is room in that queue."""
    def attempt():
        client = socket.socket(socket.AF_UNIX)
        client.settimeout(5)
        try:
            client.connect(str(path))
        except BlockingIOError:
            client.close()
            return None
        return client
    return wait_until(attempt, 10 * patience(), "a place in the queue")


def test_ten_thousand_connections_keep_nobody_out(tmp_path, ends, sink):
    resource.setrlimit(resource.RLIMIT_NOFILE, (20_000, 20_000))
    council = SpoolCouncil(tmp_path, ends, sink.port, web={"socket": "web.sock", "link-key-file": "key"}, **{"answer-url": "https://casewatch.example.org/a/"},
                           secrets={"key": "0123456789abcdef0123456789abcdef0123456789abcdef"}).start()
    idle = []
    for _ in range(10_000):
        client = connected(tmp_path / "web.sock")
        try:
            client.sendall(b"GET / HTTP/1.1\r\nX: ")
        except BrokenPipeError:
            pass  # it made room for others already
        idle.append(client)
    one = connected(tmp_path / "web.sock")
    one.settimeout(20)
    one.sendall(b"GET /a/none HTTP/1.0\r\n\r\n")
    assert one.recv(100).startswith(b"HTTP/1."), "who asks is answered"
    council.hear(1)
    wait_told(council, sink, 1, 60 * patience())
    for client in idle:
        client.close()


def test_a_flood_of_what_cannot_be_read_fills_no_journal(council, sink):
    council.start()
    put(council, "a", [{"id": f"x{number}", "type": "missing.started", "subject": "C1", "time": "not a time", "data": {}}
                       for number in range(50_000)])
    council.hear(1)
    wait_told(council, sink, 1, 900 * patience())
    assert len(council.process.drain()) < 2000, "said, and not 50,000 times"
