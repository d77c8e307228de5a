"""The report `answering`, reckoned again from the events alone: what docs and the report itself say that each figure counts.

Told is when somebody was first to hear of the alert, which the ladder says (oracle/ladder.py); answered is the first answer that
counted and was not withdrawn; climbed is when the next step was told, which comes first of what falls on one instant. Used by
soak.py, whose database is that of the real daemon; how long it took is compared to some seconds, as there a stopped daemon is
late.
"""
import csv, io, json, pathlib, sqlite3, statistics, subprocess
from collections import Counter

import yaml

from oracle.clock import stamp
from oracle.ladder import Ladder

SECOND = 1_000_000
TITLES = {"critical": "Critical", "high": "High", "normal": "Normal"}
FATES = ("first", "climbed", "over", "none")
ASKS = ("opened", "escalated", "asked-again", "passed-on")
RULES = yaml.safe_load((pathlib.Path(__file__).parents[2] / "conf/lists/answering.yaml").read_text())["numbers"]["rules"]


class Asked(Ladder):
    """A ladder that remembers when anybody was asked again; the next step asks others for the first time."""

    def ask(self, t, what=None):
        super().ask(t, what)
        self.asks = [*getattr(self, "asks", ()), *([t] if what in (None, "asked_again") else [])]


class Fate:
    def __init__(self, case, until):
        ended = [(case.closed, "e", "ended", {})] if case.closed is not None else []
        heard = sorted([a for a in case.answers + ended if a[0] <= until], key=lambda a: a[:2])
        ladder = Asked(case.steps, case.calendar, case.opened, heard, until, case.mutes)
        taken_back = {fields["order"] for _, _, kind, fields in heard if kind in ("withdrawn", "reopened")}
        said = [(t, id_) for t, id_, kind, _ in heard if kind in ("acknowledged", "resolved") and id_ not in ladder.warned]
        self.severity, self.rule = TITLES[case.rule["severity"]], case.rule["title"]
        self.told = next((t for t, _, roles in ladder.lines if roles), None)
        # An answer in the transaction of the opening, before anybody was told, is nobody's: it is not on record whose it was.
        self.answered = min((t for t, id_ in said if id_ not in taken_back or t == case.opened), default=None)
        self.climbed = min((t for t, what, _ in ladder.lines if what == "escalated"), default=None)
        self.ended = None if ladder.standing else max(t for t, what, _ in ladder.lines if what == "resolved")
        self.passed = any(what == "passed_on" for _, what, _ in ladder.lines)
        self.again = self.answered is not None and any(t > self.answered for t in getattr(ladder, "asks", ()))

    @property
    def fate(self):
        if self.answered is not None:
            return "climbed" if self.climbed is not None and self.climbed <= self.answered else "first"
        return "over" if self.ended is not None else "none"


def words(span):
    """As people say it: 4 hours 30 minutes; the two largest units, of 24 to 48 hours the hours alone."""
    minutes = max(span, 0) // (60 * SECOND)
    some = lambda n, one: f"{n} {one}{'' if n == 1 else 's'}"
    two = lambda a, one, b, other: some(a, one) + (f" {some(b, other)}" if b else "")
    if minutes < 60:
        return some(minutes, "minute") if minutes else "under 1 minute"
    hours = minutes // 60
    if hours < 24:
        return two(hours, "hour", minutes % 60, "minute")
    return some(hours, "hour") if hours < 48 else two(hours // 24, "day", hours % 24, "hour")


def rows_by_rule(fates):
    """{rule: its row}: those with most alerts have their own, where that leaves more than one for "other rules"."""
    rules = sorted(Counter(one.rule for one in fates).items(), key=lambda of: (-of[1], of[0]))
    others = len(rules) - RULES
    return {rule: rule if at < RULES or others <= 1 else f"{others} other rules" for at, (rule, _) in enumerate(rules)}


def counted(fates):
    """{(figure, label): count}, of those that were told."""
    by, row = Counter(), rows_by_rule(fates)
    for one in fates:
        for figure, label in ("", one.severity), ("team_", "North 3"), ("rule_", row[one.rule]), ("", "sum"), ("team_", "sum"), ("rule_", "sum"):
            label = "" if label == "sum" else label
            by[f"{figure}alerts", label] += 1
            by[f"{figure}{one.fate}", label] += 1
        for label in one.severity, "":
            by["answered", label] += one.answered is not None
            by["closed", label] += one.ended is not None
        by["acted", ""] += one.answered is not None
        by["passed", ""] += one.passed
        by["again", ""] += one.again
    return +by


def took(fates, moment):
    """{label: (median, longest)} from being told to that moment."""
    spans = {}
    for one in fates:
        if getattr(one, moment) is not None:
            spans.setdefault(one.severity, []).append(max(getattr(one, moment) - one.told, 0))
    return {label: (statistics.median(of), max(of)) for label, of in spans.items()}


def read_report(args, folder, period):
    """{(figure, label): (value, of)} of that period, out of the CSV."""
    own = folder / "report.yaml"
    lists = folder / "lists"
    lists.mkdir(exist_ok=True)
    (lists / "answering.yaml").write_text(pathlib.Path("conf/lists/answering.yaml").read_text())
    here = pathlib.Path.cwd()
    own.write_text(json.dumps({"council": "Soak Council", "database": str(folder / "casewatch.db"), "rules": str(folder / "rules"),
                               "directory": f"{here}/conf/directory.yaml", "templates": f"{here}/conf/templates", "lists": str(lists),
                               "calendar": {"file": f"{here}/conf/bank-holidays.json"}}))
    done = subprocess.run([args.tool, "report", "answering", "--config", str(own), "--period", period, "--issue", "monthly", "--format", "csv"],
                          capture_output=True, text=True, timeout=120)
    # The last records may not be in the registers yet; no figure here is of one of those.
    if done.returncode != 0 and "not in the registers yet" not in done.stderr:
        raise SystemExit(f"casewatch report: exit status {done.returncode}: {done.stderr[-1500:]}")
    return {(row["figure"], row["label"]): row["value"] for row in csv.DictReader(io.StringIO(done.stdout)) if row["period"] == period}


def rules_with_registers(folder, rules):
    """The rules, with the two registers by which the report finds a child and its team."""
    out = folder / "rules"
    out.mkdir()
    for path in rules.glob("*.yaml"):
        (out / path.name).write_text(path.read_text())
    registers = yaml.safe_load(pathlib.Path("rules/registers.yaml").read_text())["registers"]
    wanted = [r for r in registers if r["id"] in ("allocation", "child")]
    for one in wanted:  # but for the alert of a rule that is not here
        one["columns"] = {name: column for name, column in one["columns"].items() if "alert" not in column}
    (out / "registers.yaml").write_text(json.dumps({"registers": wanted}))
    return out


def messages(folder, first, next_):
    base = sqlite3.connect(folder / "casewatch.db")
    states = [row[0] for row in base.execute("SELECT state FROM outbox WHERE number > 0 AND created >= ? AND created < ?", (first, next_))]
    told = base.execute("SELECT count(DISTINCT number) FROM outbox o WHERE kind = 0 AND sent > 0 AND number IN (SELECT number FROM outbox"
                        f" WHERE number > 0 AND purpose IN {ASKS} GROUP BY number HAVING min(created) >= ? AND min(created) < ?)", (first, next_))
    return {"sent": sum(s in (2, 3, 5) for s in states), "refused": states.count(5), "told": told.fetchone()[0]}


def differences(args, folder, cases, until):
    """What the report says otherwise, month by month, in words."""
    fates = [one for one in (Fate(case, until) for case in cases) if one.told is not None and one.told <= until]
    calendar, wrong = cases[0].calendar, []
    for month in sorted({calendar.date(one.told).replace(day=1) for one in fates}):
        period = f"{month:%Y-%m}"
        here = [one for one in fates if calendar.date(one.told).replace(day=1) == month]
        said = read_report(args, folder, period)
        first, next_ = calendar.midnight(month), calendar.midnight(month.replace(year=month.year + month.month // 12, month=month.month % 12 + 1))
        wanted = counted(here)
        for name, count in messages(folder, first, next_).items():
            if (name, "") in said:
                wanted[name, ""] = count
        figures = {"alerts", *FATES, *(f"{of}{what}" for of in ("team_", "rule_") for what in ("alerts", *FATES)), "answered", "closed", "acted",
                   "passed", "again", "refused", "sent", "told"}
        for figure, label in sorted({key for key in said if key[0] in figures} | set(wanted)):
            value, count = said.get((figure, label), "0"), wanted[figure, label]
            if int(value) != count:
                wrong.append(f"{period}: {figure} {label}: the report has {value}, reckoned {count}")
        for figure, moment in ("answer", "answered"), ("end", "ended"):
            for label, spans in took(here, moment).items():
                for name, span in zip(("median", "longest"), spans):
                    value = said.get((f"{figure}_{name}", label))
                    if value not in {words(int(span) + d * SECOND) for d in range(-120, 121, 10)}:
                        wrong.append(f"{period}: {figure}_{name} {label}: the report has {value}, reckoned {words(int(span))}")
    return wrong, len(fates), Counter(one.fate for one in fates)
