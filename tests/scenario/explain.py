#!/usr/bin/env python3
"""Taking away any one event that `casewatch explain` names changes the alert: over random histories.

    tests/scenario/explain.py [--tool build/casewatch] [--config conf/casewatchd.yaml] [--seed N] [--cases N] [--versions]

A case is an alert of a random history with corrections, withdrawals, merges and duplicates that was not withdrawn in the end.
  - explain knows it, and names at least one event;
  - each event that an alert that stands rests on (`evidence`) is named;
  - without any one of those that are named, `casewatch backtest`, which knows nothing of the question, says something else of the
    alerts of that rule and subject, or the alert stood from or to another instant (a late record that only moves an instant is heard
    of at the same time).
A case is counted for each event that is taken away. The seed is printed; a failing case says how to repeat it.
"""
import argparse, datetime, json, pathlib, random, sys, tempfile

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import versions  # noqa: E402
from properties import History, START, UNTIL, stamp  # noqa: E402
from why_not import Case, linked, share  # noqa: E402


def lines_of(case, events, rule, names):
    """What backtest says of the rule's alerts of the subject, under whichever of its ids."""
    path = case.folder / "tried.jsonl"
    case.write(path, events)
    lines = map(json.loads, case.run("backtest", "--until", case.at, str(path)).splitlines())
    return [{k: v for k, v in line.items() if k != "subject"} for line in lines if line.get("rule") == rule and line["subject"] in names]


def stood(case, events, alert):
    """From when to when by the records themselves: backtest says when people heard of it, which may be later."""
    path = case.folder / "rest.jsonl"
    case.write(path, events)
    said = json.loads(case.run("explain", alert, "--events", str(path), "--at", case.at, "--json"))
    return (said["opened"], said["closed"], said["reason"]), {(e["id"], e["source"]) for e in said["made_and_ended_by"]}


def alerts_of(case):
    """{alert: its last line}, of those that were not withdrawn."""
    alerts = {}
    for line in map(json.loads, case.run("backtest", "--until", case.at, str(case.file)).splitlines()):
        if line["what"] in ("alert.opened", "alert.updated", "alert.resolved"):
            alerts[line["alert"]] = line
        elif line["what"] == "alert.withdrawn":
            alerts.pop(line["alert"], None)
    return alerts


def check_alert(case, r, alert, line):
    """(events taken away, what is wrong)"""
    said = json.loads(case.run("explain", alert, "--events", str(case.file), "--at", case.at, "--json"))
    named = said["made_and_ended_by"]
    if not said["as_records_are_now"]:
        return 0, "explain does not know it, and it was not withdrawn"
    if not named and line["evidence"]:
        return 0, "no event is named"
    # What the last line rests on is what people were told of; a record that was corrected or withdrawn since never happened.
    amended = {e["replaces"] for e in case.events if "replaces" in e} | {e["data"]["id"] for e in case.events if e["type"] == "event.withdrawn"}
    missing = set(line["evidence"]) - amended - {e["id"] for e in named}
    # Of one that ended meanwhile the line says what it rested on when it was told; a record that came with the end may have moved it.
    if missing and line["what"] != "alert.resolved":
        return 0, f"it rests on {sorted(missing)}, which explain does not name"
    names = linked(case.events, line["subject"])
    was = lines_of(case, case.events, line["rule"], names)
    for event in r.sample(named, min(3, len(named))):
        rest = [e for e in case.events if (e["id"], e["source"]) != (event["id"], event["source"])]
        if lines_of(case, rest, line["rule"], names) != was:
            continue
        period, then_named = stood(case, rest, alert)
        instead = event["without"] == "other records" and then_named - {(e["id"], e["source"]) for e in named}
        if period == (said["opened"], said["closed"], said["reason"]) and not instead:
            return 0, f"without {event['id']} ({event['type']}, \"{event['without']}\") nothing changes"
    return min(3, len(named)), None


def the_limit_of_records_that_are_looked_at_is_said(case):
    """Of 450 records 400; the earliest of them, without which nothing changes, are passed over aloud."""
    day = lambda i: f"2026-0{1 + i // 80}-{1 + i % 80 // 4:02}T{i % 4 * 5:02}:00:00Z"
    events = [{"specversion": "1.0", "id": f"e{i}", "source": "/lcs", "type": "missing.started", "subject": "C1", "time": day(i),
               "data": {"episode": f"E{i}", "kind": "missing"}} for i in range(450)]
    case.write(case.file, events)
    alert = next(line for line in map(json.loads, case.run("backtest", "--until", case.at, str(case.file)).splitlines())
                 if line["what"] == "alert.opened" and line["rule"] == "missing.vpg-referral")["alert"]
    said = case.run("explain", alert, "--events", str(case.file), "--at", case.at)
    return "Of 450 records the latest 400 were looked at." in said


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--tool", default="build/casewatch")
    p.add_argument("--ask", help="build/tests/ask: one process for all questions")
    p.add_argument("--jobs", type=int, default=1)
    p.add_argument("--config", default="conf/casewatchd.yaml")
    p.add_argument("--versions", action="store_true", help="every rule with two versions, of other numbers from a date on")
    p.add_argument("--seed", type=int, default=random.SystemRandom().randint(1, 10**9))
    p.add_argument("--cases", type=int, default=200)
    p.add_argument("--keep", help="folder for the history of a failing case")
    args = p.parse_args()
    if args.jobs > 1:
        return share(args, __file__)
    print(f"seed {args.seed}, {args.cases} cases")
    done, wrong, alerts, seed = 0, 0, 0, args.seed
    with tempfile.TemporaryDirectory() as folder:
        if args.versions:
            args.config = versions.configured(args.config, folder, versions.days(START + datetime.timedelta(days=30), 60),
                                             random.Random(seed))
        while done < args.cases and wrong < 5:
            r = random.Random(seed)
            case = Case(args, pathlib.Path(folder), History(r).fill().events, stamp(UNTIL))
            found = alerts_of(case)
            for alert in r.sample(sorted(found), min(5, len(found))):
                taken, fault = check_alert(case, r, alert, found[alert])
                done += taken
                alerts += 1
                if fault:
                    wrong += 1
                    print(f"not ok  seed {seed}: {alert} of {found[alert]['rule']}: {fault}")
                    if args.keep:
                        case.write(pathlib.Path(args.keep, f"explain-{seed}.jsonl"), case.events)
            seed += 1
        if not the_limit_of_records_that_are_looked_at_is_said(Case(args, pathlib.Path(folder), [], stamp(UNTIL))):
            wrong += 1
            print("not ok  a limit that was reached is not said")
    print(f"{done} events of {alerts} alerts taken away, {wrong} wrong")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
