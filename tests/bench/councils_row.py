"""Many councils: what a process of them loads, takes and needs, and three processes at a steady pace (row `councils`).

One real broker, a partition of one topic for each council, and the real daemon. The events are those of bench_events, the same for each
council but for their source. A council whose stored events are not as many as were produced to it, or that has a record in quarantine, fails
the row: what is lost or twice has no figure."""
import os
import pathlib
import re
import shutil
import signal
import sqlite3
import subprocess
import time

from processes import BUILD, Process, tool

CONFIGURATION = """
council: Council {number}
database: casewatch.db
rules: {root}/rules
directory: {directory}
templates: {root}/conf/templates
lists: {root}/conf/lists
calendar: {{file: {root}/conf/bank-holidays.json, zone: Europe/London}}
limits: {{cache-megabytes: 8, prefetch-kilobytes: 1024}}
kafka:
  topics: [{topic}]
  partitions: [{number}]
  sources: [/{name}/]
  group: bench
  properties: {{bootstrap.servers: "{brokers}"}}
"""
GO_LIVE = "go-live: 2090-01-01T00:00:00Z\n"  # all is history, as on the day on which councils take casewatch into use
SMTP = "smtp: {{host: 127.0.0.1, port: {port}, tls: none, from: casewatch@example.org, domain: example.org}}\n"

RESIDENT_MIB = 1536
LOAD_SECONDS = 600       # for 60 million
READY_SECONDS = 5
STEADY_RATE = 20_000
STEADY_MS = 500
TICK = os.sysconf("SC_CLK_TCK")


def cpu_of(pid):
    """Seconds, of all its threads."""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICK


def memory_of(pid):
    """MiB resident now, and at most so far."""
    status = pathlib.Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    return tuple(int(re.search(rf"{name}:\s+(\d+)", status)[1]) // 1024 for name in ("VmRSS", "VmHWM"))


def name_of(number):
    return f"c{number:06d}"


def target(words, good, counts):
    """`counts`: the run is large enough for it to mean anything."""
    return f" (target: {words}{'' if good else '; MISSED'})" if counts else ""


def load_of_machine():
    return f"load of the machine {os.getloadavg()[0]:.1f}"


class Councils:
    """`count` councils on one topic, in as many processes as `place` says."""

    def __init__(self, folder, root, broker, topic, count, *more, directory=None):
        self.folder, self.root, self.broker, self.topic, self.count = folder, root, broker, topic, count
        self.processes, self.open = [], {}
        (folder / "all").mkdir(parents=True)
        broker.create(topic, count)
        for number in range(count):
            home = folder / "part-0" / name_of(number)
            home.mkdir(parents=True)
            (home / "casewatchd.yaml").write_text(
                CONFIGURATION.format(root=root, number=number, name=name_of(number), topic=topic, brokers=broker.plain,
                                     directory=(directory or {}).get(number, root / "conf/directory.yaml")) + "".join(more),
                encoding="utf-8")
        self.place(1)

    def place(self, parts):
        """The councils, with their databases, are dealt out to so many processes."""
        for connection in self.open.values():
            connection.close()
        self.open = {}
        homes = {home.name: home for home in self.folder.glob("part-*/c*")}
        for number in range(self.count):
            name, part = name_of(number), self.folder / f"part-{number * parts // self.count}"
            part.mkdir(exist_ok=True)
            homes[name].rename(part / name)
            link = self.folder / "all" / name
            link.unlink(missing_ok=True)
            link.symlink_to(part / name)
        for part in range(parts):
            (self.folder / f"part-{part}.yaml").write_text(f"councils: part-{part}\n", encoding="utf-8")

    # ---- processes ----

    def launch(self, parts=1):
        self.launched = time.monotonic()
        self.processes = [Process([os.path.join(BUILD, "casewatchd"), "--config", str(self.folder / f"part-{part}.yaml")])
                          for part in range(parts)]

    def ready(self):
        """Seconds until each has said that it is ready: of the last of them."""
        last, parts = 0, len(self.processes)
        for number in range(self.count):
            process = self.processes[number * parts // self.count]
            process.wait_for(f">{name_of(number)}: ready$", 120)
            last = max(last, process.matched_at - self.launched)
        return last

    def start(self, parts=1):
        """The same, and CPU seconds of all processes until then."""
        self.launch(parts)
        return self.ready(), self.cpu()

    def cpu(self):
        return sum(cpu_of(process.pid) for process in self.processes)

    def end(self):
        """Seconds from SIGTERM to the end of the last of them, and CPU seconds of all for it."""
        before, began = self.cpu(), time.monotonic()
        for process in self.processes:
            process.signal(signal.SIGTERM)
        statuses = [self.reap(process) for process in self.processes]
        took, self.processes = time.monotonic() - began, []
        if any(status for status, _ in statuses):
            raise AssertionError(f"casewatchd ended with {statuses}")
        return took, sum(cpu for _, cpu in statuses) - before

    @staticmethod
    def reap(process):
        """Its exit status and all its CPU seconds: they are read while it is a zombie."""
        until = time.monotonic() + 120
        while os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT | os.WNOHANG) is None:
            if time.monotonic() > until:
                raise AssertionError("casewatchd did not end within two minutes")
            time.sleep(0.005)
        cpu = cpu_of(process.pid)
        return process.finish(10), cpu

    def kill(self):
        for process in self.processes:
            process.kill()

    # ---- databases ----

    def ask(self, number, question, none=0):
        """The first field of the first row; while there is no table yet, `none`."""
        try:
            if number not in self.open:
                self.open[number] = sqlite3.connect(f"file:{self.folder}/all/{name_of(number)}/casewatch.db?mode=ro", uri=True, timeout=30)
            row = self.open[number].execute(question).fetchone()
            return row[0] if row and row[0] is not None else none
        except sqlite3.OperationalError as error:
            if "unable to open" in str(error) or "no such table" in str(error):
                return none
            raise

    def committed(self):
        return [self.ask(number, "SELECT max(next) FROM position") for number in range(self.count)]

    def verify(self, each):
        """Stored are as many as were produced, in each, once; nothing waits in quarantine."""
        for number in range(self.count):
            found = tuple(self.ask(number, f"SELECT count(*) FROM {table}") for table in ("event", "quarantine"))
            position = self.ask(number, "SELECT max(next) FROM position")
            if found != (each, 0) or position < each:
                raise AssertionError(f"{name_of(number)}: {each} events were produced; stored {found[0]}, in quarantine {found[1]}, "
                                     f"position {position}")

    def size(self):
        return sum(file.stat().st_size for file in self.folder.glob("part-*/c*/casewatch.db*"))

    # ---- events ----

    def spread(self, events, *options, first=0, count=None, **more):
        out = subprocess.run([tool("bench_spread"), *map(str, options), self.broker.plain, self.topic, str(first), str(count or self.count)],
                             stdin=events, capture_output=True, text=True, check=False, timeout=3600, **more)
        if out.returncode:
            raise AssertionError(f"bench_spread: {out.stderr}")
        return out.stdout

    def tool(self, command):
        """Seconds and CPU seconds of one command of all, in one process of them."""
        before, began = os.times(), time.monotonic()
        out = subprocess.run([os.path.join(BUILD, "casewatch"), command, "--config", str(self.folder / "part-0.yaml")],
                             capture_output=True, text=True, check=False, timeout=600)
        took, after = time.monotonic() - began, os.times()
        if "does not run" in out.stdout or any(name_of(number) not in out.stdout for number in range(self.count)):
            raise AssertionError(f"casewatch {command}: {out.stdout[-2000:]}{out.stderr}")
        return took, after.children_user + after.children_system - before.children_user - before.children_system


# ---- rows ----

class Many:
    """Row `councils`, and then `steady` with the same databases."""

    def __init__(self, bench, say):
        self.bench, self.say, self.counts = bench, say, not bench.quick

    def make(self, count, each, more):
        """The events of a council: what is loaded, and what goes on from there."""
        folder = self.bench.folder / "councils"
        folder.mkdir()
        with open(folder / "all.jsonl", "wb") as out:
            subprocess.run([tool("bench_events"), str(each + more), str(max(1, each // 20))], stdout=out, check=True)
        with open(folder / "all.jsonl", "rb") as lines, open(folder / "past.jsonl", "wb") as past, open(folder / "next.jsonl", "wb") as following:
            for number, line in enumerate(lines):
                (past if number < each else following).write(line)
        self.councils = Councils(folder, self.bench.root, self.bench.broker(), "councils", count, GO_LIVE)
        return folder

    def row(self, count, each, steady_seconds):
        rate = STEADY_RATE * count / 150  # of fewer councils as many each
        more = max(1, int(rate * (steady_seconds + 1)) // count)  # the first second is not counted
        folder, whole = self.make(count, each, more), count * each
        try:
            with open(folder / "past.jsonl", "rb") as events:
                began = time.monotonic()
                self.councils.spread(events)
            self.say(f"  {count} councils of {each:,} events, {whole:,} in all; produced in {time.monotonic() - began:.0f} s; {load_of_machine()}")
            self.load(whole, each)
            self.again(each)
            self.steady(folder, each, more, rate)
        finally:
            self.councils.kill()
            shutil.rmtree(folder, ignore_errors=True)

    def floor(self, whole):
        out = subprocess.run([tool("bench_consume"), self.bench.broker().plain, "councils", str(whole), str(self.councils.folder / "bare.db"),
                              str(self.councils.count)], capture_output=True, text=True, check=True, timeout=3600).stdout.split()
        for file in self.councils.folder.glob("bare.db*"):
            file.unlink()
        return float(out[1]), float(out[3])

    def load(self, whole, each):
        councils = self.councils
        bare, bare_cpu = self.floor(whole)
        councils.launch()
        first, until = None, time.monotonic() + 3600
        while not first or sum(taken) < whole:
            taken, now = councils.committed(), time.monotonic()
            first = first or ((now, sum(taken)) if any(taken) else None)
            if now > until or not councils.processes[0].running():
                raise AssertionError(f"{sum(taken)} of {whole} were committed: {councils.processes[0].drain()[-20:]}")
            time.sleep(0.05)
        took, cpu, ready = now - first[0], councils.cpu(), councils.ready()
        rate = (whole - first[1]) / took
        resident, most = memory_of(councils.processes[0].pid)
        councils.verify(each)
        self.say(f"  with databases made anew the last of {councils.count} was ready after {ready:.1f} s, those before it at work meanwhile")
        self.say(f"  loaded: {rate:,.0f} events/s from the first commit to the last, {1e6 * cpu / whole:.1f} CPU us an event with the start; consume + append alone "
                 f"{bare:,.0f} events/s, {1e6 * bare_cpu / whole:.1f} CPU us: ratio {rate / bare:.2f}"
                 + target(f"60 million in {LOAD_SECONDS // 60} minutes; by this rate {60e6 / rate / 60:.1f}", 60e6 / rate <= LOAD_SECONDS, self.counts))
        self.say(f"  memory: {most} MiB at most, {resident} MiB after it{target(f'{RESIDENT_MIB} MiB', most <= RESIDENT_MIB, self.counts)}; "
                 f"{councils.size() / whole:.0f} bytes an event on disk")

    def again(self, each):
        councils = self.councils
        for command in ("status", "reload"):
            before = councils.cpu()
            took, cpu = councils.tool(command)
            self.say(f"  casewatch {command} of all: {took:.2f} s, {cpu:.2f} CPU s of its own, {councils.cpu() - before:.2f} of the daemon's")
        took, cpu = councils.end()
        self.say(f"  from SIGTERM to the end: {took:.1f} s, {cpu:.1f} CPU s")
        ready, cpu = councils.start()
        self.say(f"  started again with databases of {each:,} events: all ready after {ready:.1f} s"
                 f"{target(f'{READY_SECONDS} s', ready <= READY_SECONDS, self.counts)}, {cpu:.1f} CPU s, {memory_of(councils.processes[0].pid)[0]} MiB; {load_of_machine()}")
        took, cpu = councils.end()
        self.say(f"  from SIGTERM to the end: {took:.1f} s, {cpu:.1f} CPU s")
        councils.verify(each)

    def steady(self, folder, each, more, rate):
        councils = self.councils
        councils.place(3)
        councils.start(3)
        before, began = councils.cpu(), time.monotonic()
        with open(folder / "next.jsonl", "rb") as events:
            out = councils.spread(events, "-r", rate, "-d", folder / "all", "-n")
        lasted, cpu = time.monotonic() - began, councils.cpu() - before
        figures = {found[1]: [int(value) / 1000 for value in found.group(3, 4, 5)] for found in
                   re.finditer(r"(?m)^(all|acknowledged|council \d+) events (\d+) p50_us (\d+) p99_us (\d+) longest_us (\d+)$", out)}
        p99 = figures["all"][1]
        worst = max(values[1] for name, values in figures.items() if name.startswith("council"))
        self.say(f"  steady, three processes of {councils.count // 3} councils, {rate:,.0f} events/s asked, {more * councils.count / lasted:,.0f} committed: "
                 f"produced to committed p50 {figures['all'][0]:.0f} ms, p99 {p99:.0f} ms{target(f'{STEADY_MS} ms', p99 <= STEADY_MS, self.counts)}, "
                 f"longest {figures['all'][2]:.0f} ms; p99 of the worst council {worst:.0f} ms; acknowledged by the broker p50 "
                 f"{figures['acknowledged'][0]:.0f} ms, p99 {figures['acknowledged'][1]:.0f} ms; {1e6 * cpu / more / councils.count:.1f} CPU us an event; "
                 f"{load_of_machine()}")
        councils.verify(each + more)
        took, cpu = councils.end()
        self.say(f"  from SIGTERM to the end of all three: {took:.1f} s, {cpu:.1f} CPU s")
