#!/usr/bin/env python3
"""When each list and report is due, and who gets it: the next three times after 1 February 2020 (a leap year, with the clock change
and Easter to come), compared with tests/data/reports/DUE.

    tests/scenario/due.py [--tool build/casewatch] [--config conf/casewatchd.yaml] [--write]
"""
import argparse, importlib.machinery, importlib.util, json, pathlib, subprocess, sys, tempfile

HERE = pathlib.Path(__file__).resolve().parent
DUE = HERE.parent / "data" / "reports" / "DUE"
FIRST = "2020-02-01T12:00:00Z"
sys.dont_write_bytecode = True


def recipients():
    """Of each issue, as tests/lint/report-tests reads them."""
    path = HERE.parent / "lint" / "report-tests"
    loader = importlib.machinery.SourceFileLoader("report_tests", str(path))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("report_tests", loader))
    loader.exec_module(module)
    return {issue: told[2] for issue, told in module.issues("conf/lists").items()}


def times(args):
    """{issue: its next three times} as the clock of a replay has them."""
    event = {"specversion": "1.0", "id": "1", "source": "/lcs", "type": "child.updated", "subject": "C1", "time": FIRST, "data": {}}
    with tempfile.NamedTemporaryFile("w", suffix=".jsonl") as file:
        file.write(json.dumps(event) + "\n")
        file.flush()
        done = subprocess.run([args.tool, "backtest", "--config", args.config, "--until", "2021-02-01T12:00:00Z", file.name],
                              capture_output=True, text=True, timeout=120)
    assert done.returncode in (0, 1), done.stderr
    found = {}
    for line in map(json.loads, done.stdout.splitlines()):
        if line["what"] == "list.due":
            found.setdefault(line["list"], []).append(line["at"])
    return {issue: " ".join(at[:3]) for issue, at in found.items()}


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--tool", default="build/casewatch")
    p.add_argument("--config", default="conf/casewatchd.yaml")
    p.add_argument("--write", action="store_true")
    args = p.parse_args()
    due, roles = times(args), recipients()
    lines = [f"{issue}: {due.get(issue, 'never')}: {roles[issue]}" for issue in sorted(roles)]
    if args.write:
        DUE.write_text("".join(line + "\n" for line in lines))
    before = DUE.read_text().splitlines()
    for line in sorted(set(lines) ^ set(before)):
        print(("now     " if line in lines else "before  ") + line)
    print(f"{len(lines)} lists and issues, {len(set(lines) - set(before))} otherwise than in {DUE.name}")
    return 1 if lines != before else 0


if __name__ == "__main__":
    sys.exit(main())
