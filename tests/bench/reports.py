"""Every report on a council of over 10 million events, and what a writer beside it feels (bench row `reports`)."""
import os
import re
import shutil
import sqlite3
import subprocess
import threading
import time

from kafka_kit import run
from processes import BUILD, tool
import report_store


class Writer(threading.Thread):
    """Commits as the loop does, as fast as it can; notes the slowest."""

    def __init__(self, path):
        super().__init__(daemon=True)
        self.path, self.going, self.slowest, self.count = path, True, 0.0, 0

    def run(self):
        base = sqlite3.connect(self.path, isolation_level=None, timeout=30)
        base.execute("PRAGMA synchronous = FULL")
        while self.going:
            began = time.monotonic()
            base.execute("BEGIN IMMEDIATE")
            base.execute("INSERT OR REPLACE INTO meta (name, value) VALUES ('bench', ?)", (str(self.count),))
            base.execute("COMMIT")
            self.slowest, self.count = max(self.slowest, time.monotonic() - began), self.count + 1
            time.sleep(0.005)
        base.close()


def cpu_of(arguments):
    """(CPU seconds, seconds) of a program that must succeed; a figure that is incomplete is no fault."""
    began, before = time.monotonic(), os.times()
    done = subprocess.run(arguments, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, timeout=900, check=False)
    assert done.returncode == 0, f"{arguments}: {done.stderr}"
    after = os.times()
    return after.children_user + after.children_system - before.children_user - before.children_system, time.monotonic() - began


def measure(config, rows, say):
    path = config.parent / "casewatch.db"
    events = subprocess.Popen([tool("bench_events"), "2000", "200"], stdout=subprocess.PIPE)
    run(tool("bench_fill"), path, config, "2000", stdin=events.stdout)
    events.wait()
    run(tool("bench_registers"), path, config)
    total = report_store.fill(str(path), rows)
    casewatch = os.path.join(BUILD, "casewatch")
    wrong = subprocess.run([casewatch, "report", "none", "--config", str(config)], capture_output=True, text=True, check=False).stderr
    names = re.search(r"there are ([^\n]*)", wrong)[1].rstrip(".").split(", ")
    costs = {}
    writer = Writer(path)
    writer.start()
    for name in names:
        costs[name] = cpu_of([casewatch, "report", name, "--config", str(config)])
    writer.going = False
    writer.join()
    say(f"  {total:,} rows in the registers, {rows:,} in each large one; {len(names)} reports")
    for name, (cpu, took) in sorted(costs.items(), key=lambda cost: -cost[1][0])[:5]:
        say(f"  {name}: {cpu:.1f} CPU s, {took:.1f} s")
    say(f"  all: {sum(cpu for cpu, _ in costs.values()):.1f} CPU s; beside them {writer.count} commits, the slowest {writer.slowest * 1000:.0f} ms")
    shutil.rmtree(config.parent)
