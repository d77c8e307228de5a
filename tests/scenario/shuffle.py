#!/usr/bin/env python3
"""The order of declarations never matters: rule files are shuffled (the files, their parts, and the items of each part), and the
same random history must give the same lines, whatever their order within an instant. Nor does it matter whether a rule is one, or two
versions of the same words one after the other.

    tests/scenario/shuffle.py [--tool build/casewatch] [--config conf/casewatchd.yaml] [--rounds N] [--seed N]
"""
import argparse
import datetime
import json
import pathlib
import random
import subprocess
import sys
import tempfile

import yaml

HERE = pathlib.Path(__file__).parent
sys.path.insert(0, str(HERE))
sys.dont_write_bytecode = True
import versions  # noqa: E402
from oracle.generate import History  # noqa: E402

PARTS = ("events", "states", "rules", "registers")


def shuffled(source, target, day, r):
    files = sorted(p for p in pathlib.Path(source).glob("*.yaml") if not p.name.endswith(".test.yaml"))
    names = [f"{n:03}.yaml" for n in range(len(files))]
    r.shuffle(names)
    for path, name in zip(files, names):
        whole = yaml.safe_load(path.read_text())
        if "rules" in whole:
            whole["rules"] = [v for rule in whole["rules"] for v in (versions.split(rule, day) if r.random() < 0.5 else [rule])]
        for part in PARTS:
            r.shuffle(whole.get(part, []))
        parts = list(whole.items())
        r.shuffle(parts)
        (target / name).write_text(yaml.safe_dump(dict(parts), sort_keys=False, allow_unicode=True, width=10000))


def lines(args, rules, events):
    done = subprocess.run([args.tool, "backtest", "--config", args.config, "--rules", str(rules), str(events)],
                          capture_output=True, text=True, timeout=120)
    if done.returncode != 0:
        raise SystemExit(f"exit status {done.returncode}: {done.stderr[-1500:]}")
    return sorted(done.stdout.splitlines(), key=lambda x: (json.loads(x)["at"] or "", x))


def own_history(r):
    """For the rules of cases/own-types: their types at random, often at one instant."""
    for number in range(r.randint(10, 60)):
        kind = r.choice(["flag.set", "flag.cleared", "hospital.called", "hospital.attended", "hospital.left"])
        data = {"flag": r.choice(["cse", "cce"])} if kind.startswith("flag") else {"visit": r.choice("vw"), "reason": "fall"}
        at = f"2020-01-{r.randint(1, 9):02}T{r.choice(['10', '22'])}:00:00Z"
        yield {"specversion": "1.0", "id": f"e{number}", "source": "/lcs", "type": kind, "subject": r.choice(["C1", "C2"]),
               "time": at, "recordedtime": "2020-02-01T00:00:00Z", "data": data}


def one_round(args, seed):
    r = random.Random(seed)
    rules = r.choice([pathlib.Path("rules"), HERE / "oracle" / "rules", HERE / "cases" / "own-types"])
    history = list(own_history(r)) if rules.name == "own-types" else History(r, rules.parent.name == "oracle").fill()[0]
    with tempfile.TemporaryDirectory() as work:
        work = pathlib.Path(work)
        (work / "rules").mkdir()
        day = datetime.date.fromisoformat(r.choice(history)["time"][:10])
        shuffled(rules, work / "rules", day, r)
        (work / "events").write_text("".join(json.dumps(e) + "\n" for e in history))
        ours, theirs = lines(args, rules, work / "events"), lines(args, work / "rules", work / "events")
    if ours == theirs:
        return True
    print(f"not ok  seed {seed}, {rules} (repeat: --seed {seed} --rounds 1)")
    for line in sorted(set(ours) ^ set(theirs))[:6]:
        print(f"        only {'as written' if line in ours else 'shuffled'}: {line}")
    return False


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tool", default="build/casewatch")
    parser.add_argument("--config", default="conf/casewatchd.yaml")
    parser.add_argument("--rounds", type=int, default=60)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randint(1, 10**9))
    args = parser.parse_args()
    print(f"seed {args.seed}, {args.rounds} rounds")
    good = sum(one_round(args, args.seed + n) for n in range(args.rounds))
    print(f"{good} passed, {args.rounds - good} failed")
    return good != args.rounds


if __name__ == "__main__":
    sys.exit(main())
