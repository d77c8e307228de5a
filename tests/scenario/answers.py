#!/usr/bin/env python3
"""Who is told, and when: random answers against an independent reckoning of the ladder (tests/scenario/oracle/ladder.py).

    tests/scenario/answers.py [--tool build/casewatch] [--config conf/casewatchd.yaml] [--seed N] [--rounds N]

Each round opens an alert of each of the small rules of oracle/ladders at a random time, answers them at random (acknowledged,
with and without a review time, passed on, resolved, and acknowledgements withdrawn; and mutes of it), often at the very instant at which a step
ends, and compares every line of who was told and when. The seed is printed; a failing round says how to repeat it.
"""
import argparse, json, pathlib, random, subprocess, sys, tempfile, time

import yaml

HERE = pathlib.Path(__file__).parent
sys.path.insert(0, str(HERE))
sys.dont_write_bytecode = True
from oracle.clock import HOUR, Calendar, instant, stamp  # noqa: E402
from oracle.ladder import Ladder, Steps  # noqa: E402

RULES = HERE / "oracle" / "ladders"
OPENS = {"l.critical": ("custody.threshold_met", {"custody": "k"}, "custody.released"), "l.high": ("vpg.opened", {}, "vpg.closed"),
         "l.high-edt": ("missing.started", {"episode": "m", "kind": "missing"}, "missing.ended"),
         "l.normal": ("contact.received", {"contact": "c"}, "contact.decided"), "l.momentary": ("vcl.scored", {"level": "high"}, None),
         "l.each": ("rmg.opened", {}, "rmg.closed"), "l.each-momentary": ("cp.started", {}, None),
         "l.each-momentary-twice": ("cp.ended", {}, None)}
ENDS = {"custody.released": {"custody": "k"}, "missing.ended": {"episode": "m"}, "contact.decided": {"contact": "c", "outcome": "nfa"}}
SAID = {"alert.opened", "alert.asked_again", "alert.escalated", "alert.acknowledged", "alert.passed_on", "alert.resolved", "alert.withdrawn"}


def event(id_, at, type_, subject, data=None):
    return {"specversion": "1.0", "id": id_, "source": "/lcs", "type": type_, "subject": subject, "time": stamp(at), "data": data or {}}


def replay(args, events, until):
    with tempfile.NamedTemporaryFile("w", suffix=".jsonl") as f:
        f.write("".join(json.dumps(e) + "\n" for e in sorted(events, key=lambda e: (instant(e["time"]), e["id"]))))
        f.flush()
        p = subprocess.run([args.tool, "backtest", "--config", args.config, "--rules", str(RULES), "--until", stamp(until), f.name],
                           capture_output=True, text=True, timeout=60)
    if p.returncode != 0:
        raise SystemExit(f"exit status {p.returncode}: {p.stderr[-1500:]}")
    return [json.loads(line) for line in p.stdout.splitlines()]


class Story:
    """One alert, how it is answered, and what must be said of it."""

    def __init__(self, r, number, rule, calendar):
        self.r, self.rule, self.subject = r, rule, f"C{number}"
        self.steps, self.calendar = Steps(rule), calendar
        start = instant("2026-03-25T00:00:00Z") if r.random() < 0.5 else instant("2025-12-22T00:00:00Z")
        self.opened = start + r.randint(0, 6) * 24 * HOUR + r.choice([0, 7, 8, 12, 16, 17, 22]) * HOUR + r.choice([0, 0, HOUR // 2])
        type_, data, end = OPENS[rule["id"]]
        self.events = [event(f"a{number}", self.opened, type_, self.subject, data)]
        self.closed, self.answers = None, []
        self.mute()
        if end and r.random() < 0.3:
            self.closed = self.opened + r.choice([1, 3, 24, 80, 200]) * HOUR + HOUR // 4
            self.events.append(event(f"e{number}", self.closed, end, self.subject, ENDS.get(end)))

    def mute(self):
        """Mutes of the rule, or of all of the child's, before or after it opens; some too long, some ended early."""
        r, self.mutes, self.muted_wrongly = self.r, [], set()
        for n in range(r.choice([0, 0, 1, 2])):
            begins = self.opened + r.choice([-300, -30, -3, 1, 20, 100]) * HOUR + 7 * HOUR // 60
            until = begins + r.choice([5, 30, 100, 400, 3000]) * HOUR + 3 * HOUR // 60
            of, id_, severity = r.random() < 0.6, f"m{self.subject}x{n}", self.steps.severity
            data = {"mute": f"mute-{n}", "until": stamp(until), "reason": "known", "by": "team-manager", **({"rule": self.rule["id"]} if of else {})}
            self.events.append(event(id_, begins, "mute.started", self.subject, data))
            judged = Ladder(Steps({**self.rule, "severity": severity if of else "normal"}), self.calendar, begins, [], begins)
            if (of and severity == "critical") or until > judged.review_most(begins):
                self.muted_wrongly.add((begins, id_))
            if r.random() < 0.4:
                ended = begins + r.choice([1, 10, 60, 500]) * HOUR + 5 * HOUR // 60
                self.events.append(event(f"u{self.subject}x{n}", ended, "mute.ended", self.subject, data))
                if ended >= until:
                    self.muted_wrongly.add((ended, f"u{self.subject}x{n}"))
                until = min(until, ended)
            self.mutes.append((begins, until))

    def roles(self):
        return sorted({role for roles in self.steps.roles for role in roles} | {"edt"})

    def answer(self, alert, until):
        """Some answers, at instants of the ladder as it would run, or between them."""
        r = self.r
        quiet = self.reckon(until)
        told = next((t for t, _, roles in quiet.lines if roles), None)  # who was not told cannot answer
        if told is None:
            return
        instants = [t for t, _, _ in quiet.lines] + [self.opened + r.choice([1, 2, 5, 30, 100]) * HOUR // 2 for _ in range(4)]
        for n in range(r.choice([0, 1, 2, 3, 5])):
            at = max(told, r.choice(instants) + r.choice([0, 0, HOUR // 6, HOUR]))
            kind = r.choice(["acknowledged", "acknowledged", "passed_on", "passed_on", "resolved" if r.random() < 0.3 else "acknowledged"])
            fields = {"by": r.choice(self.roles())}
            data = {"alert": alert, **fields, **({"action": "Done"} if kind == "acknowledged" else {}), **({"reason": "done"} if kind == "resolved" else {})}
            if kind == "acknowledged" and r.random() < 0.5:
                fields["review_at"] = at + r.choice([-1, 1, 6, 30, 200, 3000]) * HOUR
                data["review_at"] = stamp(fields["review_at"])
            if kind == "passed_on" and r.random() < 0.4:
                fields["to"] = data["to"] = r.choice(self.roles())
            id_ = f"b{self.subject}{n}"
            self.events.append(event(id_, at, f"alert.{kind}", self.subject, data))
            self.answers.append((at, id_, kind, fields))
            if kind == "acknowledged" and not self.steps.momentary and not any(self.steps.each) and r.random() < 0.3:
                later = at + r.choice([1, 4, 30]) * HOUR
                self.events.append(event(f"w{id_}", later, "event.withdrawn", self.subject, {"id": id_}))
                self.answers.append((later, f"w{id_}", "withdrawn", {"order": id_}))
            if kind == "resolved" and r.random() < 0.5:
                later = at + r.choice([1, 4, 30, 200]) * HOUR
                self.events.append(event(f"w{id_}", later, "event.withdrawn", self.subject, {"id": id_}))
                self.answers.append((later, f"w{id_}", "reopened", {"order": id_}))
                self.quiet_between(at, later)
                break

    def quiet_between(self, at, later):
        """Nobody answers what is resolved, and it does not end otherwise, before that proves wrong."""
        gone = {id_ for t, id_, _, _ in self.answers if at <= t <= later and not id_.startswith("w")} - {self.answers[-1][3]["order"]}
        gone |= {id_ for t, id_, _, fields in self.answers if fields.get("order") in gone}
        self.answers = [a for a in self.answers if a[1] not in gone]
        self.events = [e for e in self.events if e["id"] not in gone and not (e["id"].startswith("e") and instant(e["time"]) <= later)]
        if self.closed is not None and self.closed <= later:
            self.closed = None

    def reckon(self, until):
        all_ = self.answers + ([(self.closed, "e", "ended", {})] if self.closed is not None else [])
        return Ladder(self.steps, self.calendar, self.opened, sorted([a for a in all_ if a[0] <= until], key=lambda a: a[:2]), until, self.mutes)


def one_round(args, rules, calendar, seed):
    r = random.Random(seed)
    stories = [Story(r, n, rule, calendar) for n, rule in enumerate(rules)]
    until = max(s.opened for s in stories) + r.choice([3, 30, 400, 1200]) * HOUR
    ids = {x["subject"]: x["alert"] for x in replay(args, [e for s in stories for e in s.events], until) if x["what"] == "alert.opened"}
    for s in stories:
        s.answer(ids[s.subject], until)
    came = replay(args, [e for s in stories for e in s.events], until)
    wrong = []
    for s in stories:
        ladder = s.reckon(until)
        shown = lambda t, what, roles: f"{stamp(t)} {what}" + ("" if roles is None else " to " + ", ".join(roles))
        ours = sorted(shown(*line) for line in ladder.lines if line[0] <= until)
        theirs = sorted(shown(instant(x["at"]), x["what"][6:], None if x["what"] in ("alert.resolved", "alert.acknowledged") else x["tell"])
                        for x in came if x["what"] in SAID and x["subject"] == s.subject)
        ours += sorted(f"warned of {id_}" for id_ in ladder.warned | {id_ for _, id_ in ladder.cut} | {id_ for t, id_ in s.muted_wrongly if t <= until})
        theirs += sorted(f"warned of {x['id']}" for x in came if x["what"] == "event.warned" and x["id"][1:1 + len(s.subject)] == s.subject)
        if ours != theirs:
            wrong.append((s, [x for x in ours if x not in theirs], [x for x in theirs if x not in ours], ours))
    for s, text, tool, ours in wrong[:2]:
        print(f"not ok  seed {seed}, {s.rule['id']}, opened {stamp(s.opened)} (repeat: --seed {seed} --rounds 1)")
        print("        only the text: " + "; ".join(text))
        print("        only the engine: " + "; ".join(tool))
        for e in s.events:
            print("        " + e["time"] + " " + e["type"] + " " + e["id"] + " " + json.dumps(e["data"]))
    return not wrong


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--tool", default="build/casewatch")
    p.add_argument("--config", default="conf/casewatchd.yaml")
    p.add_argument("--seed", type=int, default=random.SystemRandom().randint(1, 10**9))
    p.add_argument("--rounds", type=int, default=60)
    p.add_argument("--seconds", type=float, default=30, help="stop after so long, whatever the rounds")
    args = p.parse_args()
    print(f"seed {args.seed}, {args.rounds} rounds")
    rules, calendar = yaml.safe_load((RULES / "ladders.yaml").read_text())["rules"], Calendar("conf/bank-holidays.json")
    failed, began, i = 0, time.monotonic(), -1
    for i in range(args.rounds):
        failed += not one_round(args, rules, calendar, args.seed + i)
        if failed >= 5 or time.monotonic() - began > args.seconds:
            break
    if i + 1 < args.rounds and failed < 5:
        print(f"the time of {args.seconds:.0f} s is over: {i + 1} of {args.rounds} rounds were played (--seconds)")
    print(f"{i + 1 - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
