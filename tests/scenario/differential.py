#!/usr/bin/env python3
"""The engine against an independent reading of the rules (tests/scenario/oracle), over random histories.

    tests/scenario/differential.py [--tool build/casewatch] [--config conf/casewatchd.yaml] [--seed N] [--rounds N] [--keep DIR]

Each round makes a history of a few children, with times so coarse that much falls on one instant, and replays it with the shipped
rules, with the small ones of oracle/rules, which use what the shipped ones do not, or with random ones (oracle/make_rules).
Compared, at the end and at instants between: which alerts stand, which ever stood, and, where everything arrived in order, when each
opened and closed and which early warnings went out. The seed is printed; a failing round says how to repeat it.
"""
import argparse, collections, datetime, json, pathlib, random, subprocess, sys, tempfile, time

HERE = pathlib.Path(__file__).parent
sys.path.insert(0, str(HERE))
import oracle
from oracle.clock import instant, stamp
from oracle.generate import History
from oracle.history import UNREADABLE, Event
from oracle.invent import Inventor
from oracle.make_rules import RuleMaker
from oracle.rules import Types

SMALL_RULES = HERE / "oracle" / "rules"


class Outcome:
    """What one side says: alerts standing, rules and subjects with any alert not withdrawn, periods, warnings."""

    def __init__(self):
        self.standing, self.ever = collections.Counter(), collections.Counter()
        self.periods, self.warned = collections.Counter(), collections.Counter()


def engine(args, rules, lines, until):
    unreadable = {(e["source"], e["id"]) for e in lines if UNREADABLE in e["data"].values()}
    with tempfile.NamedTemporaryFile("w", suffix=".jsonl") as f:
        f.write("".join(json.dumps(e) + "\n" for e in lines))
        f.flush()
        p = subprocess.run([args.tool, "backtest", "--config", args.config, "--rules", str(rules), "--until", stamp(until), f.name],
                           capture_output=True, text=True, timeout=60)
    if p.returncode != 0:
        raise SystemExit(f"exit status {p.returncode}: {p.stderr[-1500:]}")
    out, alerts = Outcome(), {}
    for line in map(json.loads, p.stdout.splitlines()):
        what, about = line["what"], (line.get("rule"), line.get("subject"))
        if what == "event.warned" and (line["source"], line["id"]) in unreadable:
            continue
        if what.startswith("event."):
            raise SystemExit(f"the generator made a bad event: {line}")
        if what == "alert.warned":
            out.warned[about + (instant(line["at"]),)] += 1
        if what not in ("alert.opened", "alert.resolved", "alert.withdrawn"):
            continue
        a = alerts.setdefault(line["alert"], {"about": about, "periods": []})
        a["state"] = what[6:]
        if what == "alert.opened":
            a["periods"].append([instant(line["at"]), None])
        elif what == "alert.resolved":
            a["periods"][-1][1] = instant(line["at"])
        else:
            a["periods"] = []
    for a in alerts.values():
        if a["state"] == "opened":
            out.standing[a["about"]] += 1
        if a["state"] != "withdrawn":
            out.ever[a["about"]] += 1
        for opened, closed in a["periods"]:
            out.periods[a["about"] + (opened, closed)] += opened != closed
    return out


def reading(world, lines, until):
    rules, states, types, calendar = world
    accepted, clock = [], None
    for raw in lines:
        arrival = instant(raw.get("recordedtime", raw["time"]))
        clock = arrival if clock is None else max(clock, arrival)
        if clock <= until:
            accepted.append(Event(raw, clock))
    alerts, warned, unsure, out_later = oracle.alerts(accepted, rules, states, types, calendar, until)
    out = Outcome()
    out.doubtful, out.later = unsure, out_later
    for a in alerts:
        about = (a.rule, a.subject)
        if a.stands((until, 2, 10**9)):
            out.standing[about] += 1
        out.ever[about] += 1
        # A stop known by date only may have been known before the alert could open.
        if a.by_date:
            out.doubtful.add(about)
        closed = a.closed[0] if a.closed and a.closed <= (until, 2, 10**9) else None
        out.periods[about + (a.opened[0], closed)] += a.opened[0] != closed
    for w in warned:
        out.warned[w] += 1
    return out


def differences(ours, theirs, in_order, lines, kinds, timeless):
    out = []

    def tell(title, a, b):
        show = lambda x: tuple(stamp(v) if isinstance(v, int) else v for v in x)
        for sign, x, y in (("only the text", a, b), ("only the engine", b, a)):
            left = sorted(map(str, (show(k) for k in (x - y if isinstance(x, set) else collections.Counter(x) - collections.Counter(y)))))
            if left:
                out.append(f"{title}, {sign}: {left}")
    # Overdue, but done by the time it was known: it may be said or not.
    overdue = {k for k in theirs.ever if k[0] == "t.deadline.due"}
    tell("stands", ours.standing, theirs.standing)
    doubtful = ours.doubtful | overdue
    # A clock that runs out again is the same alert again. What comes on the date of a discussion that is known by its date
    # is told by an alert of its own, whatever had begun on that date (docs/readings.md): the reading has one.
    again = ("deadline", "recurring") + (("count",) if any("timeprecision" in e for e in lines) else ())
    ever = lambda alerts: collections.Counter({k: min(n, 1) if kinds[k[0]] in again else n
                                               for k, n in alerts.items() if k not in doubtful})
    tell("ever stood", ever(ours.ever), ever(theirs.ever))
    if in_order:
        # Where dates alone are known, when an alert ends is when that became known, and with it when the next may open.
        whole = not any("timeprecision" in e for e in lines)
        plain = lambda rule: rule not in timeless and (whole or kinds[rule] in ("event", "guard", "count", "overlap"))
        sure = lambda periods: collections.Counter({k if whole else k[:3]: n for k, n in periods.items()
                                                    if n and k[:2] not in doubtful | ours.later and plain(k[0])})
        tell("period", sure(ours.periods), sure(theirs.periods))
        warned = lambda w: {k for k in w if k[:2] not in doubtful | ours.later}
        tell("warned", warned(ours.warned), warned(theirs.warned))
    return out


def made_rules(r, world, folder):
    """Rules of this round alone; a history is of what they name."""
    folder = pathlib.Path(folder)
    types, calendar = world[2:]
    RuleMaker(r, datetime.date(2026, 3, 1)).write(folder, r.randint(3, 6))
    rules, states = oracle.load(folder, types)
    return folder, (rules, states, types, calendar), Inventor(rules, states, "docs/schemas")


def one_round(args, worlds, seed):
    with tempfile.TemporaryDirectory() as folder:
        return played(args, worlds, seed, folder)


def played(args, worlds, seed, folder):
    r = random.Random(seed)
    which = "shipped" if args.shipped else "made" if args.made else r.choice(["shipped", "small", "made"])
    small = which != "shipped"
    rules, world = worlds[small]
    inventor = worlds["inventor"]
    if which == "made":
        rules, world, inventor = made_rules(r, world, folder)
    if which == "made" or (not small and r.random() < 0.7):
        history = History(r, small, inventor)
        tries = [(lines, in_order, history.until, name) for name, lines, in_order in history.orders()]
    else:
        history = History(r, small)
        lines, in_order = history.fill()
        times = sorted(instant(e["time"]) for e in lines)
        tries = [(lines, in_order, until, "in order" if in_order else "late")
                 for until in [history.until] + r.sample(times, min(2, len(times)))]
    for lines, in_order, until, name in tries:
        found = differences(reading(world, lines, until), engine(args, rules, lines, until), in_order, lines,
                            {r.id: r.kind for r in world[0]}, {r.id for r in world[0] if r.reads_first})
        if found:
            print(f"not ok  seed {seed}, until {stamp(until)}, {which} rules, "
                  f"{name} (repeat: --seed {seed} --rounds 1)")
            for f in found:
                print("        " + f)
            if args.keep:
                pathlib.Path(args.keep, f"{seed}.jsonl").write_text("".join(json.dumps(e) + "\n" for e in lines))
                for path in pathlib.Path(rules).glob("made.yaml"):
                    pathlib.Path(args.keep, f"{seed}.yaml").write_text(path.read_text())
            return False
    return True


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--tool", default="build/casewatch")
    p.add_argument("--config", default="conf/casewatchd.yaml")
    p.add_argument("--rules", default="rules")
    p.add_argument("--seed", type=int, default=random.SystemRandom().randint(1, 10**9))
    p.add_argument("--rounds", type=int, default=150)
    p.add_argument("--seconds", type=float, default=55, help="stop after so long, whatever the rounds")
    p.add_argument("--shipped", action="store_true", help="the shipped rules alone")
    p.add_argument("--made", action="store_true", help="random rules alone")
    p.add_argument("--keep", help="folder for the history of a failing round")
    p.add_argument("--failures", type=int, default=5)
    args = p.parse_args()
    print(f"seed {args.seed}, {args.rounds} rounds")
    types = Types("docs/schemas")
    calendar = oracle.Calendar("conf/bank-holidays.json")
    worlds = {small: (folder, oracle.load(folder, types) + (types, calendar)) for small, folder in
              ((False, args.rules), (True, SMALL_RULES))}
    # Without the key that a single assessment needs, and the dates of birth, of which the generator makes bad ones by itself.
    History.optional = {t: types.fields[t] - types.needed[t] - {"referral", "date_of_birth"} for t in types.needed}
    worlds["inventor"] = Inventor(*worlds[False][1][:2], "docs/schemas")
    failed, began, i = 0, time.monotonic(), -1
    for i in range(args.rounds):
        failed += not one_round(args, worlds, args.seed + i)
        if failed >= args.failures or time.monotonic() - began > args.seconds:
            break
    if i + 1 < args.rounds and failed < args.failures:
        print(f"the time of {args.seconds:.0f} s is over: {i + 1} of {args.rounds} rounds were played (--seconds)")
    print(f"{i + 1 - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
