#!/usr/bin/env python3
"""What `casewatch backtest --against` says of two rule sets, held against what each of them does alone.

    tests/scenario/compare.py [--tool build/casewatch]

Each function below is a sentence that must be so.
"""
import argparse, json, pathlib, random, re, shutil, subprocess, sys, tempfile

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from properties import History, UNTIL, stamp  # noqa: E402


class World:
    def __init__(self, tool):
        self.tool, self.folder = tool, pathlib.Path(tempfile.mkdtemp())
        self.there = self.folder / "rules"
        shutil.copytree("rules", self.there)
        path = self.there / "missing-and-exploited.yaml"
        text = path.read_text()
        changed = text.replace("at-least: 3", "at-least: 2").replace("value: 24 hours", "value: 31 hours")
        assert changed != text
        path.write_text(changed)

    def run(self, events, *words):
        path = self.folder / "events.jsonl"
        path.write_text("".join(json.dumps(e) + "\n" for e in events))
        p = subprocess.run([self.tool, "backtest", "--config", "conf/casewatchd.yaml", "--until", stamp(UNTIL), *map(str, words), str(path)],
                           capture_output=True, text=True, timeout=300)
        if p.returncode:
            raise AssertionError(p.stderr[-400:])
        return p.stdout

    def lines(self, events, *words):
        return [json.loads(line) for line in self.run(events, *words).splitlines()]


def check(so, what):
    if not so:
        raise AssertionError(what)


def opened(lines):
    return [(x["rule"], x["subject"], x["at"]) for x in lines if x["what"] == "alert.opened"]


def missing(subject, number, time):
    return {"specversion": "1.0", "id": f"{subject}-{number}", "source": "/lcs", "type": "missing.started", "subject": subject, "time": time,
            "data": {"episode": f"M{number}", "kind": "missing"}}


def the_same_rules_tell_the_same(w):
    for seed in range(5):
        lines = w.lines(History(random.Random(seed)).fill().events, "--against", "rules")
        check(len(lines) == 1 and lines[0]["what"] == "comparison" and lines[0]["here"] == lines[0]["there"], lines)


def the_summary_comes_first_and_the_list_is_in_order_of_time(w):
    for seed in range(10):
        lines = w.lines(History(random.Random(seed)).fill().events, "--against", w.there)
        kinds = [x["what"].split(".")[0] + ("." + "row" if x["what"].endswith("row") else "") for x in lines]
        check(kinds == sorted(kinds, key=["comparison", "comparison.row", "alert"].index), kinds)
        times = [min(x["at"], x.get("here_at", x["at"])) for x in lines if x["what"].startswith("alert.")]
        check(times == sorted(times), times)


def what_differs_is_what_the_two_sets_do_alone(w):
    for seed in range(30):
        events = History(random.Random(seed)).fill().events
        here, there = opened(w.lines(events)), opened(w.lines(events, "--rules", w.there))
        lines = w.lines(events, "--against", w.there)
        only_here, only_there = list(here), list(there)
        for x in list(only_here):
            if x in only_there:
                only_here.remove(x)
                only_there.remove(x)
        for x in lines:
            key = (x.get("rule"), x.get("subject"))
            if x["what"] in ("alert.lost",):
                only_here.remove((*key, x["at"]))
            elif x["what"] == "alert.added":
                only_there.remove((*key, x["at"]))
            elif x["what"] in ("alert.earlier", "alert.later"):
                check((x["at"] < x["here_at"]) == (x["what"] == "alert.earlier"), x)
                only_here.remove((*key, x["here_at"]))
                only_there.remove((*key, x["at"]))
        check(not only_here and not only_there, (seed, only_here, only_there))
        total = lines[0]
        check((total["here"], total["there"]) == (len(here), len(there)), total)
        check(total["here"] - total["only_here"] == total["there"] - total["only_there"], total)


def the_rows_say_who_would_be_told_and_when(w):
    lines = w.lines([missing("C1", 1, "2026-01-05T10:00:00Z"), missing("C1", 2, "2026-01-20T10:00:00Z")], "--against", w.there, "--rule", "missing.vpg-referral")
    rows = {(x["month"], x["recipient"]): x for x in lines if x["what"] == "comparison.row"}
    check(set(rows) == {("2026-01", r) for r in ("social-worker", "team-manager", "vpg-chair")}, rows)
    check(all(x["only_there"] == 1 and x["only_here"] == 0 for x in rows.values()), rows)
    check([x["what"] for x in lines if x["what"].startswith("alert.")] == ["alert.added"], lines)


def who_would_be_told_at_night_is_counted(w):
    lines = w.lines([missing("C1", 1, "2026-01-05T16:30:00Z")], "--against", w.there)  # 24 hours: 16:30; 31 hours: 23:30, the duty team at once
    total = lines[0]
    check((total["night_here"], total["night_there"], total["later"]) == (0, 1, 1), total)
    night = [x for x in lines if x["what"] == "comparison.row" and x["night_there"]]
    check([x["recipient"] for x in night] == ["edt"], night)


def a_page_is_one_file_without_scripts_and_escapes_what_it_shows(w):
    page = w.folder / "page.html"
    w.run([missing("C1", 1, "2026-01-05T10:00:00Z"), missing("C1", 2, "2026-01-20T10:00:00Z")], "--against", w.there, "--html", page)
    text = page.read_text()
    check("<script" not in text and not re.search(r"(src|href)=", text) and text.startswith("<!doctype html>"), text[:200])
    check("missing.vpg-referral" in text and "OFFICIAL-SENSITIVE" in text and "&quot;Returned&quot;" in text, text[-400:])


def words_are_for_people(w):
    text = w.run([missing("C1", 1, "2026-01-05T10:00:00Z"), missing("C1", 2, "2026-01-20T10:00:00Z")], "--against", w.there, "--words")
    check("2 only there" in text and "In order of time" in text and "missing.vpg-referral" in text, text)


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--tool", default="build/casewatch")
    args = p.parse_args()
    world, failed = World(args.tool), 0
    sentences = [f for f in globals().values() if callable(f) and getattr(f, "__code__", None) and f.__code__.co_varnames[:1] == ("w",)]
    for sentence in sentences:
        try:
            sentence(world)
        except (AssertionError, ValueError) as wrong:
            failed += 1
            print(f"not ok  {sentence.__name__.replace('_', ' ')}: {wrong}")
    print(f"{len(sentences) - failed} sentences about comparisons hold, {failed} do not")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
