"""Whether one council's storm is felt by another of the same process (row `storm`)."""
import json
import re
import shutil
import subprocess
import threading
import time

from councils_row import Councils, target
from processes import Process, tool, wait_until

SMTP = "smtp: {{host: 127.0.0.1, port: {port}, tls: none, from: casewatch@example.org, domain: example.org}}\n"
QUIET, STORM = 0, 1  # the councils' numbers
RATE = 20            # critical alerts a second of the quiet one
MORE_MS = 50         # what a turn of the loop may take: the p99 of another council may be so much later


def criticals(what, count):
    """A critical alert each, of a child of its own."""
    at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    return [json.dumps({"specversion": "1.0", "id": f"{what}{i}", "source": "/council/custody", "type": "custody.threshold_met",
                        "subject": f"{what}{i}", "time": at, "data": {"custody": f"K{i}"}}, separators=(",", ":")) for i in range(count)]


def p99(took):
    return took[len(took) - 1 - len(took) // 100]


class Storm:
    """`delays`: of mails of a council, by when their events were produced (Bench.delays)."""

    def __init__(self, bench, say, delays):
        self.bench, self.say, self.delays = bench, say, delays

    def row(self, count, seconds, storm):
        folder, root = self.bench.folder / "storm", self.bench.root
        (folder / "mails").mkdir(parents=True)
        sink = Process([tool("mail_sink"), str(folder / "mails")])
        port = int(sink.wait_for(r"^port (\d+)$", 10)[1])
        councils = Councils(folder / "councils", root, self.bench.broker(), "storm", count, SMTP.format(port=port))
        try:
            councils.start()
            self.quietly(councils, sink, "first", 1)  # librdkafka reads a partition for the first time up to a second late
            alone = self.quietly(councils, sink, "alone", seconds)
            self.say(f"  {count} councils in one process; one with {RATE} critical alerts a second: {self.figures(alone)}")
            beside = self.beside(councils, sink, seconds, storm)
            self.say(f"  the same beside {storm:,} critical alerts at once of another, of which {self.went:,} mails went meanwhile: "
                     f"{self.figures(beside)}")
            later = [p99(there) - p99(here) for here, there in zip(alone, beside)]
            self.say(f"  p99 later by {later[0]:.0f} ms (committed) and {later[1]:.0f} ms (mail)"
                     f"{target(f'at most {MORE_MS} ms', max(later) <= MORE_MS, not self.bench.quick)}")
            wait_until(lambda: councils.ask(STORM, "SELECT count(*) FROM event") >= storm, 120, "the storm in its database")
            if councils.ask(STORM, "SELECT count(*) FROM event") != storm:
                raise AssertionError("of the storm there is more than was produced")
        finally:
            councils.kill()
            sink.kill()
            shutil.rmtree(folder, ignore_errors=True)

    @staticmethod
    def figures(took):
        return "; ".join(f"produced to {what} p50 {times[len(times) // 2]:.0f} ms, p99 {p99(times):.0f} ms, longest {times[-1]:.0f} ms"
                         for what, times in zip(("committed", "mail accepted"), took))

    def quietly(self, councils, sink, what, seconds):
        """Milliseconds to the commit and to the mail server's answer, of each event, in order."""
        lines = criticals(what, (seconds + 1) * RATE)
        out = subprocess.run([tool("bench_spread"), "-r", str(RATE), "-d", str(councils.folder / "all"), "-v", councils.broker.plain,
                              councils.topic, str(QUIET), "1"], input="\n".join(lines) + "\n", capture_output=True, text=True, check=True,
                             timeout=600).stdout
        sent = {f"{what}{number}": int(at) / 1e6 for number, at in re.findall(r"(?m)^given (\d+) (\d+)$", out)}
        committed = sorted(int(took) / 1000 for took in re.findall(r"(?m)^took \d+ (\d+)$", out))
        database = councils.folder / "all" / f"c{QUIET:06d}" / "casewatch.db"

        def mails():
            sink.drain()
            return sorted(1000 * took for took in self.delays(sent, sink, councils.folder.parent / "mails", database))
        told = wait_until(lambda: (lambda found: len(found) >= len(sent) and found)(mails()), 60, "a mail for each of the quiet council's alerts")
        if len(committed) != len(sent) or len(sent) < seconds * RATE * 0.9:
            raise AssertionError(f"{len(lines)} lines, {len(sent)} of them counted, {len(committed)} committed")
        return committed, told

    def beside(self, councils, sink, seconds, storm):
        lines = "\n".join(criticals("S", storm)) + "\n"
        before = len(sink.drain())
        thread = threading.Thread(target=subprocess.run, args=([tool("bench_spread"), councils.broker.plain, councils.topic, str(STORM), "1"],),
                                  kwargs={"input": lines, "capture_output": True, "text": True, "check": True, "timeout": 600})
        thread.start()
        try:
            found = self.quietly(councils, sink, "beside", seconds)
        finally:
            thread.join()
        self.went = len(sink.drain()) - before - len(found[1])
        return found
