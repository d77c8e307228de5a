"""A council's events as they come in life: most of them fresh, some late, corrected, withdrawn, sent twice, merged or broken.

Times lie before `now`, so that a daemon on the machine's own clock takes them. Ids are invented."""

import datetime
import json

BROKEN = ["not json at all", '{"specversion":"1.0"', '{"specversion":"1.0","id":"x","id":"y"}', '["a list"]',
          '{"specversion":"1.0","id":"no-subject","source":"/lcs","type":"missing.started","time":"2020-01-01T10:00:00Z"}']
TEAMS = ["north-1", "north-2", "north-3", "south-1", "south-2", "west-1", "west-2"]


class Flow:
    def __init__(self, chance, children=40, now=None):
        self.chance = chance
        self.now = now or datetime.datetime.now(datetime.timezone.utc)
        self.children = [f"C{1000 + n}" for n in range(children)]
        self.number = 0
        self.lines = []
        self.good = []      # ids of events that must be stored, each once
        self.refused = 0
        for number, child in enumerate(self.children):
            began = datetime.timedelta(days=60, minutes=number)
            self.add("allocation.started", child, began, {"role": "social-worker", "worker": f"W{number % 8 + 1}",
                                                          "team": TEAMS[number % len(TEAMS)]})
            if self.chance.random() < 0.8:
                self.add("child.updated", child, began, {"date_of_birth": f"{self.now.year - 12 - number % 6}-03-01"})

    def add(self, kind, subject, ago, data, **more):
        self.number += 1
        event = {"specversion": "1.0", "id": f"e{self.number}", "source": "/lcs", "type": kind, "subject": subject,
                 "time": (self.now - ago).isoformat(timespec="milliseconds").replace("+00:00", "Z"), "data": data}
        event.update(more)
        self.lines.append(json.dumps(event))
        self.good.append(event["id"])
        return event

    def ago(self):
        """Mostly within hours, sometimes days or weeks."""
        days = self.chance.choice([0.01, 0.05, 0.2, 0.4, 1.5, 4, 12, 35])
        return datetime.timedelta(days=days * (0.5 + self.chance.random()), milliseconds=self.chance.randrange(1000))

    def missing(self, child):
        ago, episode = self.ago(), f"M{self.number}"
        self.add("missing.started", child, ago, {"episode": episode, "kind": self.chance.choice(["missing", "missing", "away"]),
                                                 "risk": self.chance.choice(["low", "medium", "high"])})
        if self.chance.random() < 0.7:
            self.add("missing.ended", child, ago * 0.6, {"episode": episode})
            if self.chance.random() < 0.5:
                self.add("rhi.completed", child, ago * 0.3, {"episode": episode})

    def custody(self, child):
        ago, custody = self.ago(), f"K{self.number}"
        self.add("custody.detained", child, ago, {"custody": custody, "station": "Middlehaven"})
        if self.chance.random() < 0.5:
            self.add("custody.threshold_met", child, ago * 0.9, {"custody": custody})
        if self.chance.random() < 0.4:
            self.add("custody.charged_bail_refused", child, ago * 0.8, {"custody": custody})
        if self.chance.random() < 0.6:
            self.add("custody.released", child, ago * 0.4, {"custody": custody})

    def placement(self, child):
        ago, placement = self.ago(), f"P{self.number}"
        data = {"placement": placement, "regulated": self.chance.random() < 0.4, "setting": "H5"}
        self.add("placement.decided", child, ago, data)
        if self.chance.random() < 0.5:
            self.add("placement.ratified", child, ago * 0.8, {"placement": placement,
                                                              "by": self.chance.choice(["director", "head-of-service"])})
        if self.chance.random() < 0.6:
            self.add("placement.started", child, ago * 0.6, data)

    def front_door(self, child):
        ago, contact = self.ago(), f"F{self.number}"
        self.add("contact.received", child, ago, {"contact": contact, "flags": self.chance.choice([[], ["neglect"], ["cse"]])})
        if self.chance.random() < 0.6:
            self.add("contact.decided", child, ago * 0.5, {"contact": contact, "outcome": "nfa"})

    def groups(self, child):
        self.add(self.chance.choice(["vpg.opened", "vpg.closed", "vpg.discussed", "rmg.opened"]), child, self.ago(), {})
        self.add("vcl.scored", child, self.ago(), {"level": self.chance.choice(["low", "high", "very-high"])})

    def amend(self, child):
        what = self.chance.random()
        if what < 0.4:
            earlier = json.loads(self.chance.choice([line for line in self.lines if '"replaces"' not in line and "{" == line[0]
                                                     and '"subject"' in line and '"data"' in line][-200:]))
            if earlier["type"].startswith(("event.", "person.")):
                return
            ago = self.now - datetime.datetime.fromisoformat(earlier["time"].replace("Z", "+00:00"))
            self.add(earlier["type"], earlier["subject"], ago * 1.05, earlier["data"], replaces=earlier["id"])
        elif what < 0.7:
            self.add("event.withdrawn", child, self.ago(), {"id": f"e{self.chance.randrange(self.number // 2, self.number + 1)}",
                                                            "reason": "recorded-in-error"})
        else:
            other = self.chance.choice(self.children)
            if other != child:
                self.add("person.merged", child, self.ago(), {"from": other})

    def more(self, count):
        """At least so many lines in all."""
        kinds = [self.missing] * 5 + [self.custody] * 3 + [self.placement] * 3 + [self.front_door] * 2 + [self.groups] * 2 + [self.amend]
        while len(self.lines) < count:
            self.chance.choice(kinds)(self.chance.choice(self.children))
            if self.chance.random() < 0.03:
                self.lines.append(self.chance.choice(self.lines))  # sent twice, broken ones too
                self.refused += self.lines[-1] in BROKEN
            if self.chance.random() < 0.02:
                self.lines.append(self.chance.choice(BROKEN))
                self.refused += 1
        return self
