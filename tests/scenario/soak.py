#!/usr/bin/env python3
"""A soak: a council's days in fast time through the real daemon (tests/tools/soak.c), every ladder reckoned independently.

    tests/scenario/soak.py [--soak build/tests/soak] [--tool build/casewatch] [--days N] [--alerts N] [--seed N] [--reckon HOURS]

Children are taken into custody, go missing, are referred, over all the days; people answer, pass on, take answers back, resolve;
records end. The mail server refuses, hangs up and is away for hours; the daemon is stopped again and again. At the end each
alert's ladder is reckoned by tests/scenario/oracle/ladder.py, which shares nothing with the daemon, and compared with the
messages that the daemon owed and sent:
    missed     a step, or a passing on, that was told to nobody in the role
    late       told more than two seconds after its time (what happened while the daemon was stopped: after its start)
    strangers  told in a role, or at a time, that the reckoning does not know
    repeats    a message that went twice without a mark
    given up   a message that the server would have taken, since it refuses nothing for good and is back within hours
    report     a figure of the report `answering` that is another one when it is reckoned from the events (answering.py)
The daemon's own reckoning of what should have been told must have found nothing. All must be 0.
"""
import argparse, json, pathlib, random, shutil, sqlite3, subprocess, sys, tempfile, time

import yaml

HERE = pathlib.Path(__file__).parent
sys.path.insert(0, str(HERE))
sys.dont_write_bytecode = True
import answering  # noqa: E402
from answers import RULES, Story, event, replay  # noqa: E402
from oracle.clock import HOUR, Calendar, instant, stamp  # noqa: E402

FIRST = instant("2026-01-05T00:00:00Z")
ASKS = ("opened", "escalated", "passed-on")
SECOND = HOUR // 3600


class Case(Story):
    """A story anywhere in the days of the soak, with a worker and a team."""

    placed = False

    def __init__(self, r, number, rule, calendar, days):
        super().__init__(r, number, rule, calendar)
        old, self.opened = self.opened, FIRST + r.randrange(days * 24 * 60) * HOUR // 60 + 2 * HOUR
        for one in self.events:
            one["time"] = stamp(instant(one["time"]) - old + self.opened)
        if self.closed is not None:
            self.closed += self.opened - old
        self.placed = True
        self.mute()
        self.events.insert(0, event(f"w{number}", FIRST, "allocation.started", self.subject,
                                    {"role": "social-worker", "worker": "W1", "team": "north-3"}))

    def answer(self, alert, until):
        """Somebody rings in the end, and it is resolved: asked again every half hour for a year, a few that nobody ever answered would
        be most of what is sent, and tell nothing new."""
        super().answer(alert, until)
        told = next((t for t, _, roles in self.reckon(until).lines if roles), None)
        last = max([self.opened] + [a[0] for a in self.answers])
        at = last + (3 if self.rule["severity"] == "critical" else 28) * 24 * HOUR + self.r.randrange(48) * HOUR // 2
        if self.closed is not None or told is None or told > at:
            return
        role, id_ = self.r.choice(self.roles()), f"z{self.subject}"
        self.events.append(event(id_, at, "alert.resolved", self.subject, {"alert": alert, "by": role, "reason": "rung up"}))
        self.answers.append((at, id_, "resolved", {"by": role}))

    def mute(self):
        """Mutes are made about the time at which it opens."""
        self.mutes, self.muted_wrongly = [], set()
        if self.placed:
            super().mute()


def live(args, folder, events, until):
    rules = answering.rules_with_registers(folder, RULES)
    lines = folder / "events.jsonl"
    lines.write_text("".join(json.dumps(e) + "\n" for e in sorted(events, key=lambda e: (instant(e["time"]), e["id"]))))
    done = subprocess.run([args.soak, str(folder), str(rules), str(lines), stamp(until), str(args.seed), str(args.reckon)],
                          capture_output=True, text=True)
    if done.returncode != 0:
        raise SystemExit(f"exit status {done.returncode}: {done.stdout[-800:]}{done.stderr[-1500:]}")
    return [line.split() for line in done.stdout.splitlines() if line.startswith("<")]


def told_rows(folder):
    """{subject: [(created, purpose, role)]}: each message that was owed; and how many of them were given up."""
    base = sqlite3.connect(folder / "casewatch.db")
    rows = {}
    for subject, created, purpose, role in base.execute(
            "SELECT subject, created, purpose, role FROM outbox WHERE number > 0 AND purpose IN (?, ?, ?)", ASKS):
        rows.setdefault(subject, []).append((created, purpose, role))
    given_up = base.execute("SELECT subject || ', ' || purpose || ' to ' || role || ' of ' || datetime(created / 1000000, 'unixepoch')"
                            " || ' after ' || attempts || ' attempts: ' || reply FROM outbox"
                            " o WHERE number > 0 AND state = 5 AND reply NOT LIKE 'not sent: %' AND NOT (purpose = 'asked-again'"
                            " AND EXISTS (SELECT 1 FROM outbox n WHERE n.number = o.number AND n.role = o.role"
                            " AND n.created > o.created AND n.state IN (2, 3)))").fetchall()
    return rows, [row[0] for row in given_up]


def judge(case, rows, until, wrong):
    """Every line of the ladder has its messages, and every message its line."""
    left = list(rows)
    for t, what, roles in case.reckon(until).lines:
        purpose = what.replace("_", "-")
        for role in roles or () if purpose in ASKS and t <= until else ():
            found = min((row for row in left if row[1:] == (purpose, role) and row[0] >= t), default=None)
            if not found:
                wrong["missed"].append(f"{case.subject} {case.rule['id']}: {purpose} to {role} at {stamp(t)}")
                continue
            if found[0] > t + 2 * SECOND:
                wrong["late"].append(f"{case.subject} {case.rule['id']}: {purpose} to {role} at {stamp(found[0])}, not {stamp(t)}")
            left.remove(found)
    wrong["strangers"] += [f"{case.subject} {case.rule['id']}: {purpose} to {role} at {stamp(at)}" for at, purpose, role in left]


def repeats(sends):
    may_be_there, found = set(), []
    for reference, came, mark in sends:
        if reference in may_be_there and mark == "unmarked":
            found.append(reference)
        if came != "not":
            may_be_there.add(reference)
    return found


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--soak", default="build/tests/soak")
    p.add_argument("--tool", default="build/casewatch")
    p.add_argument("--config", default="conf/casewatchd.yaml")
    p.add_argument("--days", type=int, default=30)
    p.add_argument("--alerts", type=int, default=100)
    p.add_argument("--reckon", type=int, default=1, help="hours between two of the daemon's own reckonings")
    p.add_argument("--seed", type=int, default=random.SystemRandom().randint(1, 10**9))
    p.add_argument("--keep", help="a directory for the events and the database, to be looked at")
    args = p.parse_args()
    print(f"seed {args.seed}, {args.days} days, {args.alerts} alerts")
    r, began = random.Random(args.seed), time.monotonic()
    rules, calendar = yaml.safe_load((RULES / "ladders.yaml").read_text())["rules"], Calendar("conf/bank-holidays.json")
    cases = [Case(r, n, r.choice(rules), calendar, args.days) for n in range(args.alerts)]
    until = FIRST + (args.days + 5) * 24 * HOUR
    ids = {x["subject"]: x["alert"] for x in replay(args, [e for c in cases for e in c.events], until) if x["what"] == "alert.opened"}
    for case in cases:
        case.answer(ids[case.subject], until)
    wrong = {"missed": [], "late": [], "strangers": [], "repeats": [], "given up": [], "report": []}
    with tempfile.TemporaryDirectory(dir="/dev/shm") as folder:
        folder = pathlib.Path(folder)
        sends = live(args, folder, [e for c in cases for e in c.events if instant(e["time"]) <= until], until)
        rows, wrong["given up"] = told_rows(folder)
        wrong["report"], told, fates = answering.differences(args, folder, cases, until)
        if args.keep:
            shutil.copytree(folder, args.keep, dirs_exist_ok=True)
    for case in cases:
        judge(case, rows.get(case.subject, ()), until, wrong)
    wrong["repeats"] = repeats(sends)
    marked = sum(mark == "marked" for _, _, mark in sends)
    print(f"{told} alerts in the report: " + ", ".join(f"{fate} {fates[fate]}" for fate in answering.FATES))
    print(f"{sum(map(len, rows.values()))} messages of {len(cases)} alerts owed, {len(sends)} sends, {marked} marked repeats; "
          + ", ".join(f"{name} {len(found)}" for name, found in wrong.items()) + f"; {time.monotonic() - began:.0f} s")
    for name, found in wrong.items():
        for one in found[:5]:
            print(f"        {name}: {one}")
    return 1 if any(wrong.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
