#!/usr/bin/env python3
"""The reports that reports.py does not reckon, against an independent reckoning: step-ups and step-downs, permanence, short breaks, audits,
demand, the plan, performance, the groups of the risk register; and the clinic, each figure of which must be that of its own report.

    tests/scenario/reports_more.py [--tool build/casewatch] [--tests build/tests] [--seed N] [--rounds N]

As there, records are made by chance, corrected, withdrawn and joined; here children also die or move to another council, ends are known
by date alone, and some cases are restricted (they are counted, and in no list). The seed is printed.
"""
import argparse, csv, datetime, io, pathlib, random, subprocess, sys, tempfile
from collections import Counter

HERE = pathlib.Path(__file__).parent
sys.path.insert(0, str(HERE))
sys.dont_write_bytecode = True
from oracle.clock import HOUR, Calendar, instant, stamp  # noqa: E402
from reports import DAY, FIRST, LAST, MINUTE, TEAMS, Records, fill, standing  # noqa: E402

DAYS, MONTHS = 480, ["2020-02", "2020-10", "2020-12", "2021-02"]
AREAS, OWNERS, RAGS = ["Assessment", "Care"], ["p-qa", "p-dcs", None], ["red", "amber", "green", None]
LEAVES = ("child.died", "child.transferred")
POPULATION, IRO_DAYS, STALLED = 32000, 5, 5
SPANS = {"cin": ("cin.opened", "cin.closed"), "cp": ("cp.started", "cp.ended"), "cla": ("cla.started", "cla.ended"),
         "vpg": ("vpg.opened", "vpg.closed"), "rmg": ("rmg.opened", "rmg.closed"), "vemt": ("vemt.opened", "vemt.closed"),
         "private": ("private_fostering.started", "private_fostering.ended"), "leavers": ("leaving_care.started", "leaving_care.ended")}


# ---- a council by chance ----

def some_child(records, number):
    r, subject = records.r, f"C{number}"
    ids = [subject] + ([f"P{number}"] if r.random() < 0.15 else [])
    who = lambda: r.choice(ids)
    when = lambda: FIRST + r.randrange(DAYS * 24 * 60) * MINUTE
    if r.random() < 0.8:
        records.put(FIRST - 90 * DAY, "child.updated", subject, {"date_of_birth": f"{r.randint(2004, 2011)}-05-{r.randint(1, 28):02}",
                                                                 "restricted": r.random() < 0.1})
    if r.random() < 0.8:
        records.put(FIRST - 80 * DAY, "allocation.started", subject, {"role": "social-worker", "worker": "W1", "team": r.choice(list(TEAMS))})
    for name in SPANS:
        if r.random() < 0.35:
            some_span(records, who, name, when())
    for n in range(r.choice([0, 0, 1, 2])):
        some_case(records, who, f"Y{number}-{n}", when())
    if r.random() < 0.3:
        some_break(records, who, f"B{number}", when())
    for n in range(r.choice([0, 0, 1, 2])):
        some_audit(records, who, f"U{number}-{n}", when())
    for n in range(r.choice([0, 0, 1])):
        raised = when()
        records.tell(raised, "iro.alert_raised", who(), {"alert": f"I{number}-{n}"})
        if r.random() < 0.7:
            records.tell(raised + r.randrange(1, 24 * 14) * HOUR, "iro.alert_answered", who(), {"alert": f"I{number}-{n}"})
    for type_ in ("permanence.planned", "pmg.discussed"):
        for _ in range(r.choice([0, 0, 1, 2])):
            records.tell(when(), type_, who(), {})
    for n in range(r.choice([0, 1])):
        records.tell(when(), "referral.accepted", who(), {"referral": f"R{number}-{n}"})
    if r.random() < 0.2:
        records.put(when(), r.choice(LEAVES), subject, {"to": "elsewhere"})
    if len(ids) > 1:
        records.put(FIRST + (DAYS + 20) * DAY, "person.merged", subject, {"from": ids[1]})


def some_span(records, who, name, at):
    """A plan of a child; its end is sometimes known by its date alone."""
    begins, ends = SPANS[name]
    records.tell(at, begins, who(), {"plan": f"{name}-{records.number}"})
    plan = records.all[-1]["data"] if records.all[-1]["type"] == begins else None
    plan = next(one["data"] for one in reversed(records.all) if one["type"] == begins) if plan is None else plan
    if records.r.random() < 0.6:
        over = at + records.r.randrange(2, 400) * DAY
        if records.r.random() < 0.3:
            over = records.calendar.midnight(records.calendar.date(over))
            records.put(over, ends, who(), plan, {"timeprecision": "day"})
        else:
            records.tell(over, ends, who(), plan)


def some_case(records, who, key, at):
    r, data = records.r, {"case": key}
    if r.random() < 0.5:
        records.tell(at, "case.stepped_up", who(), data)
        if r.random() < 0.6:
            kind = r.choice(["single", "single", "short-break"])
            begun, more = at + r.randrange(-200, 900) * HOUR, {"assessment": f"A{key}", "kind": kind, "referral": key}
            records.tell(begun, "assessment.started", who(), more)
            if r.random() < 0.6:
                records.tell(begun + r.randrange(1, 60 * 24) * HOUR, "assessment.authorised", who(),
                             {**more, "outcome": "cin", "qualified": r.random() < 0.5})
    if r.random() < 0.6:
        down = at + r.randrange(1, 200) * DAY
        if r.random() < 0.7:
            records.tell(down - r.randrange(1, 300) * HOUR, "stepdown.requested", who(), data)
        records.tell(down, "stepdown.completed", who(), data)
        for _ in range(r.choice([0, 1, 1, 2])):
            records.tell(down + r.randrange(-200, 100) * HOUR, "stepdown.audited", who(),
                         {**data, "by": r.choice(["social-worker", "team-manager", "head-of-service-cla", "dcs"]),
                          **({"outcome": r.choice(["agreed", "returned"])} if r.random() < 0.8 else {})})
    if r.random() < 0.5:
        records.tell(at + r.randrange(1, 200) * DAY, "case.closed", who(), data)


def some_break(records, who, key, at):
    r, data = records.r, {"break": key}
    records.tell(at, "shortbreak.started", who(), data)
    for _ in range(r.choice([0, 1, 2, 3])):
        records.tell(at + r.randrange(1, 300 * 24) * HOUR, "shortbreak.reviewed", who(),
                     {**data, **({"qualified": r.random() < 0.6} if r.random() < 0.8 else {})})
    if r.random() < 0.3:
        records.tell(at + r.randrange(1, 400 * 24) * HOUR, "shortbreak.ended", who(), data)


def some_audit(records, who, key, at):
    r = records.r
    records.tell(at, "audit.completed", who(), {"audit": key, "area": r.choice(AREAS), **({"agrees": r.random() < 0.8} if r.random() < 0.9 else {}),
                                                **({"moderated": r.random() < 0.3} if r.random() < 0.9 else {})})
    if r.random() < 0.6:
        owner, due = r.choice(OWNERS), datetime.date(2020, 1, 1) + datetime.timedelta(r.randrange(DAYS))
        records.tell(at + HOUR, "audit.action_raised", who(), {"action": f"X{key}", "audit": key, "due": due.isoformat(),
                                                               **({"owner": owner} if owner else {})})
        if r.random() < 0.5:
            records.tell(at + r.randrange(2, 100) * DAY, "audit.action_done", who(), {"action": f"X{key}"})


def some_work(records):
    r, when = records.r, lambda: FIRST + r.randrange(DAYS * 24 * 60) * MINUTE
    for n in range(30):
        at, rag = when(), r.choice(RAGS)
        due = (datetime.date(2020, 1, 1) + datetime.timedelta(r.randrange(DAYS + 3000))).isoformat()
        records.tell(at, "task.created", f"T{n}", {"task": f"T{n}", **({"due": due} if r.random() < 0.8 else {}), **({"rag": rag} if rag else {})})
        if r.random() < 0.4:
            records.tell(at + r.randrange(1, 90) * DAY, "task.completed", f"T{n}", {"task": f"T{n}"})
    for n in range(40):
        records.tell(when(), "indicator.reported", "I1", {"indicator": f"I{n % 5}", "value": r.randrange(60), "target": r.randrange(60),
                                                          "better": "lower" if n % 2 else "higher"})


# ---- the reckoning ----

class Span:
    def __init__(self, child, key, opened):
        self.child, self.key, self.opened, self.closed, self.by, self.by_date, self.said = child, key, opened, None, None, False, []

    def holds(self, at):
        """Just before `at`."""
        return self.opened is not None and self.opened < at and (self.closed is None or self.closed >= at)


class Reckoning:
    def __init__(self, records, calendar):
        self.calendar = calendar
        by_id = {one["id"]: one for one in records}
        dated = {(instant(one["time"]), one["type"], one["data"].get("plan")) for one in by_id.values() if one.get("timeprecision") == "day"}
        self.told = standing(records)
        self.dated = lambda at, type_, data: (at, type_, data.get("plan")) in dated

    def of(self, *types):
        return [one for one in self.told if one[1] in types]

    def spans(self, begins, ends, key):
        """One a key (or an opening, of plans): from the earliest beginning to the earliest end that does not lie before it. What of an
        end is known is its date: it came with the last instant of that. A death or a move to another council ends what is open."""
        out = {}
        for at, type_, child, data in self.of(*begins):
            if type_ in begins:
                one = out.setdefault((child, data.get(key)), Span(child, data.get(key), at))
                one.said.append((at, data))
        for one in out.values():
            over = []
            for at, type_, child, data in self.of(ends, *LEAVES):
                if child != one.child or type_ == ends and data.get(key) != one.key:
                    continue
                by_date = self.dated(at, type_, data)
                known = self.calendar.midnight(self.calendar.date(at) + datetime.timedelta(1)) - 1 if by_date else at
                if known >= one.opened:
                    over.append((known, at, type_, by_date))
            if over:
                _, one.closed, one.by, one.by_date = min(over)
        return list(out.values())

    def after_months(self, at, n):
        date = self.calendar.date(at)
        month = date.year * 12 + date.month - 1 + n
        year, month = divmod(month, 12)
        last = ((datetime.date(year, month + 1, 28) + datetime.timedelta(4)).replace(day=1) - datetime.timedelta(1)).day
        return self.calendar.midnight(datetime.date(year, month + 1, min(date.day, last)) + datetime.timedelta(1))

    def months_before(self, at, n):
        date = self.calendar.date(at)
        year, month = divmod(date.year * 12 + date.month - 1 - n, 12)
        return self.calendar.midnight(datetime.date(year, month + 1, date.day))

    def after_working_days(self, at, n):
        date = self.calendar.date(at)
        while n:
            date += datetime.timedelta(1)
            n -= self.calendar.working(date)
        return self.calendar.midnight(date + datetime.timedelta(1))

    def stepup(self, first, to):
        out = Counter()
        assessments = self.assessments()
        for one in self.spans(("case.stepped_up",), "case.closed", "case"):
            if not first <= one.opened < to:
                continue
            own = [a for a in assessments if a["child"] == one.child]
            since = [a for a in own if a["opened"] is not None and a["opened"] >= one.opened]
            done = [a for a in own if a["closed"] is not None and a["closed"] >= one.opened]
            out["stepped"] += 1
            if one.by == "case.closed":
                out["closed"] += 1
            elif one.by:
                out["gone"] += 1
            elif any(a["closed"] is None for a in since):
                out["progressing"] += 1
            elif done:
                out["assessed"] += 1
            elif not since:
                out["waiting"] += 1
        return out

    def assessments(self):
        out = {}
        for at, type_, child, data in self.of("assessment.started", "assessment.authorised"):
            one = out.setdefault((child, data["assessment"]), {"child": child, "opened": None, "ends": [], "last": data})
            one["last"] = data
            if type_ == "assessment.started" and one["opened"] is None:
                one["opened"] = at
            elif type_ == "assessment.authorised":
                one["ends"].append(at)
                one["qualified"] = data["qualified"]
        for one in out.values():
            one["authorised"] = min((at for at in one["ends"] if one["opened"] is None or at >= one["opened"]), default=None)
            left = min((at for at, _, child, _ in self.of(*LEAVES) if child == one["child"] and one["opened"] is not None and at >= one["opened"]),
                       default=None)
            one["closed"] = min((at for at in (one["authorised"], left) if at is not None), default=None)
        return list(out.values())

    def downs(self):
        out = {}
        for at, type_, child, data in self.of("stepdown.requested", "stepdown.completed", "stepdown.audited"):
            one = out.setdefault((child, data["case"]), {})
            one.setdefault(type_, at)
            if type_ == "stepdown.audited" and data["by"] != "social-worker":
                one.setdefault("above", at)
        return out

    def stepdown(self, first, to):
        out, closed, within = Counter(), set(), lambda at: at is not None and first <= at < to
        for key, one in self.downs().items():
            out["requested"] += within(one.get("stepdown.requested"))
            if within(one.get("stepdown.completed")):
                closed.add(key)
                out["completed"] += 1
                out["audited"] += "above" in one and one["above"] <= one["stepdown.completed"]
            out["outcomes"] += within(one.get("stepdown.audited"))
        shut = {}
        for at, _, child, data in self.of("case.closed"):
            shut.setdefault((child, data["case"]), at)
        closed |= {key for key, at in shut.items() if within(at)}
        out["closures"] = len(closed)
        out["long"] = sum(one.holds(to) and self.after_months(one.opened, 12) <= to for one in self.spans(*self.plan("cin")))
        return out

    @staticmethod
    def plan(name):
        return (SPANS[name][0],), SPANS[name][1], "plan"

    def children(self, at, *names):
        return {one.child for name in names for one in self.spans(*self.plan(name)) if one.holds(at)}

    def permanence(self, first, to):
        out, cared = Counter(), {}
        for one in self.spans(*self.plan("cla")):
            if one.holds(to):
                cared[one.child] = min(cared.get(one.child, one.opened), one.opened)
        out["looked_after"] = len(cared)
        for child, since in cared.items():
            if any(c == child and since <= at < to for at, _, c, _ in self.of("permanence.planned")):
                continue
            out["unplanned"] += 1
            out["drifting"] += self.after_months(since, 4) <= to
            talks = [at for at, _, c, _ in self.of("pmg.discussed") if c == child and at < to]
            out["unmonitored"] += self.after_months(max([since] + talks), 3) <= to
        return out

    def shortbreak(self, first, to):
        out, children = Counter(), set()
        for one in self.spans(("shortbreak.started",), "shortbreak.ended", "break"):
            if not one.holds(to):
                continue
            children.add(one.child)
            reviews = [(at, data) for at, _, c, data in self.of("shortbreak.reviewed")
                       if c == one.child and data["break"] == one.key and one.opened <= at < to]
            out["breaks"] += 1
            out["assessed"] += any(a["child"] == one.child and a["last"]["kind"] == "short-break" and a.get("qualified") and
                                   a["closed"] is not None and a["closed"] < to for a in self.assessments())
            out["qualified"] += bool(reviews) and reviews[-1][1].get("qualified") is True
            out["overdue"] += (self.after_months(reviews[-1][0], 6) if reviews else self.after_months(one.opened, 3)) <= to
        out["children"] = len(children)
        return out

    def audit(self, first, to):
        out, audits, within = Counter(), {}, lambda at: first <= at < to
        for at, _, child, data in self.of("audit.completed"):
            one = audits.setdefault((child, data["audit"]), [at, data])
            one[1] = {**one[1], **data}
        for at, data in audits.values():
            if within(at):
                out["audits"] += 1
                out["disagree"] += data.get("agrees") is False
                out["moderated"] += data.get("moderated") is True
        for one in self.spans(("audit.action_raised",), "audit.action_done", "action"):
            out["raised"] += within(one.opened)
            if one.closed is None:
                out["actions"] += 1
                out["actions_overdue"] += True  # every due date is long over
        for one in self.spans(("iro.alert_raised",), "iro.alert_answered", "alert"):
            due = self.after_working_days(one.opened, IRO_DAYS)
            out["iro_raised"] += within(one.opened)
            out["iro_open"] += one.closed is None
            if within(due) and not (one.by in LEAVES and one.closed < due):
                out["iro_due"] += 1
                out["iro_in_time"] += one.by == "iro.alert_answered" and one.closed < due
        return out

    def demand(self, first, to):
        out = Counter({name: len(self.children(to, name)) for name in ("cin", "cp", "cla")})
        out["all_children"] = len(self.children(to, "cin", "cp", "cla"))
        referred = {}
        for at, _, child, data in self.of("referral.accepted"):
            referred.setdefault((child, data["referral"]), at)
        out["referrals"] = sum(first <= at < to for at in referred.values())
        out["referrals_year"] = sum(self.months_before(to, 12) <= at < to for at in referred.values())
        rates = {f"{name}_rate": out[name] * 10000 / POPULATION for name in ("cin", "cp", "cla")}
        rates["referral_rate"] = out["referrals_year"] * 10000 / POPULATION
        return {**out, **{name: str(int(rate + 0.5)) for name, rate in rates.items()}}

    def plan_tasks(self, first, to, now):
        out = Counter()
        for one in self.spans(("task.created",), "task.completed", "task"):
            out["done"] += one.by == "task.completed" and first <= one.closed < to
            if one.closed is None:
                due = next((data["due"] for _, data in reversed(one.said) if "due" in data), None)
                out["open_tasks"] += 1
                out["no_date"] += due is None
                over = due and self.calendar.midnight(datetime.date.fromisoformat(due) + datetime.timedelta(1)) <= now
                out["overdue"] += bool(over)
        return out

    def performance(self, first, to):
        last = {data["indicator"]: data for at, _, _, data in self.of("indicator.reported") if at < to}
        off = sum(one["value"] > one["target"] if one["better"] == "lower" else one["value"] < one["target"] for one in last.values())
        return Counter({"reported": len(last), "off": off})

    def groups(self, now):
        out = {f"v_{name}": len(self.children(now, name)) for name in ("cin", "cp", "cla", "private", "leavers")}
        out["v_groups"] = len(self.children(now, "vpg", "rmg", "vemt"))
        out["v_breaks"] = len({one.child for one in self.spans(("shortbreak.started",), "shortbreak.ended", "break") if one.holds(now)})
        out["v_assessment"] = len({one["child"] for one in self.assessments() if one["opened"] is not None and one["closed"] is None})
        return out


# ---- the tool ----

# What the clinic shows of each report: {its own name: the report's}; all are of the quarter, or of its last day.
CLINIC = {"stepup/monthly": {"stepped": "stepped"}, "stepdown/monthly": {"closures": "closures", "stepped_down": "completed", "long": "long"},
          "permanence/monthly": {"cla": "looked_after", "unplanned": "unplanned"},
          "shortbreak/monthly": {"breaks": "breaks", "break_overdue": "overdue"},
          "audit/fortnightly": {"audits": "audits", "disagree": "disagree", "moderated": "moderated", "iro_due": "iro_due", "iro_in_time": "iro_in_time"},
          "demand/monthly": {"cin": "cin", "cp": "cp"}, "performance/monthly": {"indicators": "reported", "off_target": "off"}}


def read_report(args, own, issue, period):
    name, issue = issue.split("/")
    done = subprocess.run([args.tool, "report", name, "--config", str(own), "--issue", issue, *(["--period", period] if period else []),
                           "--format", "csv"], capture_output=True, text=True, timeout=120)
    if done.returncode != 0:
        raise SystemExit(f"casewatch report {name}: exit status {done.returncode}: {done.stderr[-1500:]}")
    rows = list(csv.DictReader(io.StringIO(done.stdout)))
    latest = period or (rows[0]["period"] if rows else "")
    return Counter({row["figure"]: row["value"] for row in rows if row["period"] == latest and not row["label"]})


class Compared:
    def __init__(self):
        self.wrong, self.count, self.biggest = [], 0, Counter()

    def figures(self, issue, period, said, wanted, names=None):
        for name in names or wanted:
            got, right = str(said.get(name, 0)), str(wanted[name])
            self.count += 1
            self.biggest[issue] = max(self.biggest[issue], int(float(right)))
            if got != right:
                self.wrong.append(f"{issue} {period}: {name}: the report has {got}, reckoned {right}")


def compare(args, own, reckoning, calendar, compared):
    reports = {"stepup/monthly": Reckoning.stepup, "stepdown/monthly": Reckoning.stepdown, "permanence/monthly": Reckoning.permanence,
               "shortbreak/monthly": Reckoning.shortbreak, "demand/monthly": Reckoning.demand, "performance/monthly": Reckoning.performance}
    now = instant(datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"))
    for month in MONTHS:
        first = datetime.date.fromisoformat(f"{month}-01")
        next_ = (first + datetime.timedelta(31)).replace(day=1)
        for issue, reckon in reports.items():
            compared.figures(issue, month, read_report(args, own, issue, month), reckon(reckoning, calendar.midnight(first), calendar.midnight(next_)))
        monday = first + datetime.timedelta(9 - first.weekday())
        monday -= datetime.timedelta(monday.weekday())
        for issue, days, reckon in ("plan/weekly", 7, lambda from_, to: reckoning.plan_tasks(from_, to, now)), ("audit/fortnightly", 14, reckoning.audit):
            from_, to = calendar.midnight(monday), calendar.midnight(monday + datetime.timedelta(days))
            compared.figures(issue, month, read_report(args, own, issue, f"{monday}/{days}"), reckon(from_, to))
    compared.figures("risk-register/fortnightly", "now", read_report(args, own, "risk-register/fortnightly", None), reckoning.groups(now))
    for quarter, first, next_ in ("2019-20-Q4", "2020-01-01", "2020-04-01"), ("2020-21-Q3", "2020-10-01", "2021-01-01"):
        said = read_report(args, own, "clinic/all", quarter)
        from_, to = (calendar.midnight(datetime.date.fromisoformat(day)) for day in (first, next_))
        for issue, names in CLINIC.items():
            wanted = {**reports, "audit/fortnightly": Reckoning.audit}[issue](reckoning, from_, to)
            compared.figures("clinic/all", quarter, said, {mine: wanted[its] for mine, its in names.items()})


def one_round(args, calendar, seed, compared):
    r = random.Random(seed)
    records = Records(r)
    records.calendar = calendar
    for number in range(40):
        some_child(records, number)
    some_work(records)
    given = records.all[:]
    r.shuffle(given)
    with tempfile.TemporaryDirectory(dir="/dev/shm") as folder:
        own = fill(args, pathlib.Path(folder), given)
        if args.keep:
            import shutil
            pathlib.Path(args.keep).mkdir(exist_ok=True)
            import json
            pathlib.Path(args.keep, "events.jsonl").write_text("".join(json.dumps(one) + "\n" for one in given))
        compare(args, own, Reckoning(records.all, calendar), calendar, compared)
        if args.keep:
            shutil.copytree(folder, args.keep, dirs_exist_ok=True)


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--tool", default="build/casewatch")
    p.add_argument("--tests", default="build/tests")
    p.add_argument("--seed", type=int, default=random.SystemRandom().randint(1, 10**9))
    p.add_argument("--rounds", type=int, default=1)
    p.add_argument("--keep", help="a directory for the records and the database")
    args = p.parse_args()
    calendar, compared = Calendar("conf/bank-holidays.json"), Compared()
    for seed in range(args.seed, args.seed + args.rounds):
        before = len(compared.wrong)
        one_round(args, calendar, seed, compared)
        for one in compared.wrong[before:before + 20]:
            print(f"        seed {seed}: {one}")
    print(f"seed {args.seed}, {args.rounds} rounds: {compared.count} figures reckoned again, {len(compared.wrong)} differ; the largest: "
          + ", ".join(f"{name} {most}" for name, most in sorted(compared.biggest.items())))
    return 1 if compared.wrong or not all(compared.biggest.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
