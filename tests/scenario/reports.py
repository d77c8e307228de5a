#!/usr/bin/env python3
"""Reports against an independent reckoning: random records of a council, through the real pipeline, registers and tool.

    tests/scenario/reports.py [--tool build/casewatch] [--tests build/tests] [--seed N] [--rounds N]

A round makes the records of some children over five months of 2020: some are corrected (twice, or the correction is withdrawn),
withdrawn, or of children whose ids are joined later; some children die, move to another council or come of age, some have no date of birth,
and some cases are restricted, which are counted. They are read in an order of their own (tests/tools/bench_fill), registers are built
(bench_registers), and of each month the figures of custody, interviews, caseload, unregulated and front-door are compared with
what is reckoned here from the records alone, by what docs/registers.md and each report's own words say. The seed is printed.
"""
import argparse, csv, datetime, io, json, pathlib, random, shutil, subprocess, sys, tempfile
from collections import Counter

HERE = pathlib.Path(__file__).parent
sys.path.insert(0, str(HERE))
sys.dont_write_bytecode = True
from oracle.clock import HOUR, Calendar, instant, stamp  # noqa: E402

FIRST, DAY, MINUTE = instant("2020-01-01T00:00:00Z"), 24 * HOUR, HOUR // 60
DAYS, MONTHS, LAST = 150, ["2020-01", "2020-02", "2020-03", "2020-04"], instant("2020-07-01T00:00:00Z")
LEAVES = ("child.died", "child.transferred")  # either ends what is open of the child
TEAMS = {"north-1": "North 1", "north-3": "North 3", "south-1": "South 1"}


# ---- records ----

class Records:
    def __init__(self, r):
        self.r, self.all, self.number = r, [], 0

    def put(self, at, type_, subject, data, more=None):
        self.number += 1
        self.all.append({"specversion": "1.0", "id": f"e{self.number}", "source": "/lcs", "type": type_, "subject": subject, "time": stamp(at),
                         "data": data, **(more or {})})
        return self.all[-1]

    def tell(self, at, type_, subject, data):
        """A record, and what may become of it: corrected by hours, withdrawn, or both."""
        r, first = self.r, self.put(at, type_, subject, data)
        fate = r.random()
        if fate < 0.05:
            self.put(at + 20 * DAY, "event.withdrawn", subject, {"id": first["id"]})
        elif fate < 0.15:
            corrections = [self.correct(first, at, r.choice([-5, -1, 1, 3, 30])) for _ in range(r.choice([1, 1, 2]))]
            if r.random() < 0.3:
                self.put(at + 25 * DAY, "event.withdrawn", subject, {"id": r.choice(corrections)["id"]})
        return first

    def correct(self, first, at, hours):
        recorded = at + self.r.randrange(40, 400) * HOUR + self.number
        return self.put(at + hours * HOUR, first["type"], first["subject"], first["data"],
                        {"replaces": first["id"], "recordedtime": stamp(recorded)})


def standing(records):
    """[(time, type, subject, data)] as all of them together say it."""
    gone = {one["data"]["id"] for one in records if one["type"] == "event.withdrawn"}
    holds, out = {}, []
    for one in records:
        if "replaces" in one and one["id"] not in gone:
            latest = (instant(one["recordedtime"]), one["id"])
            holds[one["replaces"]] = max(holds.get(one["replaces"], ((-1, ""), None)), (latest, one), key=lambda x: x[0])
    into = {one["data"]["from"]: one["subject"] for one in records if one["type"] == "person.merged"}
    for one in records:
        if one["type"] in ("event.withdrawn", "person.merged") or "replaces" in one or one["id"] in gone:
            continue
        said = holds[one["id"]][1] if one["id"] in holds else one
        out.append((instant(said["time"]), one["type"], into.get(one["subject"], one["subject"]), said["data"]))
    return sorted(out, key=lambda x: x[0])


# ---- a council by chance ----

def some_child(records, number):
    r, subject = records.r, f"C{number}"
    ids = [subject] + ([f"P{number}"] if r.random() < 0.15 else [])
    who = lambda: r.choice(ids)
    when = lambda: FIRST + r.randrange(DAYS * 24 * 60) * MINUTE
    if r.random() < 0.9:  # the eldest come of age within these months
        records.put(FIRST - 90 * DAY, "child.updated", subject, {"date_of_birth": f"{r.randint(2002, 2011)}-{r.randint(1, 6):02}-{r.randint(1, 28):02}",
                                                                 "restricted": r.random() < 0.1})
    teams, moved = r.sample(list(TEAMS), 2), when()
    records.put(FIRST - 80 * DAY, "allocation.started", subject, {"role": "social-worker", "worker": "W1", "team": teams[0]})
    if r.random() < 0.4:
        records.put(moved, "allocation.ended", subject, {"role": "social-worker", "worker": "W1"})
        records.put(moved, "allocation.started", subject, {"role": "social-worker", "worker": "W2", "team": teams[1]})
    for n in range(r.choice([0, 0, 1, 2, 3])):
        some_hold(records, who, f"H{number}-{n}", when())
    for n in range(r.choice([0, 1, 2, 4])):
        some_episode(records, who, f"E{number}-{n}", when())
    for n in range(r.choice([0, 0, 1])):
        some_placement(records, who, f"L{number}-{n}", when())
    for n in range(r.choice([0, 1, 3])):
        some_contact(records, who, f"K{number}-{n}", when())
    for n in range(r.choice([0, 0, 1, 2])):
        adviser, start = f"A{r.randint(1, 4)}-{number}-{n}"[:2], when()
        records.tell(start, "allocation.started", who(), {"role": "personal-adviser", "worker": adviser, "team": "north-1"})
        if r.random() < 0.5:
            records.tell(start + r.randrange(1, 60) * DAY, "allocation.ended", who(), {"role": "personal-adviser", "worker": adviser})
    if r.random() < 0.2:
        records.put(when(), r.choice(LEAVES), subject, {"to": "elsewhere"})
    if len(ids) > 1:
        records.put(LAST - 5 * DAY, "person.merged", subject, {"from": ids[1]})


def some_hold(records, who, key, at):
    r, data = records.r, {"custody": key}
    records.tell(at, "custody.detained", who(), data)
    for type_, chance in ("custody.charged_bail_refused", 0.3), ("pace.bed_requested", 0.4), ("pace.bed_requested", 0.1), ("pace.bed_offered", 0.2), \
            ("pace.transferred", 0.15), ("pace.transfer_failed", 0.2), ("pace.transfer_failed", 0.1), ("custody.certificate_issued", 0.1):
        if r.random() < chance:
            more = {"secure": r.random() < 0.5} if type_ == "pace.bed_requested" else {"reason": "no bed"} if type_ == "pace.transfer_failed" else {}
            records.tell(at + r.randrange(1, 900) * MINUTE, type_, who(), {**data, **more})
    if r.random() < 0.9:
        records.tell(at + r.randrange(1, 60) * HOUR // 2, "custody.released", who(), data)
    if r.random() < 0.4:
        records.tell(at + r.randrange(2, 9) * DAY, "custody.feedback_recorded", who(), data)


def some_episode(records, who, key, at):
    r, data = records.r, {"episode": key}
    records.tell(at, "missing.started", who(), {**data, "kind": r.choice(["missing", "missing", "away"])})
    if r.random() < 0.3:
        records.tell(at + r.randrange(1, 20) * HOUR, "missing.status_changed", who(), {**data, "kind": r.choice(["missing", "away"])})
    back = at + r.randrange(1, 300) * HOUR // 2
    if r.random() < 0.9:
        records.tell(back, "missing.ended", who(), data)
    for type_, chance in ("rhi.offered", 0.7), ("rhi.completed", 0.6), ("rhi.declined", 0.2):
        if r.random() < chance:
            records.tell(back + r.randrange(1, 110) * HOUR, type_, who(), data)


def some_placement(records, who, key, at):
    r, data = records.r, {"placement": key}
    decided = {**data, "regulated": r.random() < 0.4, "setting": "H5"}
    records.tell(at, "placement.decided", who(), decided)
    if r.random() < 0.9:
        records.tell(at + r.randrange(5, 40) * HOUR, "placement.started", who(), decided)
    if r.random() < 0.6:
        records.tell(at + r.randrange(1, 200) * HOUR, "placement.ratified", who(), {**data, "by": r.choice(["director", "dcs", "head-of-service"])})
    for _ in range(r.choice([0, 1, 2])):
        records.tell(at + r.randrange(2, 60) * DAY, "panel.reviewed", who(), data)
    for _ in range(r.choice([0, 1, 2])):
        records.tell(at + r.randrange(2, 60 * 24) * HOUR, "risk_assessment.completed", who(), {**data, "care": r.randint(0, 9), "support": r.randint(0, 9)})
    if r.random() < 0.5:
        records.tell(at + r.randrange(40, 90 * 24) * HOUR, "placement.ended", who(), data)


def some_contact(records, who, key, at):
    r, data = records.r, {"contact": key}
    records.tell(at, "contact.received", who(), {**data, "flags": []})
    decided = at + r.randrange(1, 120) * HOUR
    outcome = r.choice(["referral", "referral", "nfa", "information", "early-help"])
    if r.random() < 0.85:
        records.tell(decided, "contact.decided", who(), {**data, "outcome": outcome})
    elif r.random() < 0.3:
        records.tell(decided, "contact.merged", who(), {**data, "into": "K0"})
    if outcome == "referral":
        records.tell(decided + HOUR, "referral.accepted", who(), {"referral": key})
        records.tell(decided + 3 * HOUR, "assessment.started", who(), {"assessment": key, "kind": "single", "referral": key})
        if r.random() < 0.7:
            records.tell(decided + r.randrange(10, 60) * DAY, "assessment.authorised", who(),
                         {"assessment": key, "kind": r.choice(["single", "single", "single", "short-break"]), "referral": key,
                          "outcome": r.choice(["nfa", "cin", "strategy"])})


# ---- the reckoning ----

class Rows:
    """The events of each key of a child: {(child, key): {type: [(time, data)]}}, in order of time."""

    def __init__(self, told, field, types):
        self.rows = {}
        for at, type_, child, data in told:
            if type_ in types and field in data:
                self.rows.setdefault((child, data[field]), {}).setdefault(type_, []).append((at, data))

    def __iter__(self):
        return ((child, Row(of)) for (child, _), of in self.rows.items())


class Row:
    def __init__(self, of):
        self.of = of

    def all(self, *types):
        return sorted((one for type_ in types for one in self.of.get(type_, ())), key=lambda x: x[0])

    def first(self, *types):
        return next((at for at, _ in self.all(*types)), None)

    def end(self, start, *types):
        """The earliest that does not lie before the beginning."""
        return next((at for at, _ in self.all(*types) if start is None or at >= start), None)


class Reckoning:
    def __init__(self, told, calendar):
        self.told, self.calendar = told, calendar
        self.births = {child: data["date_of_birth"] for _, type_, child, data in told if type_ == "child.updated"}
        self.leaves = {}
        for at, type_, child, _ in told:
            if type_ in LEAVES:
                self.leaves.setdefault(child, []).append(at)

    def left(self, child, opened, until_age=None):
        """When the child died, moved to another council or came of age while it was open."""
        ends = list(self.leaves.get(child, ()))
        if until_age and child in self.births:
            born = datetime.date.fromisoformat(self.births[child])
            ends.append(self.calendar.midnight(born.replace(year=born.year + until_age)))
        return min((at for at in ends if opened is not None and at >= opened), default=None)

    @staticmethod
    def earlier(*ends):
        return min((at for at in ends if at is not None), default=None)

    def team(self, child, at):
        """Of whoever is the child's worker then: social workers first, then who has been it for longest."""
        found = []
        for (who, role, _, since), until in self.allocations().items():
            if who == child and since[0] <= at and (until is None or until > at):
                found.append((role != "social-worker", since[0], role, since[1]))
        return TEAMS[min(found)[3]] if found else "No team"

    def allocations(self):
        """{(child, role, worker, (since, team)): until}: one for each time; what begins while it runs begins nothing."""
        if hasattr(self, "_allocations"):
            return self._allocations
        out, running = {}, {}
        at_once = {"allocation.ended": 0, **{leave: 0 for leave in LEAVES}, "allocation.started": 1}
        for at, type_, child, data in sorted((x for x in self.told if x[1] in at_once), key=lambda x: (x[0], at_once[x[1]])):
            if type_ in LEAVES:
                for key in [key for key in running if key[0] == child]:
                    out[running.pop(key)] = at
                continue
            key = (child, data["role"], data["worker"])
            if type_ == "allocation.started" and key not in running:
                running[key] = (*key, (at, data["team"]))
                out[running[key]] = None
            elif type_ == "allocation.ended" and key in running:
                out[running.pop(key)] = at
        self._allocations = out
        return out

    def nights(self, start, end):
        """The first instant of a night of 22:00 to 08:00 in [start, end); None: there is none."""
        if start is None or end is not None and end <= start:
            return None
        date = self.calendar.date(start) - datetime.timedelta(days=1)
        while True:
            evening = datetime.datetime(date.year, date.month, date.day)
            begins = self.calendar.at(evening + datetime.timedelta(hours=22))
            over = self.calendar.at(evening + datetime.timedelta(hours=32))
            if end is not None and begins >= end:
                return None
            if over > start:
                return max(begins, start)
            date += datetime.timedelta(days=1)

    def age(self, child, at):
        if child not in self.births:
            return None
        born, on = datetime.date.fromisoformat(self.births[child]), self.calendar.date(at)
        return on.year - born.year - ((on.month, on.day) < (born.month, born.day))

    def after_working_days(self, at, n):
        date = self.calendar.date(at)
        while n:
            date += datetime.timedelta(days=1)
            n -= self.calendar.working(date)
        return self.calendar.midnight(date + datetime.timedelta(days=1))

    def custody(self, within, to):
        out, ages, children = Counter(), Counter(), set()
        types = {"custody.detained", "custody.charged_bail_refused", "custody.threshold_met", "custody.certificate_issued", "pace.bed_requested",
                 "pace.bed_offered", "pace.transferred", "pace.transfer_failed"}
        for child, row in Rows(self.told, "custody", types | {"custody.released", "custody.feedback_recorded"}):
            if not types & set(row.of):
                continue
            opened = row.first("custody.detained")
            closed = self.earlier(row.end(opened, "custody.released"), self.left(child, opened))
            first = {t: row.first(t) for t in types}
            night = self.nights(opened, closed)
            if within(night):
                out["holds"] += 1
                out["feedback"] += row.first("custody.feedback_recorded") is not None
                out["hours"] += (closed - opened) // HOUR if closed is not None else 0
                children.add(child)
                age = self.age(child, opened)
                ages["Age not known" if age is None else next(label for limit, label in (
                    (10, "Under 10"), (12, "10 and 11"), (14, "12 and 13"), (16, "14 and 15"), (18, "16 and 17"), (99, "18 or older")) if age < limit)] += 1
            moved = first["pace.transferred"]
            over = min((at for at in (moved, closed) if at is not None), default=None)
            out["refused"] += within(self.nights(first["custody.charged_bail_refused"], over))
            beds = row.all("pace.bed_requested")
            if within(first["pace.bed_requested"]):
                out["beds"] += len(beds)
                out["secure"] += sum(data["secure"] for _, data in beds)
            out["failed"] += len(row.all("pace.transfer_failed")) if within(first["pace.transfer_failed"]) else 0
            for figure, type_ in ("offered", "pace.bed_offered"), ("moved", "pace.transferred"), ("certificates", "custody.certificate_issued"):
                out[figure] += within(first[type_])
            known = next((first[t] for t in ("custody.charged_bail_refused", "custody.threshold_met", "pace.bed_requested", "pace.bed_offered",
                                             "pace.transferred", "pace.transfer_failed", "custody.certificate_issued") if first[t] is not None), None)
            out["unknown"] += opened is None and within(known)
        out["children"] = len(children)
        return {**{(figure, ""): count for figure, count in out.items()}, **{("by_age", label): count for label, count in ages.items()}}

    def interviews(self, within, to):
        out, last = Counter(), {}
        types = {"missing.started", "missing.status_changed", "missing.ended"}
        for child, row in Rows(self.told, "episode", types | {"rhi.offered", "rhi.completed", "rhi.declined"}):
            if not types & set(row.of):
                continue
            starts = row.all("missing.started", "missing.status_changed")
            back = row.end(starts[0][0] if starts else None, "missing.ended")
            over = self.left(child, starts[0][0] if starts else None, 18)
            if over is not None and (back is None or over < back):
                continue
            missing = next((at for at, data in starts if data["kind"] == "missing"), None)
            away = row.all("missing.started")[:1] and row.all("missing.started")[0][1]["kind"] == "away"
            if not within(back) or away and (missing is None or missing > back):
                continue
            team = self.team(child, back)
            held, declined = row.first("rhi.completed"), row.first("rhi.declined")
            last[child] = max(last.get(child, back), back)
            said = {"ended": True, "offered": row.first("rhi.offered") is not None, "held": held is not None,
                    "in_time": held is not None and held < back + 72 * HOUR, "later": held is not None and held >= back + 72 * HOUR,
                    "declined": held is None and declined is not None, "neither": held is None and declined is None}
            for figure, so in said.items():
                out[figure, team] += so
        for child, back in last.items():
            out["children", self.team(child, back)] += 1
        return self.with_totals(out)

    @staticmethod
    def with_totals(out):
        total = Counter()
        for (figure, _), count in out.items():
            total[figure, ""] += count
        return {**out, **total}

    def caseload(self, within, to):
        of = Counter(worker for (_, role, worker, since), until in self.allocations().items()
                     if role == "personal-adviser" and since[0] < to and (until is None or until >= to))
        out = {("advisers", ""): len(of), ("cases", ""): sum(of.values()), ("highest", ""): max(of.values(), default=0),
               ("over", ""): sum(count > 25 for count in of.values())}
        return {**out, **({("average", ""): f"{int(sum(of.values()) * 10 / len(of) + 0.5) / 10:.1f}"} if of else {})}

    def front_door(self, within, to):
        out = Counter()
        for child, row in Rows(self.told, "contact", {"contact.received", "contact.decided", "contact.merged"}):
            opened = row.first("contact.received")
            if opened is None:
                continue
            due, decided, merged = self.after_working_days(opened, 1), row.first("contact.decided"), row.first("contact.merged")
            out["received"] += within(opened)
            left, closed = self.left(child, opened), row.end(opened, "contact.decided", "contact.merged")
            gone = left is not None and left < due and (closed is None or left < closed)
            if within(due) and opened < to and merged is None and not gone:
                out["due"] += 1
                out["in_time"] += decided is not None and decided < due
            outcome = row.all("contact.decided")[-1][1]["outcome"] if decided is not None else None
            if within(decided) and outcome != "information":
                out["decided"] += 1
                out["contact_nfa"] += outcome == "nfa"
                out["converted"] += outcome == "referral"
        for _, row in Rows(self.told, "referral", {"referral.accepted"}):
            out["referrals"] += within(row.first("referral.accepted"))
        for child, row in Rows(self.told, "assessment", {"assessment.started", "assessment.authorised"}):
            done = row.end(row.first("assessment.started"), "assessment.authorised")
            left = self.left(child, row.first("assessment.started"))
            done = None if done is not None and left is not None and left < done else done
            kind = row.all("assessment.started", "assessment.authorised")[-1][1]["kind"]
            if within(done) and kind == "single":
                out["authorised"] += 1
                out["assessment_nfa"] += row.all("assessment.authorised")[-1][1]["outcome"] == "nfa"
        return {(figure, ""): count for figure, count in out.items()}

    def unregulated(self, within, to):
        out, children = Counter(), {"placed": set(), "exceeds": set(), "under_16": set()}
        for child, row in Rows(self.told, "placement", {"placement.decided", "placement.started", "placement.ended", "placement.ratified",
                                                        "panel.reviewed", "risk_assessment.completed"}):
            opened = row.first("placement.started")
            closed = self.earlier(row.end(opened, "placement.ended"), self.left(child, opened))
            if opened is None or opened >= to or closed is not None and closed < to:
                continue
            if row.all("placement.decided", "placement.started")[-1][1]["regulated"]:
                continue
            children["placed"].add(child)
            ratified = next((at for at, data in row.all("placement.ratified") if data["by"] in ("director", "dcs")), None)
            out["unratified"] += ratified is None or ratified >= to
            scores = [data for at, data in row.all("risk_assessment.completed") if at < to]
            if scores and scores[-1]["care"] > scores[-1]["support"]:
                children["exceeds"].add(child)
            looked = max([opened] + [at for at, _ in row.all("panel.reviewed") if at < to])
            due = self.calendar.midnight(self.calendar.date(looked) + datetime.timedelta(days=29))
            out["panel_overdue"] += due <= to - 1
            age = self.age(child, to - 1)
            if age is not None and age < 16:
                children["under_16"].add(child)
        return {**{(figure, ""): count for figure, count in out.items()}, **{(figure, ""): len(of) for figure, of in children.items()}}


# ---- the tool ----

REPORTS = {"custody": ("monthly", Reckoning.custody), "interviews": ("monthly", Reckoning.interviews),
           "caseload": ("monthly", Reckoning.caseload), "front-door": ("monthly", Reckoning.front_door),
           "unregulated": ("monthly", Reckoning.unregulated)}
FIGURES = {"custody": "holds children refused beds secure offered moved failed certificates unknown hours by_age",
           "interviews": "ended children offered held in_time later declined neither", "caseload": "advisers cases average highest over",
           "front-door": "due in_time received decided contact_nfa converted authorised assessment_nfa referrals",
           "unregulated": "placed unratified exceeds panel_overdue under_16"}


def fill(args, folder, records):
    here, lines = pathlib.Path.cwd(), "".join(json.dumps(one) + "\n" for one in records)
    own = folder / "casewatchd.yaml"
    own.write_text(json.dumps({"council": "Council by chance", "database": str(folder / "casewatch.db"), "rules": f"{here}/rules",
                               "directory": f"{here}/conf/directory.yaml", "templates": f"{here}/conf/templates", "lists": f"{here}/conf/lists",
                               "calendar": {"file": f"{here}/conf/bank-holidays.json"}}))
    for command, given in ([f"{args.tests}/bench_fill", folder / "casewatch.db", own], lines), ([f"{args.tests}/bench_registers", folder / "casewatch.db", own], ""):
        done = subprocess.run(list(map(str, command)), input=given, capture_output=True, text=True, timeout=300)
        if done.returncode != 0:
            raise SystemExit(f"{command[0]}: exit status {done.returncode}: {done.stderr[-1500:]}")
    return own


def read_report(args, own, name, issue, period):
    done = subprocess.run([args.tool, "report", name, "--config", str(own), "--issue", issue, "--period", period, "--format", "csv"],
                          capture_output=True, text=True, timeout=120)
    if done.returncode != 0:
        raise SystemExit(f"casewatch report {name}: exit status {done.returncode}: {done.stderr[-1500:]}")
    return {(row["figure"], row["label"]): row["value"] for row in csv.DictReader(io.StringIO(done.stdout)) if row["period"] == period}


def periods(calendar, name):
    """What each report is asked for: a month, or the last day of one; with its first instant and the one after its last."""
    for month in MONTHS:
        first = datetime.date.fromisoformat(f"{month}-01")
        next_ = (first + datetime.timedelta(days=31)).replace(day=1)
        last = next_ - datetime.timedelta(days=1)
        if name == "unregulated":
            yield last.isoformat(), calendar.midnight(last), calendar.midnight(next_)
        else:
            yield month, calendar.midnight(first), calendar.midnight(next_)


def one_round(args, calendar, seed):
    r, wrong, compared, biggest = random.Random(seed), [], 0, Counter()
    records = Records(r)
    for number in range(40):
        some_child(records, number)
    reckoning = Reckoning(standing(records.all), calendar)
    given = records.all[:]
    r.shuffle(given)
    with tempfile.TemporaryDirectory(dir="/dev/shm") as folder:
        own = fill(args, pathlib.Path(folder), given)
        for name, (issue, reckon) in REPORTS.items():
            for period, first, to in periods(calendar, name):
                said = read_report(args, own, name, issue, period)
                wanted = reckon(reckoning, lambda at, first=first, to=to: at is not None and first <= at < to, to)
                figures = set(FIGURES[name].split())
                for figure, label in sorted({key for key in said if key[0] in figures} | {key for key in wanted if key[0] in figures}):
                    if figure == "by_age" and not label or figure == "average" and (figure, label) not in wanted:
                        continue
                    value, count = said.get((figure, label), "0"), str(wanted.get((figure, label), 0))
                    compared += 1
                    biggest[name] = max(biggest[name], int(float(count)))
                    if value != count:
                        wrong.append(f"{name} {period}: {figure} {label}: the report has {value}, reckoned {count}")
        if wrong and args.keep:
            shutil.copytree(folder, args.keep, dirs_exist_ok=True)
            pathlib.Path(args.keep, "events.jsonl").write_text("".join(json.dumps(one) + "\n" for one in given))
    return wrong, compared, biggest


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--tool", default="build/casewatch")
    p.add_argument("--tests", default="build/tests")
    p.add_argument("--seed", type=int, default=random.SystemRandom().randint(1, 10**9))
    p.add_argument("--rounds", type=int, default=1)
    p.add_argument("--keep", help="a directory for the records and the database of a round that differs")
    args = p.parse_args()
    calendar, compared, biggest, failed = Calendar("conf/bank-holidays.json"), 0, Counter(), 0
    for seed in range(args.seed, args.seed + args.rounds):
        wrong, count, most = one_round(args, calendar, seed)
        compared, failed = compared + count, failed + len(wrong)
        biggest |= most
        for one in wrong[:12]:
            print(f"        seed {seed}: {one}")
    print(f"seed {args.seed}, {args.rounds} rounds: {compared} figures of {len(REPORTS)} reports reckoned again, {failed} differ; the largest: "
          + ", ".join(f"{name} {most}" for name, most in sorted(biggest.items())))
    return 1 if failed or not all(biggest[name] for name in REPORTS) else 0


if __name__ == "__main__":
    sys.exit(main())
