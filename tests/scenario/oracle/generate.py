"""Random histories in which many things fall on one instant, some are known by date only, and some are put right later."""
import datetime, random

from .history import UNREADABLE

UTC = datetime.timezone.utc


EXACT = ("child.updated", "event.withdrawn", "person.merged", "person.unmerged")  # never known by their date alone


def stamp(t):
    return t.strftime("%Y-%m-%dT%H:%M:%SZ")


class History:
    optional = {}  # by type: the fields that may be absent, and so may come and be unreadable

    def __init__(self, r, small, inventor=None):
        self.r, self.small, self.events, self.n = r, small, [], 0
        self.inventor, self.bad = inventor, r.choice([0, 0, 0.1, 0.4])
        self.children = [f"C{i}" for i in range(1, r.randint(2, 4))]
        # Spring or autumn, around a change of the clocks.
        self.start = r.choice([datetime.datetime(2026, 3, 1, tzinfo=UTC), datetime.datetime(2025, 10, 5, tzinfo=UTC)])
        self.days = r.choice([1, 2, 4, 6, 20, 35, 60]) if small else r.choice([10, 60, 240])
        self.hours = r.choice([[0], [12], [0, 12], [0, 1, 6, 8, 22, 23], list(range(24))])
        self.by_date = r.choice([0, 0.1, 0.4, 0.8])
        self.until = self.start_plus(self.days + r.choice([3, 45] if not inventor else [3, 45, 120, 400]))

    def start_plus(self, days):
        return (self.start - datetime.datetime(1970, 1, 1, tzinfo=UTC) + datetime.timedelta(days=days)) // datetime.timedelta(microseconds=1)

    def when(self):
        return self.start + datetime.timedelta(days=self.r.randint(0, self.days), hours=self.r.choice(self.hours))

    def local_midnight(self, t):
        """Of the local date of t, where London is an hour ahead from the last Sunday of March to that of October."""
        for hours in (0, 1):
            m = t.replace(hour=0) - datetime.timedelta(hours=hours)
            summer = datetime.datetime(2026, 3, 29, 1, tzinfo=UTC) <= m < datetime.datetime(2026, 10, 25, 1, tzinfo=UTC) or \
                m < datetime.datetime(2025, 10, 26, 1, tzinfo=UTC)
            if summer == bool(hours):
                return m
        return t.replace(hour=0)

    def add(self, type_, subject, data=None, **more):
        self.n += 1
        t = self.when()
        e = {"specversion": "1.0", "id": self.r.choice("abz") + str(self.n), "source": self.r.choice(["/lcs", "/lcs", "/edt"]),
             "type": type_, "subject": subject, "time": stamp(t), "data": data or {}}
        if self.r.random() < self.by_date and type_ not in EXACT:
            e["timeprecision"], e["time"] = "day", stamp(self.local_midnight(t))
        e.update(more)
        for name in e["data"]:
            if self.bad and name in self.optional.get(type_, ()) and self.r.random() < self.bad:
                e["data"] = dict(e["data"], **{name: UNREADABLE})
        self.events.append(e)
        return e

    def key(self, prefix, n=2):
        return f"{prefix}{self.r.randint(1, n)}"

    def plan(self):
        return {"plan": self.key("q")} if self.r.random() < 0.25 else {}

    def choices(self):
        r, key = self.r, self.key
        truth = lambda p=0.5: r.random() < p
        placed = lambda: {"placement": key("p"), "regulated": truth(0.3), **({"provider": key("PR")} if truth(0.7) else {}),
                          **({"excepted": truth()} if truth(0.2) else {}), **({"registered": truth()} if truth(0.3) else {}),
                          **({"distant": truth()} if truth(0.4) else {}), **({"out_of_area": truth()} if truth(0.3) else {}),
                          **({"emergency": truth()} if truth(0.4) else {}), "setting": "H5"}
        episode = lambda: {"episode": key("m", 3)}
        custody = lambda: {"custody": key("k")}
        worker = lambda: {"role": r.choice(["personal-adviser", "personal-adviser", "social-worker"]), "worker": key("W")}
        plan = lambda: {"plan": key("s")}
        place = lambda: {"placement": key("p")}
        by = lambda: {"by": r.choice(["director", "dcs", "team-manager"])}
        case = lambda: {"case": key("y")}
        families = [
            [("missing.started", lambda: {**episode(), "kind": r.choice(["missing", "missing", "away"]), **({"risk": r.choice(["high", "low"])} if truth() else {})}),
             ("missing.ended", episode), ("missing.status_changed", lambda: {**episode(), "kind": r.choice(["missing", "missing", "away"])}),
             ("missing.risk_changed", lambda: {**episode(), "risk": "high"}), ("rhi.completed", episode),
             ("rhi.offered", episode), ("rhi.declined", episode), ("missing.started", lambda: {**episode(), "kind": "missing"}),
             ("vpg.discussed", dict), ("vpg.shared", lambda: r.choice([{}, {"with": ["social-worker", "team-manager"]}, {"with": ["team-manager"]}]))],
            [(t, self.plan) for t in ("vpg.opened", "vpg.closed", "rmg.opened", "rmg.closed", "cp.started", "cp.ended", "rmg.discussed",
                                      "vemt.opened", "vemt.closed")] +
            [("vpg.discussed", dict), ("rmg.not_needed", dict), ("vcl.scored", lambda: {"level": r.choice(["low", "high", "very-high"])})],
            [("safety_plan.signed_off", lambda: {**plan(), "by": r.choice(["team-manager", "head-of-service"])}), ("safety_plan.audited", plan),
             ("safety_plan.reviewed", plan), ("safety_plan.ended", plan), ("vpg.opened", self.plan), ("vpg.closed", self.plan), ("cp.started", self.plan),
             ("cp.ended", self.plan)],
            [("cp.started", self.plan), ("cp.ended", self.plan), ("core_group.held", dict), ("core_group.held", dict), ("cp_review.held", dict),
             ("cla.started", self.plan), ("cla.ended", self.plan), ("pathway_plan.reviewed", dict), ("transition.planned", dict)],
            [(t, custody) for t in ("custody.detained", "custody.detained", "custody.released", "custody.charged_bail_refused",
                                    "custody.threshold_met", "pace.transferred", "pace.bed_requested", "custody.feedback_recorded",
                                    "custody.certificate_issued", "pace.transfer_failed")] + [("vpg.closed", self.plan), ("vpg.opened", self.plan)],
            [("placement.decided", placed), ("placement.started", placed), ("placement.started", placed), ("placement.ended", place),
             ("placement.ended", lambda: {**place(), "provider": key("PR")}), ("placement.ratified", lambda: {**place(), **by()}),
             ("placement.approved", lambda: {**place(), **by()}), ("placement.refused", lambda: {**place(), **by()}),
             ("placement.area_notified", place), ("contingency_plan.recorded", place), ("panel.reviewed", place),
             ("risk_assessment.completed", lambda: {**place(), "care": r.randint(0, 10), "support": r.randint(0, 10)}),
             ("provider.registration_changed", lambda: {"registered": truth(0.3)})],
            [("contact.received", lambda: {"contact": key("k", 3), **({"flags": r.choice([[], ["neglect"]])} if truth(0.8) else {})}),
             ("contact.decided", lambda: {"contact": key("k", 3), "outcome": "nfa"}), ("contact.merged", lambda: {"contact": key("k", 3), "into": "k9"}),
             ("contact.screened", lambda: {"contact": key("k", 3), **({"expertise": ["x"]} if truth() else {})}),
             ("challenge.raised", lambda: {"challenge": key("h")}), ("challenge.answered", lambda: {"challenge": key("h")}),
             ("referral.accepted", lambda: {"referral": key("r")}), ("referral.closed", lambda: {"referral": key("r")}),
             ("assessment.authorised", lambda: {"assessment": key("a"), "kind": "single", "referral": key("r"), "outcome": r.choice(["nfa", "cin"])}),
             ("assessment.authorised", lambda: {"assessment": key("a"), "kind": "short-break", "outcome": "nfa"}),
             ("assessment.started", lambda: {"assessment": key("a"), "kind": "single", "referral": key("r")}),
             ("early_help.discussed", lambda: {"referral": key("r")})],
            [("strategy.held", lambda: {"strategy": key("t"), "s47": truth(0.7)}), ("s47.started", lambda: {"s47": key("z")}),
             ("s47.completed", lambda: {"s47": key("z")}), ("icpc.held", lambda: {"strategy": key("t")}), ("icpc.not_required", lambda: {"strategy": key("t")}),
             ("safety_plan.signed_off", lambda: {**plan(), "by": "team-manager"}), ("safety_plan.ended", plan),
             ("homeless.presented", lambda: {"presentation": key("n")}), ("rights.explained", lambda: {"presentation": key("n")}),
             ("eh.opened", dict), ("eh.closed", dict), ("cin.opened", dict), ("cin.closed", dict), ("case.stepped_up", case), ("case.closed", case),
             ("assessment.started", lambda: {"assessment": key("a"), "kind": "single", "referral": key("r")}),
             ("stepdown.completed", case), ("stepdown.audited", lambda: {**case(), "by": r.choice(["team-manager", "iro", "head-of-service-cla"])})],
            [("allocation.started", worker), ("allocation.started", worker), ("allocation.ended", worker), ("supervision.held", dict)],
            [("task.created", lambda: {"task": key("j"), **self.due()}), ("task.changed", lambda: {"task": key("j"), **self.due()}),
             ("task.completed", lambda: {"task": key("j")})],
            [("audit.action_raised", lambda: {"action": key("a"), "audit": "u", "due": self.soon()}), ("audit.action_raised", lambda: {"action": key("a"), "audit": "u", "due": self.soon()}),
             ("audit.completed", lambda: {"audit": "u", "area": "x"}), ("rmg.closed", self.plan), ("rmg.opened", self.plan)],
            [("flag.set", lambda: {"flag": r.choice(["cse", "cce", "trafficked"])}), ("flag.cleared", lambda: {"flag": r.choice(["cse", "cce", "trafficked"])}),
             ("rmg.opened", self.plan), ("rmg.discussed", dict), ("transition.planned", dict), ("vpg.discussed", dict)],
            [("dol.order_made", lambda: {"order": key("o"), "until": self.later()}), ("dol.order_renewed", lambda: {"order": key("o"), "until": self.later()}),
             ("dol.order_ended", lambda: {"order": key("o")})],
            [("court.applied", dict), ("court.applied", dict), ("plo.letter_sent", lambda: r.choice([{}, {"offers_meeting": truth()}]))] +
            [(f"fgdm.{t}", dict) for t in ("offered", "accepted", "held", "not_in_interests")],
            [("placement.started", lambda: {"placement": key("p"), "regulated": True, r.choice(["to_18", "with_parents_interim", "temporary_approval", "distant"]): truth(0.7)}),
             ("placement.ended", place), ("cla_review.held", dict), ("placement.plan_recorded", place), ("private_fostering.started", self.plan),
             ("private_fostering.ended", self.plan)] + [("visit.made", lambda: {"kind": r.choice(["cla", "cla", "private-fostering", "cp"])})] * 4,
            [("cla.started", self.plan), ("cla.ended", self.plan), ("health_assessment.completed", lambda: r.choice([{}, {"kind": "initial"}, {"kind": "review"}])),
             ("attendance.absent", lambda: {"date": self.soon()}), ("attendance.absent", lambda: {"date": self.soon()}), ("fff.opened", self.plan),
             ("fff.closed", self.plan), ("pmg.discussed", dict), ("permanence.planned", dict), ("leaving_care.started", self.plan), ("cin.opened", self.plan),
             ("cin.closed", self.plan), ("vcl.scored", lambda: {"level": "low"})],
            [("incident.occurred", lambda: {"incident": key("i")}), ("incident.notified", lambda: {"incident": key("i")}),
             ("rapid_review.completed", lambda: {"incident": key("i")}), ("iro.alert_raised", lambda: {"alert": key("i")}),
             ("iro.alert_answered", lambda: {"alert": key("i")}), ("shortbreak.started", lambda: {"break": key("b")}),
             ("shortbreak.ended", lambda: {"break": key("b")}), ("shortbreak.reviewed", lambda: {"break": key("b"), **({"qualified": truth()} if truth() else {})}),
             ("homevisit.made", lambda: {"tool": truth()})],
        ]
        return families

    def soon(self):
        return (self.when() + datetime.timedelta(days=self.r.randint(-3, 6))).strftime("%Y-%m-%d")

    def later(self):
        return (self.when() + datetime.timedelta(days=self.r.randint(-3, 40))).strftime("%Y-%m-%d")

    def due(self):
        return {"due": (self.when() + datetime.timedelta(days=self.r.randint(-3, 6))).strftime("%Y-%m-%d")} if self.r.random() < 0.8 else {}

    def subject(self, type_):
        other = self.inventor and self.inventor.subject(self.r, type_, self)
        if other:
            return other
        return {"provider.registration_changed": self.key("PR"), "supervision.held": self.key("W")}.get(type_) or \
            (self.key("T", 1) if type_.startswith("task.") else self.r.choice(self.children))

    def fill(self):
        """The lines in arrival order, and whether everything arrived as it happened."""
        amended = self.happen()
        return self.arrivals(amended)

    def happen(self):
        """What happened; whether some of it was put right later."""
        r = self.r
        families = self.inventor.families(r, self) if self.inventor else self.choices()
        if not self.inventor and r.random() < 0.85:
            families = r.sample(families, r.choice([1, 1, 2, 3]))
        kinds = [k for f in families for k in f]
        for _ in range(r.randint(6, 40)):
            type_, data = r.choice(kinds)
            self.add(type_, self.subject(type_), data())
        for child in self.children:
            if r.random() < 0.7:
                born = (self.start + datetime.timedelta(days=r.randint(0, self.days))).replace(year=self.start.year - r.choice([15, 16, 18]))
                if r.random() < 0.3:
                    born -= datetime.timedelta(days=183)
                self.add("child.updated", child, {"date_of_birth": born.strftime("%Y-%m-%d")}, time=stamp(self.start - datetime.timedelta(days=1)))
            if r.random() < 0.15:  # what a database puts where none is known; 31 within the history
                placeholder = r.choice(["1970-01-01", "1960-02-29", (self.start.replace(year=self.start.year - 31) + datetime.timedelta(days=r.randint(-2, self.days))).strftime("%Y-%m-%d")])
                self.add("child.updated", child, {"date_of_birth": placeholder}, time=stamp(self.start - datetime.timedelta(days=r.choice([0, 1, 2]))))
        if r.random() < 0.15:
            death = self.add(r.choice(["child.died", "child.transferred"]), r.choice(self.children))
            if "timeprecision" not in death:  # what begins at the very instant of a death is nobody's case
                death["time"] = death["time"].replace(":00:00Z", ":07:00Z")
        amended = r.random() < 0.5
        if amended:
            self.amend()
        return amended

    def amend(self):
        r = self.r
        for _ in range(r.randint(0, 4)):
            target = r.choice(self.events)
            if r.random() < 0.5:
                self.add("event.withdrawn", target["subject"], {"id": target["id"]}, source=target["source"])
            else:
                self.n += 1
                t = self.when() if r.random() < 0.6 else datetime.datetime.fromisoformat(target["time"].replace("Z", "+00:00"))
                fixed = dict(target, id=f"f{self.n}", replaces=target["id"], time=stamp(t))
                fixed.pop("timeprecision", None)
                if r.random() < self.by_date and fixed["type"] not in EXACT:  # the hour proves wrong, or was not known
                    fixed["timeprecision"], fixed["time"] = "day", stamp(self.local_midnight(t))
                if fixed["type"] in ("child.died", "child.transferred"):
                    fixed["time"] = fixed["time"].replace(":00:00Z", ":07:00Z")
                if r.random() < 0.3 and fixed["subject"].startswith("C"):
                    fixed["subject"] = r.choice(self.children)
                self.events.append(fixed)
        for _ in range(r.choice([0, 1, 1, 2])):
            ids = r.choice([self.children] * 4 + [["W1", "W2"], ["PR1", "PR2"]])
            if len(ids) > 1:
                a, b = r.sample(ids, 2)
                self.add(r.choice(["person.merged", "person.merged", "person.unmerged"]), a, {"from": b})

    def orders(self):
        """The same events in three orders of arrival: [(name, lines, whether all arrived as it happened)]."""
        r, amended = self.r, self.happen()
        by_time = sorted(self.events, key=lambda e: (e["time"], r.random()))
        last = datetime.datetime(1970, 1, 1, tzinfo=UTC) + datetime.timedelta(microseconds=self.until - 1)
        after = max(datetime.datetime.fromisoformat(by_time[-1]["time"].replace("Z", "+00:00")), last - datetime.timedelta(days=1))
        shuffled = r.sample(by_time, len(by_time))
        whole = [dict(e, recordedtime=stamp(after)) for e in shuffled]
        partly = []
        for e in by_time:
            t = datetime.datetime.fromisoformat(e["time"].replace("Z", "+00:00"))
            if r.random() < 0.4:
                t = min(t + datetime.timedelta(days=r.choice([0, 1, 5, 40]), hours=r.choice([0, 3, 12])), max(t, last))
            partly.append((t, r.random(), dict(e, recordedtime=stamp(t))))
        return [("as it happened", by_time, not amended), ("all late, in a random order", whole, False),
                ("a part of it late", [e for _, _, e in sorted(partly, key=lambda x: x[:2])], False)]

    def arrivals(self, amended):
        r = self.r
        late = amended and r.random() < 0.7 or r.random() < 0.15
        timed = []
        for e in self.events:
            t = datetime.datetime.strptime(e["time"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
            if late and r.random() < 0.35:
                t += datetime.timedelta(days=r.choice([0, 1, 5, 20]), hours=r.choice([0, 3, 12]))
                e = dict(e, recordedtime=stamp(t))
            timed.append((t, r.random(), e))
        if r.random() < 0.2:
            timed += [(t + datetime.timedelta(hours=r.choice([0, 5])), r.random(), e) for t, _, e in r.sample(timed, min(2, len(timed)))]
        lines = [e for _, _, e in sorted(timed, key=lambda x: x[:2])]
        return lines, not late and not amended
