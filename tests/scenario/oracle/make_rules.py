"""Random rules, as an analyst of another council might write them: every kind, with whatever conditions, ends, keys and dates.

What is written is of types that ship and whose records oracle.invent makes. A rule that `casewatch check` would refuse is not made
here: that is for others to try.
"""
import datetime, json

KEYED = {"episode": ["missing.started", "missing.ended", "rhi.offered", "rhi.completed"],
         "custody": ["custody.detained", "custody.released", "custody.threshold_met", "pace.transferred"],
         "s47": ["s47.started", "s47.completed"], "order": ["dol.order_made", "dol.order_ended", "dol.order_renewed"]}
PLAIN = ["vpg.discussed", "rmg.discussed", "core_group.held", "visit.made", "vcl.scored", "vpg.opened", "vpg.closed", "cp.started", "cp.ended"]
WHERE = {"missing.started": ['data.kind == "missing"', 'has(data.risk) && data.risk in ["high", "medium"]', '!has(data.risk) || data.risk != "low"'],
         "vcl.scored": ['data.level == "low"', 'data.level in ["high", "very-high"]'], "visit.made": ['data.kind == "cp"', '!(data.kind == "cla")'],
         "custody.detained": ['has(data.station)', '!has(data.station)']}
STATES = ["vpg", "cp", "s47", "missing", "held", "scored", "talked"]
NAMED = [{"id": "held", "from": "custody.detained", "to": ["custody.released", "pace.transferred"], "key": "custody"},
         {"id": "scored", "from": {"event": "vcl.scored", "where": 'data.level != "low"'}, "to": {"event": "vcl.scored", "where": 'data.level == "low"'}},
         {"id": "talked", "from": "vpg.discussed", "to": "rmg.discussed"}]
FIRST = {"vcl.scored": 'first("vcl.scored").data.level == "low"', "missing.started": 'first("missing.started").data.kind == "missing"'}
FOR_CLOCKS = ("hours", "days", "working days", "weeks", "months")
BY_DATE = ("days", "weeks", "months")


class RuleMaker:
    def __init__(self, r, first_day):
        self.r, self.first_day, self.made = r, first_day, []

    def maybe(self, chance):
        return self.r.random() < chance

    def length(self, units=FOR_CLOCKS):
        unit = self.r.choice(units)
        number = self.r.choice({"hours": [1, 12, 24, 36, 72], "days": [1, 2, 3, 10], "working days": [1, 2, 5], "weeks": [1, 2], "months": [1, 2]}[unit])
        return f"{number} {unit if number > 1 else unit[:-1]}"

    def about_history(self):
        """What needs no event at hand."""
        r = self.r
        what = r.choice(["open", "open", "open", "tail", "seen", "age", "birth"])
        if what == "open":
            return f'open("{r.choice(STATES)}")'
        if what == "tail":
            return f'open("{r.choice(STATES)}", "{self.length(BY_DATE)}")'
        if what == "seen":
            return f'seen("{r.choice(PLAIN + sum(KEYED.values(), []))}")'
        return r.choice(["age < 16", "age >= 16", "age >= 18"]) if what == "age" else r.choice(["has(child.date_of_birth)", "!has(child.date_of_birth)"])

    def holds(self, deep=2):
        if deep == 0 or self.maybe(0.4):
            return self.about_history()
        if self.maybe(0.3):
            return f"!({self.holds(deep - 1)})"
        return f"({self.holds(deep - 1)}) {self.r.choice(['&&', '&&', '||'])} ({self.holds(deep - 1)})"

    def where(self, type_):
        own = self.r.choice(WHERE.get(type_, [None]))
        if own and self.maybe(0.6):
            return own
        if self.maybe(0.2):
            first, says = self.r.choice(sorted(FIRST.items()))
            return f'!seen("{first}") || {says}'
        return f"({own}) {self.r.choice(['&&', '||'])} ({self.holds(1)})" if own else self.holds(1)

    def events(self, pool, most=2, but=()):
        """As a rule names them, and which; `but`: what begins the rule would end at once what it began."""
        pool = [t for t in pool if t not in but]
        types = self.r.sample(pool, min(len(pool), self.r.randint(1, most)))
        said = [{"event": t, "where": self.where(t)} if self.maybe(0.35) else t for t in types]
        return (said[0] if len(said) == 1 else said), types

    def keyed(self):
        key = self.r.choice([None, None] + sorted(KEYED))
        return key, KEYED[key] if key else PLAIN

    def others(self, key, but):
        """What stops, ends or guards: of the key, or of the child as a whole."""
        own = [t for t in KEYED[key] if t not in but] if key and self.maybe(0.6) else []
        return self.events(own or PLAIN + KEYED["custody"], 2, but)[0]

    def event(self):
        key, pool = self.keyed()
        said, types = self.events(pool)
        return {"event": said, **({self.r.choice(["key", "distinct"]): key} if key else {})}, types

    def guard(self):
        key, pool = self.keyed()
        said, types = self.events(pool)
        return {"event": said, "unless-before": self.others(key, ()), **({"key": key} if key else {}),
                **({"within": self.length(BY_DATE)} if self.maybe(0.4) else {})}, types

    def count(self):
        key, pool = self.keyed()
        said, types = self.events(pool)
        return {"event": said, "at-least": self.r.choice([2, 2, 3]), "within": self.length(BY_DATE), **({"distinct": key} if key else {})}, types

    def deadline(self):
        starts = [rule for rule in self.made if "load" not in rule]
        if starts and self.maybe(0.2):
            return {"start": {"alert": self.r.choice(starts)["id"], "is": self.r.choice(["opened", "resolved"])}, "stop": self.others(None, ()),
                    "within": self.length()}, []
        if self.maybe(0.15):
            return {"start": "dol.order_made", "moves": "dol.order_renewed", "stop": "dol.order_ended", "key": "order", "due": "data.until",
                    **({"warn-before": ["3 days"]} if self.maybe(0.5) else {})}, ["dol.order_made"]
        key, pool = self.keyed()
        said, types = self.events(pool)
        within = self.length()
        warn = {"warn": ["1" + within[within.index(" "):].rstrip("s")]} if self.maybe(0.3) and within[:2] not in ("1 ", "24") else {}
        return {"start": said, "stop": self.others(key, types), "within": within, **warn, **({"key": key} if key else {}),
                **({"while": self.holds()} if self.maybe(0.4) else {})}, types

    def recurring(self):
        key, pool = self.keyed()
        itself = key is None and self.maybe(0.4)
        said, types = self.events(pool)
        turn = lambda: self.length(("days", "weeks", "months", "working days"))  # of hours no rule of a council's is
        every = turn()
        if self.maybe(0.25):
            every = [{"length": "3 days", "when": self.holds(1)}, {"length": "2 days", "after": "2 weeks"}, every]
        return {**({} if itself else {"start": said}), "event": self.others(key, types), "every": every,
                **({"first": self.r.choice([turn(), [turn(), turn()]])} if self.maybe(0.5) else {}),
                **({"key": key} if key and not itself else {}), **({"while": self.holds()} if itself or self.maybe(0.5) else {})}, [] if itself else types

    def overlap(self):
        key, pool = self.keyed()
        said, types = self.events(pool)
        return {"start": said, "stop": self.others(key, types), **({"key": key} if key else {}),
                "daily": self.r.choice(["22:00-08:00", "01:15-01:45", "00:00-06:00", "18:00-00:00", "09:00-17:00"])}, types

    def state(self):
        return {"when": self.holds(3), **({"from": self.r.choice(["birth + 16 years", "birth + 18 years", "birth + 15 years 6 months"])}
                                          if self.maybe(0.3) else {})}, []

    def load(self):
        return {"open": self.r.choice(["missing", "held", "s47"]), "more-than": self.r.choice([0, 1])}, []

    def rule(self, number):
        kind = self.r.choice(["event", "guard", "count", "deadline", "deadline", "recurring", "overlap", "state", "state", "load"])
        body, types = getattr(self, kind)()
        rule = {"id": f"made.{kind}-{number}", "title": f"Made {kind}", "basis": "none", "severity": "normal", kind: body}
        for word, chance in (("closes-on", 0.4), ("ends-on", 0.3)):
            # A date that is moved on the date of a closes-on: rather one alert too many, which the reading does not know.
            if self.maybe(chance) and not (word == "closes-on" and "due" in body):
                rule[word] = self.others(None, types)
        if "from" not in body and self.maybe(0.1):
            rule["until-age"] = 18
        if self.maybe(0.15):
            day = self.first_day + datetime.timedelta(days=self.r.randint(0, 20))
            rule[self.r.choice(["effective-from", "effective-until"])] = day.isoformat()
        return {**rule, "tell": [{"role": "team-manager"}], "actions": ["Done"], "text": "Do it."}

    def write(self, folder, rules):
        for number in range(rules):
            self.made.append(self.rule(number))
        lines = ["states:"] + [f"  - {json.dumps(s)}" for s in NAMED] + ["rules:"] + [f"  - {json.dumps(s)}" for s in self.made]
        (folder / "made.yaml").write_text("\n".join(lines) + "\n")
