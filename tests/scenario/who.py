#!/usr/bin/env python3
"""What `casewatch who` shows is what the directory and the rules say: cover, hours, ways, and what is to be mended.

    tests/scenario/who.py [--tool build/casewatch]

Each function below is a sentence that must be so.
"""
import argparse, datetime, json, pathlib, shutil, subprocess, sys, tempfile

EVENTS = "tests/data/analyst/missing.jsonl"


class World:
    """A configuration of its own, with another directory."""

    def __init__(self, tool):
        self.tool, self.folder = tool, pathlib.Path(tempfile.mkdtemp())
        shutil.copytree("conf", self.folder / "conf")
        shutil.copytree("rules", self.folder / "rules")
        self.directory = (self.folder / "conf/directory.yaml").read_text()

    def who(self, rule, at, *words, change=lambda text: text):
        (self.folder / "conf/directory.yaml").write_text(change(self.directory))
        p = subprocess.run([self.tool, "who", rule, "C1003", "--at", at, "--events", EVENTS, "--config", str(self.folder / "conf/casewatchd.yaml"),
                            *words], capture_output=True, text=True, timeout=60)
        return p


def check(so, what):
    if not so:
        raise AssertionError(what)


def covered(text):
    return text.replace("\ncover:\n", "\ncover:\n  - {person: p-director, by: p-hos-cla, from: 2020-02-07, until: 2020-02-16}\n")


def cover_is_shown_with_its_dates_and_who_is_away(w):
    p = w.who("custody.threshold", "2020-02-08T23:40:00Z", change=covered)
    check("p-hos-cla, cover for p-director from Fri 7 Feb to the end of Sun 16" in p.stdout, p.stdout + p.stderr)
    check("WITHOUT    the cover: p-director, who is away until Sun 16 Feb" in p.stdout, p.stdout)
    p = w.who("custody.threshold", "2020-02-17T09:00:00Z", change=covered)
    check("p-director" in p.stdout and "cover" not in p.stdout, p.stdout)


def a_step_comes_when_its_time_is_over(w):
    p = w.who("custody.threshold", "2020-02-08T23:40:00Z", "--json")
    steps = json.loads(p.stdout)["steps"]
    check([s["at"] for s in steps] == ["2020-02-08T23:40:00Z", "2020-02-09T00:10:00Z", "2020-02-09T00:40:00Z"], steps)
    check([s["again"] for s in steps] == [False, False, True] and [s["step"] for s in steps] == [1, 2, 2], steps)


def what_can_wait_is_held_back_to_working_hours(w):
    p = w.who("missing.vpg-referral", "2020-02-08T23:40:00Z")
    check("held back to working hours: Mon 10 Feb, 08:00" in p.stdout and "p-vpg-chair, hears Mon 10 Feb, 08:00" in p.stdout, p.stdout)


def of_a_time_for_which_no_rota_was_read_it_says_so(w):
    (w.folder / "conf/director.ics").write_text("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//x//y//EN\r\nBEGIN:VEVENT\r\nUID:1\r\n"
                                                "DTSTAMP:20200101T000000Z\r\nSUMMARY:p-hos-cla\r\nDTSTART:20200101T000000Z\r\n"
                                                "DTEND:20200102T000000Z\r\nRRULE:FREQ=DAILY\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n")
    on_call = lambda text: text.replace("people: p-director, sees: all", "rota: {file: director.ics}, people: p-director, sees: all")
    p = w.who("custody.threshold", "2020-02-08T23:40:00Z", change=on_call)
    check("The rota of director is read from " in p.stdout and "who was on call before is not shown" in " ".join(p.stdout.split()), p.stdout + p.stderr)
    now = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    p = w.who("custody.threshold", now, change=on_call)
    check("p-hos-cla" in p.stdout and "The rota of" not in p.stdout, p.stdout + p.stderr)


def a_role_that_nobody_holds_is_to_be_mended(w):
    p = w.who("missing.vpg-referral", "2020-02-10T09:00:00Z")
    check(p.returncode == 1 and "nobody holds the role social-worker" in p.stdout, p.stdout)


def ways_that_a_step_names_are_gone_by_together(w):
    rules = w.folder / "rules/custody.yaml"
    text = rules.read_text()
    changed = text.replace("{role: director,", "{role: director, channels: [email, text],", 1)
    if changed == text:
        changed = text.replace("- {role: director", "- {channels: [email, text], role: director", 1)
    check(changed != text, "the rule tells otherwise now: change this test")
    rules.write_text(changed)
    p = w.who("custody.threshold", "2020-02-08T23:40:00Z")
    rules.write_text(text)
    check("email and text together; one that fails leaves the others" in p.stdout, p.stdout + p.stderr)


def a_mute_is_said(w):
    mute = {"specversion": "1.0", "id": "mute-1", "source": "/lcs", "type": "mute.started", "subject": "C1003", "time": "2020-02-08T10:00:00Z",
            "data": {"mute": "m", "until": "2020-02-12T08:00:00Z", "reason": "known", "by": "team-manager", "rule": "missing.vpg-referral"}}
    events = w.folder / "muted.jsonl"
    events.write_text(pathlib.Path(EVENTS).read_text() + json.dumps(mute) + "\n")
    p = w.who("missing.vpg-referral", "2020-02-10T09:00:00Z", "--events", str(events))
    check("It is muted until Wed 12 Feb 2020, 08:00: nobody is told before" in " ".join(p.stdout.split()), p.stdout + p.stderr)
    p = w.who("missing.vpg-referral", "2020-02-10T09:00:00Z", "--events", str(events), "--json")
    check(json.loads(p.stdout)["muted_until"] == "2020-02-12T08:00:00Z", p.stdout)
    p = w.who("missing.vpg-referral", "2020-02-12T08:00:00Z", "--events", str(events))
    check("muted" not in p.stdout, p.stdout)


def nothing_is_sent_or_written(w):
    before = sorted(str(x) for x in w.folder.rglob("*"))
    check("Nothing is sent." in w.who("custody.threshold", "2020-02-08T23:40:00Z").stdout, "not said")
    check(sorted(str(x) for x in w.folder.rglob("*")) == before, "something was written")


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
    print(f"{len(sentences) - failed} sentences about who hold, {failed} do not")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
