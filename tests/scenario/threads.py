#!/usr/bin/env python3
"""A backtest by windows, child by child, and over several threads prints what one event by event prints, byte for byte.

    tests/scenario/threads.py [--tool build/casewatch] [--forced build/tests/backtest_forced] [--config FILE] [--seed N] [--rounds N]

Each round makes a history of up to a dozen children, with workers and providers they share, corrections (also onto another child),
withdrawals, merges, duplicates, answers and mutes, records that cannot be read, and a part of it late; and replays it event by
event, by one thread and by several, and by these in windows of a few events with everything frozen whenever it was judged."""
import argparse
import datetime
import json
import pathlib
import random
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).parent))
sys.dont_write_bytecode = True
from oracle import generate  # noqa: E402
import properties  # noqa: E402

UTC = datetime.timezone.utc


def happened(event):
    return datetime.datetime.fromisoformat(event["time"].replace("Z", "+00:00"))


def some_children(r, make):
    history = make()
    history.children = [f"C{i}" for i in range(1, r.choice([3, 6, 12]))]
    for _ in range(r.randint(1, 5)):
        history.fill()
    return [dict(e) for e in history.events]


def arrivals(r, events):
    """In order of arrival, a part of it late; often several at one instant."""
    late, timed = r.choice([0, 0.05, 0.4]), []
    for event in events:
        event.pop("recordedtime", None)
        at = happened(event)
        if r.random() < late:
            at += datetime.timedelta(days=r.randint(0, 40), minutes=r.choice([0, 0, 7]))
        timed.append((at, r.random(), dict(event, recordedtime=properties.stamp(at))))
    return [event for _, _, event in sorted(timed, key=lambda x: x[:2])]


def answers(r, lines):
    """To some of the alerts that were told, some when they no longer stand; and mutes."""
    told = [line for line in map(json.loads, lines) if line["what"] in ("alert.opened", "alert.resolved", "alert.warned")]
    for number, line in enumerate(r.sample(told, min(len(told), r.choice([0, 3, 10])))):
        at = datetime.datetime.fromisoformat(line["at"].replace("Z", "+00:00")) + datetime.timedelta(minutes=r.choice([0, 5, 600, 40000]))
        said = properties.stamp(at + datetime.timedelta(minutes=r.choice([0, 0, 4])))
        kind = r.choice(["alert.acknowledged", "alert.resolved", "alert.passed_on", "mute.started"])
        data = {"alert": line["alert"], "by": r.choice(["social-worker", "team-manager"]), "action": "seen", "reason": "done"}
        if kind == "mute.started":
            data = {"mute": f"u{number}", "until": r.choice(["2026-01-01", "2027-01-01"]), "reason": "quiet", "by": "team-manager"}
        yield {"specversion": "1.0", "id": f"answer{number}", "source": "/lcs", "type": kind, "subject": line["subject"], "time": said,
               "data": data, "recordedtime": properties.stamp(at)}


def hostile(r, events):
    """Other meanings under ids that were used, for other children; and what is no event."""
    for event in r.sample(events, min(len(events), r.choice([0, 2]))):
        other = r.choice(events)
        yield dict(other, id=event["id"], source=event["source"], subject=r.choice(["C1", "C2", "C3"]))


def said(words, path, config):
    done = subprocess.run([*words, "--config", config, str(path)], capture_output=True, timeout=120, check=False)
    if done.returncode:
        raise SystemExit(f"{' '.join(words)}: exit status {done.returncode}: {done.stderr[-800:].decode()}")
    return done.stdout


def write(r, path, events):
    lines = [json.dumps(event) for event in events]
    for _ in range(r.choice([0, 2])):
        lines.insert(r.randint(0, len(lines)), r.choice(["", "{", '{"id": "x"}']))
    path.write_text("\n".join(lines) + "\n")


def one_round(args, seed, folder):
    r = random.Random(seed)
    make = r.choice([lambda: properties.History(r), lambda: generate.History(r, False)])
    rules = [] if r.random() < 0.7 else ["--rules", "tests/scenario/oracle/rules"]
    words = ["--until", r.choice(["2026-07-01T00:00:00Z", "2026-01-01T00:00:00Z"])] if r.random() < 0.5 else []
    path = folder / "events.jsonl"
    events = arrivals(r, some_children(r, make))
    write(r, path, events)
    plainly = [args.forced, "backtest", "--portion", "0", "--thawed", "0"]
    lines = said([*plainly, *rules], path, args.config).splitlines()
    events = sorted([*events, *answers(r, lines), *hostile(r, events)], key=lambda e: e["recordedtime"])
    write(r, path, events)
    want = said([*plainly, *rules, *words], path, args.config)
    passed = True
    for threads in ("1", "2", "3", "7"):
        ways = {"": [args.tool, "backtest"],
                " in small windows": [args.forced, "backtest", "--batch", r.choice(["1", "3", "30", "1000"]), "--thawed", r.choice("01")]}
        for name, way in ways.items():
            got = said([*way, "--threads", threads, *rules, *words], path, args.config)
            if got != want:
                passed = False
                first = next((i for i, (a, b) in enumerate(zip(got.splitlines(), want.splitlines())) if a != b), "the end")
                print(f"not ok  seed {seed}: {threads} threads{name} say something else, from line {first} on (repeat: --seed {seed} --rounds 1)")
                if args.keep:
                    for file, bytes_ in (("events.jsonl", path.read_bytes()), ("one", want), ("several", got)):
                        pathlib.Path(args.keep, file).write_bytes(bytes_)
    return passed, want.count(b"\n")


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--tool", default="build/casewatch")
    p.add_argument("--forced", default="build/tests/backtest_forced")
    p.add_argument("--config", default="conf/casewatchd.yaml")
    p.add_argument("--seed", type=int, default=random.SystemRandom().randint(1, 10**9))
    p.add_argument("--rounds", type=int, default=20)
    p.add_argument("--keep", help="folder for the history and the two outputs of a failing round")
    args = p.parse_args()
    print(f"seed {args.seed}, {args.rounds} rounds")
    failed = lines = 0
    with tempfile.TemporaryDirectory() as folder:
        for i in range(args.rounds):
            passed, count = one_round(args, args.seed + i, pathlib.Path(folder))
            failed += not passed
            lines += count
    print(f"{args.rounds - failed} passed, {failed} failed, {lines} lines")
    return 1 if failed or not lines else 0


if __name__ == "__main__":
    sys.exit(main())
