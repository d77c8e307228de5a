"""The backtest against DuckDB: the same three rules over what councils replay, the same alerts, CPU seconds of one run.

Each round runs all of them one after the other, so that a neighbour on the machine harms all alike; the least of the rounds
counts. That the alerts are as many as the SQL finds, by rule, and that one thread and two say the same byte for byte, is
asserted; times are printed."""
import collections
import hashlib
import json
import os
import pathlib
import re
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
DUCKDB = "duckdb==2.0.0"
ROUNDS = 3


def install(folder):
    """DuckDB from PyPI into a folder of the build: installed once."""
    if not (folder / "duckdb").is_dir():
        subprocess.run([sys.executable, "-m", "pip", "install", "-q", "--disable-pip-version-check", "--target", str(folder), DUCKDB],
                       check=True)
    return folder


def spent(words, out, **options):
    """CPU seconds of a process and its threads, user and system."""
    with open(out, "wb") as to:
        process = subprocess.Popen([str(word) for word in words], stdout=to, **options)
        _, status, used = os.wait4(process.pid, 0)
    if status:
        raise AssertionError(f"{words[0]} failed")
    return used.ru_utime + used.ru_stime


def digest(path):
    whole = hashlib.sha256()
    with open(path, "rb") as file:
        for piece in iter(lambda: file.read(1 << 20), b""):
            whole.update(piece)
    return whole.hexdigest()


def last_arrival(events):
    with open(events, "rb") as file:
        file.seek(-4096, os.SEEK_END)
        return json.loads(file.read().splitlines()[-1])["recordedtime"]


def alerts_of(output):
    """Alerts that stood at some time, by rule, and how many lines there are."""
    state, lines = {}, 0
    with open(output, encoding="utf-8") as file:
        for line in file:
            lines += 1
            found = re.match(r'\{"at":"[^"]*","what":"alert\.([a-z_]*)","rule":"([^"]*)","subject":"[^"]*","alert":"([^"]*)"', line)
            if found and found[1] != "warned":
                state[found[3]] = (found[2], found[1])
    return collections.Counter(rule for rule, what in state.values() if what != "withdrawn"), lines


class Yardstick:
    def __init__(self, root, build, folder, say, against):
        self.root, self.build, self.folder, self.say, self.against = root, pathlib.Path(build), folder, say, against
        self.python = install(self.build / "bench-python")

    def events(self, name, count, children, late=0):
        path = self.folder / name
        with open(path, "wb") as out:
            subprocess.run([self.build / "tests" / "bench_casework", str(count), str(children), str(late)], check=True, stdout=out)
        return path

    def duckdb(self, events):
        out = self.folder / "duckdb.out"
        environment = dict(os.environ, PYTHONPATH=str(self.python))
        with open(out, "wb") as to:
            subprocess.run([sys.executable, HERE / "duckdb_rules", events, last_arrival(events), self.folder / "duckdb.csv"],
                           check=True, stdout=to, env=environment)
        words = [line.split() for line in out.read_text(encoding="utf-8").splitlines()]
        return float(words[0][1]), collections.Counter({word[1]: int(word[2]) for word in words[1:]})

    def casewatch(self, events, out, threads=1, rules=HERE / "rules"):
        return spent([self.build / "casewatch", "backtest", "--config", self.root / "conf" / "casewatchd.yaml", "--rules", rules,
                      "--threads", threads, events], self.folder / out, cwd=self.root)

    def same_alerts(self, events, count):
        """One thread, two threads and DuckDB; the lines of output."""
        self.casewatch(events, "one.out")
        self.casewatch(events, "two.out", threads=2)
        if digest(self.folder / "one.out") != digest(self.folder / "two.out"):
            raise AssertionError("two threads say something else than one")
        found, lines = alerts_of(self.folder / "one.out")
        expected = self.duckdb(events)[1]
        if found != expected:
            raise AssertionError(f"casewatch finds {dict(found)}, DuckDB {dict(expected)}")
        self.say(f"  {count:,} events, {sum(found.values()):,} alerts as DuckDB finds them, {lines:,} lines of output")
        return lines

    def measure(self, name, count, children, late_too):
        in_order = self.events(f"{name}.jsonl", count, children)
        late = self.events(f"{name}-late.jsonl", count, children, 2) if late_too else None
        self.same_alerts(in_order, count)
        if late:
            self.same_alerts(late, count)
        least = {}
        for _ in range(ROUNDS):
            seen = {"DuckDB": self.duckdb(in_order)[0], "casewatch": self.casewatch(in_order, "out")}
            if late:
                seen["casewatch, late"] = self.casewatch(late, "out")
                seen["casewatch, all shipped rules"] = self.casewatch(in_order, "all.out", rules=self.root / "rules")
            for what, cpu in seen.items():
                least[what] = min(cpu, least.get(what, cpu))
        for what, cpu in least.items():
            self.say(f"  {what}: {cpu * 1e6 / count:.2f} CPU s a million")
        self.say(f"  against DuckDB: {self.against(least['casewatch'] / least['DuckDB'], 1.3, 'at most')}")
        if late:
            self.say(f"  2 in 100 late against in order: {self.against(least['casewatch, late'] / least['casewatch'], 1.1, 'at most')}")
            lines = alerts_of(self.folder / "all.out")[1] / alerts_of(self.folder / "one.out")[1]
            ratio = least["casewatch, all shipped rules"] / least["casewatch"]
            self.say(f"  all shipped rules against three: {self.against(ratio, 2, 'at most')}, with {lines:.1f} times the lines")
            late.unlink()
        return in_order, least["DuckDB"] * 1e6 / count

    def row(self, sizes):
        for number, (count, children) in enumerate(sizes):
            events, duckdb = self.measure("casework", count, children, number == 0)
            if number == 0:
                self.in_memory(events, children, duckdb)
            events.unlink()

    def in_memory(self, events, children, duckdb):
        """Effects counted only, and two threads, each in a process that prints nothing."""
        out = subprocess.run([self.build / "tests" / "bench_replay", events, str(children)], check=True, capture_output=True, text=True,
                             cwd=self.root).stdout
        self.say(out.rstrip())
        counted = float(re.search(r"effects counted only .*?([\d.]+) CPU s a million", out)[1])
        rate = {threads: float(re.search(rf"{words} +(\d+) events/s", out)[1])
                for threads, words in ((1, "backtest, one thread"), (2, "backtest, two threads"))}
        self.say(f"  effects counted only, against DuckDB: {self.against(counted / duckdb, 1.0, 'at most')}")
        self.say(f"  two threads, events/s against one: {self.against(rate[2] / rate[1], 1.6)}")
