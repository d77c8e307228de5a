#!/usr/bin/env python3
"""What `casewatch why-not` says would open an alert opens it: over random histories, all rules, all kinds.

    tests/scenario/why_not.py [--tool build/casewatch] [--config conf/casewatchd.yaml] [--seed N] [--cases N] [--jobs N]

--ask build/tests/ask asks the same questions of the same commands in one process for all of them.
--jobs N shares the cases among N processes, each with seeds of its own.
--versions: every rule has two versions, of other numbers from a date on, and stands in either order in its file.

Each case asks why an alert of a random rule does not stand for a random child (worker, provider) of a random history with
corrections, withdrawals and merges. Then `casewatch backtest`, which knows nothing of the question, replays the history:
  - what why-not says of standing is so;
  - with each addition the alert stands at the instant that is named; without any one event of it it does not;
  - one event that may happen at "any time from … to …" opens it at both ends and at a time between them.
The seed is printed; a failing case says how to repeat it, and --keep leaves its files. How many questions had an answer is
printed by kind of rule, and where that is less than it was the run fails: an answer that is never given is never wrong.
"""
import argparse, atexit, datetime, json, pathlib, random, subprocess, sys, tempfile
import yaml

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import versions  # noqa: E402
from properties import History, START, UTC, UNTIL, stamp  # noqa: E402

KINDS = ("event", "guard", "count", "deadline", "recurring", "overlap", "state", "load")
ANSWERED_LEAST = 0.9  # of the questions that are not answered "it opens by itself"


def rules_of(folder):
    """[(id, kind, of)]"""
    found = {}
    for path in sorted(pathlib.Path(folder).glob("*.yaml")):
        if path.name.endswith(".test.yaml"):
            continue
        for rule in (yaml.safe_load(path.read_text()) or {}).get("rules") or []:
            kind = next((k for k in KINDS if k in rule), None)
            if kind:
                of = rule[kind].get("of") if isinstance(rule[kind], dict) else None
                found[rule["id"]] = (kind, rule.get("of") or of)
    return [(rule, *what) for rule, what in found.items()]


def moment(text):
    for form in ("%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%dT%H:%M:%S.%fZ"):
        try:
            return datetime.datetime.strptime(text, form).replace(tzinfo=UTC)
        except ValueError:
            pass
    raise ValueError(text)


class Case:
    def __init__(self, args, folder, events, at):
        self.args, self.folder, self.events, self.at = args, folder, events, at
        self.file = folder / "history.jsonl"
        self.write(self.file, events)
        self.base = None

    @staticmethod
    def write(path, events):
        path.write_text("".join(json.dumps(e) + "\n" for e in events))

    def run(self, *words):
        if self.args.ask:
            return self.ask(*words)
        p = subprocess.run([self.args.tool, *words, "--config", self.args.config], capture_output=True, text=True, timeout=120)
        if p.returncode > 1:
            raise SystemExit(f"{' '.join(words)}: exit status {p.returncode}: {p.stderr[-500:]}")
        return p.stdout

    def ask(self, *words):
        if not hasattr(self.args, "asked"):
            self.args.asked = subprocess.Popen([self.args.ask], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
            atexit.register(self.args.asked.communicate)
        to, answers = self.args.asked.stdin, self.args.asked.stdout
        to.write(("\t".join([*words, "--config", self.args.config]) + "\n").encode())
        to.flush()
        head = answers.readline().split()
        if len(head) != 2 or int(head[0]) > 1:
            raise SystemExit(f"{' '.join(words)}: {head or 'no answer'}")
        return answers.read(int(head[1])).decode()

    def standing(self, events, at):
        """(rule, subject) of what stands at `at`; of a subject as the engine calls it."""
        path = self.folder / "tried.jsonl"
        self.write(path, events)
        alerts = {}
        for line in map(json.loads, self.run("backtest", "--until", at, str(path)).splitlines()):
            if line["what"] == "alert.opened":
                alerts[line["alert"]] = (line["rule"], line["subject"])
            elif line["what"] in ("alert.resolved", "alert.withdrawn"):
                alerts.pop(line["alert"], None)
        return set(alerts.values())

    def why_not(self, rule, subject):
        return json.loads(self.run("why-not", rule, subject, "--at", self.at, "--events", str(self.file), "--json"))


def opens(case, rule, added, at):
    """The addition may make a history of its own, but of the subject asked about there is one alert more at least."""
    return {s for r, s in case.standing(case.events + added, at) if r == rule}


def check_addition(case, r, rule, names, addition):
    events, at = addition["events"], addition["stands_at"]
    if not opens(case, rule, events, at) & names:
        return f"with the addition it does not stand at {at}: {json.dumps(events)}"
    if len(events) > 1:
        left_out = r.randrange(len(events))
        rest = events[:left_out] + events[left_out + 1:]
        if opens(case, rule, rest, at) & names:
            return f"also without {events[left_out]['type']} it stands: {json.dumps(events)}"
    if "from" in addition:
        low = moment(addition["from"]) if addition["from"] else moment(events[0]["time"]) - datetime.timedelta(days=360)
        high = moment(addition["to"]) if addition["to"] else moment(events[0]["time"]) + datetime.timedelta(days=360)
        between = low + datetime.timedelta(seconds=r.randint(0, max(0, int((high - low).total_seconds()))))
        for when in (low, high, between):
            moved = dict(events[0], time=when.strftime("%Y-%m-%dT%H:%M:%S.%fZ"))
            moved["recordedtime"] = max(when, moment(events[0]["recordedtime"])).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
            if not opens(case, rule, [moved], moved["recordedtime"]) & names:
                return f"moved to {when}, within its range, it does not open: {json.dumps(addition)}"
    return None


def linked(events, subject):
    """All ids that may be one history with the subject: the engine tells which of them an alert is of."""
    names = {subject}
    for _ in events:
        for e in events:
            if e["type"].startswith("person.") and ({e["subject"], e["data"]["from"]} & names):
                names |= {e["subject"], e["data"]["from"]}
    return names


def one_case(case, r, rules, seen):
    rule, kind, of = r.choice(rules)
    children = sorted({e["subject"] for e in case.events if e["subject"].startswith("C")}) or ["C1"]
    subject = r.choice({"worker": ["W1", "W2"], "provider": ["PR1", "PR2"]}.get(of, children))
    names = linked(case.events, subject)
    said = case.why_not(rule, subject)
    stands = bool({s for x, s in case.base if x == rule} & names)
    tally = seen.setdefault(kind, [0, 0, 0])
    tally[0] += 1
    if len(names) == 1 and said["stands"] != stands:
        return rule, subject, f"says stands: {said['stands']}, and backtest {stands}"
    if said["stands"] or stands:
        tally[2] += 1
        return None
    tally[1] += bool(said["additions"]) or bool(said["opens_by_itself"])
    if not said["additions"] and not said["opens_by_itself"] and case.args.unanswered:
        print(f"# no answer: {rule} {subject} ({said['trials']} trials)")
    for addition in said["additions"][:2]:
        wrong = check_addition(case, r, rule, names, addition)
        if wrong:
            return rule, subject, wrong
    return None


def a_rule_for_what_nobody_knows_is_answered(case):
    """It opens only if the date that is known proves wrong, and a record comes: neither alone is enough."""
    events = [{"specversion": "1.0", "id": f"e{n}", "source": "/lcs", "type": "child.updated", "subject": "C1",
               "time": f"2026-01-0{n}T10:00:00Z", "data": {"date_of_birth": f"2010-05-0{n}"}} for n in (1, 2)]
    case = Case(case.args, case.folder, events, case.at)
    said = case.why_not("child.age-unknown", "C1")
    types = [e["type"] for e in said["additions"][0]["events"]] if said["additions"] else []
    return len(types) == 3 and types.count("event.withdrawn") == 2 and \
        "C1" in opens(case, "child.age-unknown", said["additions"][0]["events"], case.at)


def what_is_open_is_ended_by_its_own_key(case):
    """A rule that wants something not open: each that is open is ended under its own key, or without one where it has none."""
    plans = [("rmg.opened", {}), ("rmg.opened", {"plan": "r1"}), ("rmg.opened", {"plan": "r2"})]
    for opened in (plans[:1], plans[1:2], plans[1:], plans):
        events = [{"specversion": "1.0", "id": f"e{n}", "source": "/lcs", "type": type_, "subject": "C1", "time": "2026-02-06T07:00:00Z",
                   "data": data} for n, (type_, data) in enumerate(opened, 1)]
        case = Case(case.args, case.folder, events, case.at)
        said = case.why_not("vcl.rmg-not-opened", "C1")
        added = said["additions"][0]["events"] if said["additions"] else []
        ends = sorted((e["data"] for e in added if e["type"] == "rmg.closed"), key=str)
        # What ends without a key is of all that runs, so one end is enough where one has none.
        wanted = [data for _, data in opened] if len(opened) < 3 else None
        if (wanted is not None and ends != sorted(wanted, key=str)) or not added or check_addition(
                case, random.Random(1), "vcl.rmg-not-opened", {"C1"}, said["additions"][0]):
            return False
    return True


def what_is_warned_of_opens_when_why_not_says_under_the_number_of_the_warning(case):
    """Each rule that warns: its clock runs, and nothing stops it."""
    starts = [("referral.accepted", {"referral": "r1"}), ("missing.ended", {"episode": "m1"}), ("cla.started", {}),
              ("strategy.held", {"strategy": "t1", "s47": True}), ("dol.order_made", {"order": "o1", "until": "2026-03-20"})]
    events = [{"specversion": "1.0", "id": f"e{n}", "source": "/lcs", "type": type_, "subject": f"C{n}", "time": "2026-01-05T10:00:00Z",
               "data": data} for n, (type_, data) in enumerate(starts, 1)]
    case = Case(case.args, case.folder, events, "2026-06-01T00:00:00Z")
    lines = [json.loads(line) for line in case.run("backtest", "--until", case.at, str(case.file)).splitlines()]
    warned = [line for line in lines if line["what"] == "alert.warned"]
    opened = {line["alert"]: line["at"] for line in lines if line["what"] == "alert.opened"}
    for line in warned:
        case.at = line["at"]
        said = case.why_not(line["rule"], line["subject"])
        if said["stands"] or said["opens_by_itself"] != opened.get(line["alert"]):
            print(f"        {line['rule']}: warned at {line['at']}, opens by itself at {said['opens_by_itself']}, and did {opened.get(line['alert'])}")
            return False
    return len({line["rule"] for line in warned}) == len(starts)


def share(args, script):
    """The cases shared among processes; each prints its own figures. Their exit statuses as one."""
    words = ["--tool", args.tool, "--config", args.config] + (["--ask", args.ask] if args.ask else []) + \
        (["--keep", args.keep] if args.keep else []) + (["--versions"] if args.versions else [])
    each = -(-args.cases // args.jobs)  # seeds a long way apart: no two have one
    jobs = [subprocess.Popen([sys.executable, script, *words, "--cases", str(each), "--seed", str(args.seed + n * 10**7)])
            for n in range(args.jobs)]
    return max(abs(job.wait()) for job in jobs)


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--tool", default="build/casewatch")
    p.add_argument("--ask", help="build/tests/ask: one process for all questions")
    p.add_argument("--jobs", type=int, default=1)
    p.add_argument("--config", default="conf/casewatchd.yaml")
    p.add_argument("--rules", default="rules")
    p.add_argument("--versions", action="store_true", help="every rule with two versions, of other numbers from a date on")
    p.add_argument("--seed", type=int, default=random.SystemRandom().randint(1, 10**9))
    p.add_argument("--cases", type=int, default=200)
    p.add_argument("--keep", help="folder for the history of a failing case")
    p.add_argument("--unanswered", action="store_true", help="name the questions that had no answer")
    args = p.parse_args()
    if args.jobs > 1:
        return share(args, __file__)
    print(f"seed {args.seed}, {args.cases} cases")
    rules, seen, wrong, done, seed = rules_of(args.rules), {}, 0, 0, args.seed
    with tempfile.TemporaryDirectory() as folder:
        if args.versions:
            args.config = versions.configured(args.config, folder, versions.days(START + datetime.timedelta(days=30), 60),
                                             random.Random(seed))
        while done < args.cases and wrong < 5:
            r = random.Random(seed)
            case = Case(args, pathlib.Path(folder), History(r).fill().events, stamp(UNTIL))
            case.base = case.standing(case.events, case.at)
            for _ in range(min(8, args.cases - done)):
                failed = one_case(case, r, rules, seen)
                done += 1
                if failed:
                    wrong += 1
                    print(f"not ok  seed {seed}: {failed[0]} {failed[1]}: {failed[2]}")
                    if args.keep:
                        case.write(pathlib.Path(args.keep, f"why-not-{seed}.jsonl"), case.events)
            seed += 1
        if not a_rule_for_what_nobody_knows_is_answered(case):
            wrong += 1
            print("not ok  a rule for what nobody knows: the known dates withdrawn, and a record, are not proposed")
        if not what_is_open_is_ended_by_its_own_key(case):
            wrong += 1
            print("not ok  a rule that wants something not open: its end under its own key is not proposed")
        if not what_is_warned_of_opens_when_why_not_says_under_the_number_of_the_warning(case):
            wrong += 1
            print("not ok  an early warning and why-not name different times, or a rule that warns did not")
    total = [sum(t[i] for t in seen.values()) for i in range(3)]
    for kind, (asked, answered, stood) in sorted(seen.items()):
        print(f"  {kind:10} asked {asked:5}, answered {answered:5}, stood {stood:5}")
    print(f"{done - wrong} passed, {wrong} wrong")
    few = done >= 100 and total[1] < ANSWERED_LEAST * (total[0] - total[2])
    if few:
        print(f"not ok  only {total[1]} of {total[0] - total[2]} questions were answered")
    return 1 if wrong or few else 0


if __name__ == "__main__":
    sys.exit(main())
