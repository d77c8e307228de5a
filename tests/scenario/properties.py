#!/usr/bin/env python3
"""Random histories: whatever order events arrive in, the same alerts stand.

    tests/scenario/properties.py [--tool build/casewatch] [--config conf/casewatchd.yaml] [--seed N] [--rounds N]

Each round makes the history of a few children, with corrections, withdrawals, merges and duplicates, and replays it three
ways: as it happened, all of it later in a random order, and a random part of it late. The alerts that stand at the end, and
those that ever stood and were not withdrawn, must be the same. The seed is printed; a failing round says how to repeat it.
"""
import argparse, datetime, json, pathlib, random, subprocess, sys, tempfile

UTC = datetime.timezone.utc
START = datetime.datetime(2025, 9, 1, tzinfo=UTC)
END = datetime.datetime(2026, 6, 1, tzinfo=UTC)
UNTIL = datetime.datetime(2026, 7, 1, tzinfo=UTC)


def stamp(t):
    return t.strftime("%Y-%m-%dT%H:%M:%SZ")


class History:
    """A random history. Times are coarse, so that instants coincide."""

    def __init__(self, r):
        self.r, self.events, self.n = r, [], 0
        self.children = [f"C{i}" for i in range(1, r.randint(2, 5))]

    def when(self):
        r = self.r
        if r.random() < 0.5:  # a narrow span, so that windows fill and starts and ends meet
            return START + datetime.timedelta(days=r.randint(30, 75), hours=r.choice([0, 7, 8, 21, 22, 23, 12]))
        return START + datetime.timedelta(days=r.randint(0, 240), minutes=r.choice([0, 0, 15]) + 60 * r.randint(0, 23))

    def add(self, type_, subject, data=None, time=None, **more):
        self.n += 1
        t = time or self.when()
        event = {"specversion": "1.0", "id": f"e{self.n}", "source": self.r.choice(["/lcs", "/lcs", "/edt"]), "type": type_,
                 "subject": subject, "time": stamp(t), "data": data or {}}
        if self.r.random() < 0.12 and "recordedtime" not in more:
            event["timeprecision"] = "day"
            event["time"] = stamp(t.replace(hour=0, minute=0))  # the parser takes the local date of it
        event.update(more)
        self.events.append(event)
        return event

    def fill(self):
        r = self.r
        for _ in range(r.randint(10, 45)):
            child = r.choice(self.children)
            key = lambda p, n=4: f"{p}{r.randint(1, n)}"
            unregulated = {"placement": key("p"), "regulated": r.random() < 0.3, "setting": "H5", "provider": key("PR", 2)}
            choice = r.choice([
                lambda: self.add("missing.started", child, {"episode": key("m", 8), "kind": r.choice(["missing", "missing", "away"]),
                                                            "risk": r.choice(["low", "high", "medium"])}),
                lambda: self.add("missing.started", child, {"episode": key("m", 8), "kind": "missing"}),
                lambda: self.add("missing.ended", child, {"episode": key("m", 8)}),
                lambda: self.add(r.choice(["rhi.completed", "rhi.declined"]), child, {"episode": key("m", 8)}),
                lambda: self.add("vpg.discussed", child),
                lambda: self.add(r.choice(["vpg.opened", "vpg.closed", "rmg.opened", "rmg.closed", "cp.started", "cp.ended"]), child),
                lambda: self.add("safety_plan.signed_off", child, {"plan": key("s", 2), "by": r.choice(["team-manager", "head-of-service"])}),
                lambda: self.add(r.choice(["safety_plan.ended", "safety_plan.audited", "safety_plan.reviewed"]), child, {"plan": key("s", 2)}),
                lambda: self.add("custody.detained", child, {"custody": key("k", 3)}),
                lambda: self.add(r.choice(["custody.released", "custody.charged_bail_refused", "custody.threshold_met", "pace.transferred",
                                           "pace.bed_requested", "custody.feedback_recorded"]), child, {"custody": key("k", 3)}),
                lambda: self.add("referral.accepted", child, {"referral": key("r", 3)}),
                lambda: self.add("referral.closed", child, {"referral": key("r", 3)}),
                lambda: self.add("assessment.authorised", child, {"assessment": key("a"), "kind": "single", "referral": key("r", 3),
                                                                  "outcome": r.choice(["nfa", "cin"])}),
                lambda: self.add("early_help.discussed", child, {"referral": key("r", 3)}),
                lambda: self.add("core_group.held", child),
                lambda: self.add("vcl.scored", child, {"level": r.choice(["low", "high"])}),
                lambda: self.add("placement.decided", child, unregulated),
                lambda: self.add("placement.started", child, unregulated),
                lambda: self.add("placement.ratified", child, {"placement": unregulated["placement"], "by": r.choice(["director", "team-manager"])}),
                lambda: self.add("placement.ended", child, {"placement": key("p")}),
                lambda: self.add("provider.registration_changed", key("PR", 2), {"registered": r.random() < 0.5}),
                lambda: self.add("risk_assessment.completed", child, {"placement": key("p"), "care": r.randint(0, 10), "support": r.randint(0, 10)}),
                lambda: self.add("contact.received", child, {"contact": key("c"), "flags": r.choice([[], ["neglect"]])}),
                lambda: self.add("contact.decided", child, {"contact": key("c"), "outcome": "nfa"}),
                lambda: self.add(r.choice(["strategy.held"]), child, {"strategy": key("y"), "s47": r.random() < 0.7}),
                lambda: self.add(r.choice(["s47.started", "s47.completed"]), child, {"s47": key("z", 2)}),
                lambda: self.add("allocation.started", child, {"role": "social-worker", "worker": key("W", 2), "team": "north"}),
                lambda: self.add("allocation.ended", child, {"role": "social-worker", "worker": key("W", 2)}),
                lambda: self.add("child.updated", child, {"date_of_birth": r.choice(["2008-02-29", "2009-10-10", "2007-12-31", "2008-04-15"])}),
            ])
            choice()
        if r.random() < 0.1:
            self.add(r.choice(["child.died", "child.transferred"]), r.choice(self.children))
        for _ in range(r.randint(0, 5)):
            target = r.choice(self.events)
            if r.random() < 0.5:
                self.add("event.withdrawn", target["subject"], {"id": target["id"]}, source=target["source"])
            else:
                fixed = dict(target, id=f"f{self.n}", replaces=target["id"], time=stamp(self.when()))
                fixed.pop("timeprecision", None)
                self.n += 1
                if r.random() < 0.3 and fixed["subject"].startswith("C"):
                    fixed["subject"] = r.choice(self.children)
                self.events.append(fixed)
        for _ in range(r.choice([0, 0, 1, 2])):
            if len(self.children) > 1:
                a, b = r.sample(self.children, 2)
                self.add(r.choice(["person.merged", "person.merged", "person.unmerged"]), a, {"from": b})
        for _ in range(r.randint(0, 3)):
            self.events.append(dict(r.choice(self.events)))
        return self


def standing(args, events):
    """What stands at the end, and what ever stood and was not withdrawn."""
    with tempfile.NamedTemporaryFile("w", suffix=".jsonl") as f:
        f.write("\n".join(json.dumps(e) for e in events) + "\n")
        f.flush()
        p = subprocess.run([args.tool, "backtest", "--config", args.config, "--until", stamp(UNTIL), f.name],
                           capture_output=True, text=True, timeout=60)
    if p.returncode != 0:
        raise SystemExit(f"exit status {p.returncode}: {p.stderr[-500:]}")
    alerts = {}
    for line in map(json.loads, p.stdout.splitlines()):
        if line["what"] in ("alert.opened", "alert.updated", "alert.resolved", "alert.withdrawn"):
            state = {"alert.opened": "standing", "alert.updated": "standing", "alert.resolved": "resolved",
                     "alert.withdrawn": "withdrawn"}[line["what"]]
            alerts[line["alert"]] = (line["rule"], line["subject"], state, tuple(line["evidence"]))
    left = sorted(a for a in alerts.values() if a[2] == "standing")
    ever = sorted(a[:2] for a in alerts.values() if a[2] != "withdrawn")
    return left, ever


def with_arrivals(events, arrivals):
    """The events in the order of their arrivals; each says when it was recorded."""
    ordered = sorted(zip(arrivals, range(len(events))), key=lambda x: x[0])
    return [dict(events[i], recordedtime=stamp(at)) for at, i in ordered]


def recorded(event):
    return datetime.datetime.strptime(event["time"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)


def one_round(args, seed):
    r = random.Random(seed)
    events = History(r).fill().events
    for e in events:  # corrections are told apart by when they were recorded: keep that the same in every order
        e.pop("recordedtime", None)
    # A correction's or withdrawal's own recordedtime decides which holds; so amendments keep theirs in every arrival order.
    fixed = {i for i, e in enumerate(events) if "replaces" in e}
    late = END + datetime.timedelta(days=1)
    def arrivals(choose):
        return [late if i in fixed else choose(i, e) for i, e in enumerate(events)]
    base = with_arrivals(events, arrivals(lambda i, e: recorded(e)))
    shuffled = [END + datetime.timedelta(seconds=s) for s in r.sample(range(len(events) * 10), len(events))]
    at_end = with_arrivals(events, arrivals(lambda i, e: shuffled[i]))
    partly = with_arrivals(events, arrivals(lambda i, e: recorded(e) + (datetime.timedelta(days=r.randint(0, 40)) if r.random() < 0.4 else datetime.timedelta())))
    want = standing(args, base)
    for name, other in (("all late, in a random order", at_end), ("a part of it late", partly)):
        got = standing(args, other)
        if got != want:
            print(f"not ok  seed {seed}: {name} (repeat: --seed {seed} --rounds 1)")
            for title, a, b in (("stands", want[0], got[0]), ("ever stood", want[1], got[1])):
                print(f"        {title} only as it happened: {[x for x in a if x not in b]}")
                print(f"        {title} only {name}: {[x for x in b if x not in a]}")
            if args.keep:
                for n, ev in (("base", base), ("other", other)):
                    pathlib.Path(args.keep, n + ".jsonl").write_text("\n".join(map(json.dumps, ev)) + "\n")
            return False
    return True


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--tool", default="build/casewatch")
    p.add_argument("--config", default="conf/casewatchd.yaml")
    p.add_argument("--seed", type=int, default=random.SystemRandom().randint(1, 10**9))
    p.add_argument("--rounds", type=int, default=200)
    p.add_argument("--keep", help="folder for the two histories of a failing round")
    args = p.parse_args()
    print(f"seed {args.seed}, {args.rounds} rounds")
    failed = 0
    for i in range(args.rounds):
        failed += not one_round(args, args.seed + i)
        if failed >= 5:
            break
    print(f"{i + 1 - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
