"""A real Kafka broker, and the helper programs that write to it, administer it, and drive the source alone."""

import concurrent.futures
import json
import os
import signal
import socket
import subprocess

from processes import ROOT, Process, tool

SCRIPT = os.path.join(ROOT, "tests", "system", "kafka-broker")


def event(number, subject=None, **more):
    """A structured event as one line."""
    attributes = {
        "specversion": "1.0",
        "id": f"e{number}",
        "source": "/lcs",
        "type": "missing.ended",
        "subject": subject or f"C{number}",
        "time": "2020-01-01T10:00:00Z",
        "data": {"episode": f"E{number}"},
    }
    attributes.update(more)
    return json.dumps(attributes)


def events(first, last):
    return [event(number) for number in range(first, last + 1)]


def run(*arguments, seconds=60, **options):
    """A helper that must succeed; returns its standard output."""
    done = subprocess.run(arguments, capture_output=True, text=True, timeout=seconds, check=False, **options)
    assert done.returncode == 0, f"{arguments}: {done.stderr}{done.stdout}"
    return done.stdout


class Broker:
    def __init__(self, directory, *settings, wire=None, node=None):
        """`wire`: whoever comes over it (wire.py) is sent back to it; `node`: of several, its number, and all of them."""
        self.more = {"KAFKA_NODE": str(node[0]), "KAFKA_VOTERS": node[1]} if node else {}
        self.directory = str(directory)
        self.settings = settings
        self.wire = wire
        self.pid = None

    def start(self):
        """Returns once the broker serves; the first time on a new machine it is downloaded."""
        out = run(SCRIPT, "start", self.directory, *self.settings, seconds=300,
                  env={**os.environ, "KAFKA_OWNER": str(os.getpid()), **self.more,
                       **({"KAFKA_FAR": self.wire.address} if self.wire else {})})
        found = dict(line.split("=", 1) for line in out.splitlines() if "=" in line)
        self.plain, self.sasl, self.tls = found["PLAIN"], found["SASL"], found["TLS"]
        if self.wire:
            self.wire.server = found["FAR"]
        self.pid = int(found["PID"])
        self.authority = os.path.join(self.directory, "ca.pem")
        return self

    def _end(self, how):
        if self.pid:
            try:
                os.kill(self.pid, signal.SIGCONT)
            except ProcessLookupError:
                pass
            run(SCRIPT, how, self.directory)
            self.pid = None

    def kill(self):
        self._end("kill")

    def stop(self):
        self._end("stop")

    def freeze(self):
        os.kill(self.pid, signal.SIGSTOP)

    def thaw(self):
        os.kill(self.pid, signal.SIGCONT)

    def admin(self, *arguments):
        return run(tool("kafka_admin"), self.plain, *map(str, arguments)).strip()

    def create(self, topic, partitions=1, **settings):
        self.admin("create", topic, partitions, *(f"{name.replace('_', '.')}={value}" for name, value in settings.items()))

    def produce(self, topic, lines, *arguments, partition=0):
        """Acknowledged when it returns."""
        placed = [] if partition is None else ["-p", str(partition)]
        return run(tool("produce"), "-b", self.plain, "-t", topic, *placed, *map(str, arguments),
                   input="".join(line + "\n" for line in lines))

    def producer(self, topic, *arguments):
        """A producer that stays, fed through say()."""
        return Process([tool("produce"), "-b", self.plain, "-t", topic, "--verbose", *map(str, arguments)])


class Cluster(Broker):
    """Three brokers, of which each topic is on all, and two must have what counts as appended."""

    def __init__(self, directory):
        super().__init__(directory)
        held = [socket.create_server(("127.0.0.1", 0)) for _ in range(3)]
        voters = ",".join(f"{node}@127.0.0.1:{one.getsockname()[1]}" for node, one in enumerate(held, 1))
        for one in held:
            one.close()
        kept = ("offsets.topic.replication.factor=3", "default.replication.factor=3", "min.insync.replicas=2")
        self.nodes = [Broker(os.path.join(self.directory, str(node)), *kept, node=(node, voters)) for node in (1, 2, 3)]

    def start(self):
        """At once: none serves before most of them are there."""
        with concurrent.futures.ThreadPoolExecutor(3) as threads:
            list(threads.map(Broker.start, self.nodes))
        self.plain = ",".join(node.plain for node in self.nodes)
        return self

    def kill(self):
        for node in self.nodes:
            node.kill()


class Probe(Process):
    """The Kafka source alone. See tests/tools/kafka_probe.c for what it prints."""

    def __init__(self, brokers, store, topics, *arguments, group="casewatch", instance="casewatch-1"):
        self.store = str(store)
        named = ["--instance", instance] if instance else []
        super().__init__([tool("kafka_probe"), "--store", self.store, "--group", group, *named, "-X",
                          f"bootstrap.servers={brokers}", *map(str, arguments), *topics])

    def taken(self, partition=None):
        """Ids (or reasons) of what was taken so far, in order."""
        found = []
        for line in self.drain():
            fields = line.split(" ", 4)
            if fields[0] == "event" and len(fields) == 5:  # a kill may have cut the last line
                _, position, _, _, what = fields
                if partition is None or position == partition:
                    found.append(what)
        return found

    def wait_taken(self, identifier, seconds=20, after=0):
        return self.wait_for(rf"^event \S+ \d+ accepted {identifier}$", seconds, after)

    def stop(self):
        """A clean, bounded stop; returns the milliseconds that it took."""
        self.close_input()
        match = self.wait_for(r"^closed (\w+) (\d+)$", 10)
        assert match[1] == "clean", "the source had to leave its thread behind"
        assert self.finish() == 0
        return int(match[2])

    def positions(self):
        with open(self.store, encoding="utf-8") as file:
            return {line.split()[0]: int(line.split()[1]) for line in file}

    def lag(self):
        mark = len(self.drain())
        self.say("lag")
        self.wait_for("^lag-end", 10, mark)
        found = {}
        for line in self.drain()[mark:]:
            if line.startswith("lag "):
                _, name, state, following, end, lag, read_to = line.split(" ")
                found[name] = (state, int(following), int(end), int(lag), read_to)
        return found
