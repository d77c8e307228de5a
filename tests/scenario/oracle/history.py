"""From accepted events to histories: duplicates, corrections, withdrawals, merges, parties, order."""
import datetime
from .clock import ENDED, EVENT, LAST, instant

LEAVES = ("child.died", "child.transferred")


class Event:
    """One accepted event with its place on the time line."""

    def __init__(self, raw, arrived):
        self.raw, self.arrived = raw, arrived
        self.id, self.source, self.type = raw["id"], raw["source"], raw["type"]
        self.subject, self.time = raw.get("subject"), instant(raw["time"])
        self.data = {k: v for k, v in (raw.get("data") or {}).items() if v is not None}
        self.replaces = raw.get("replaces")
        self.recorded = instant(raw["recordedtime"]) if "recordedtime" in raw else None
        self.by_date = raw.get("timeprecision") == "day"
        self.order = (self.time, self.source, self.id)
        self.number = None  # its place among the events of one history

    def settle(self, calendar):
        """Known by date only: the time is the local midnight that begins the local date."""
        if self.by_date:
            date = calendar.date(self.time)
            self.time = calendar.midnight(date)
            self.order = (self.time, self.source, self.id)
            self.day_ends = calendar.midnight(date + datetime.timedelta(days=1), True)

    def starts(self):
        return (self.time, EVENT, self.number)

    def stops(self):
        """A stop known by date only counts as the last instant of its date."""
        return (self.day_ends, ENDED, self.number) if self.by_date else (self.time, EVENT, self.number)


def standing(events):
    """The events that happened, after corrections and withdrawals. A correction takes the place of what it names; that place
    is filled as long as the correction, or a correction of it, is not withdrawn."""
    by_id = {(e.source, e.id): e for e in events}
    corrections, withdrawals = {}, {}
    for e in events:
        if e.replaces and e.replaces != e.id:
            corrections.setdefault((e.source, e.replaces), []).append(e)
        if e.type == "event.withdrawn":
            withdrawals.setdefault((e.source, e.data["id"]), []).append(e)

    def withdrawn(e, path):
        return any(happened(w, path) for w in withdrawals.get((e.source, e.id), []) if w is not e)

    def filled(e, path):
        """Whether the place of e is held by e or by what corrects it."""
        return not withdrawn(e, path) or any(filled(c, path | {c}) for c in corrections.get((e.source, e.id), []) if c not in path)

    def corrected_by(e, path):
        alive = [c for c in corrections.get((e.source, e.id), []) if c not in path and filled(c, path | {c})]
        return max(alive, key=lambda c: (c.recorded if c.recorded is not None else c.time, c.id), default=None)

    def chosen(e, path):
        """Whether e, if it corrects, is the correction that holds, and what it corrects in turn is chosen."""
        target = by_id.get((e.source, e.replaces)) if e.replaces else None
        if not e.replaces or e.replaces == e.id or (target and target in path):
            return True
        rivals = [c for c in corrections[(e.source, e.replaces)] if filled(c, path | {c})]
        best = max(rivals, key=lambda c: (c.recorded if c.recorded is not None else c.time, c.id), default=None)
        return best is e and (target is None or chosen(target, path | {target}))

    def happened(e, path=frozenset()):
        if e in path:
            return False
        path = path | {e}
        return not withdrawn(e, path) and corrected_by(e, path) is None and chosen(e, path)
    return [e for e in events if happened(e)]


def canonical(events):
    """Who is who after merges: the latest statement about a pair holds; linked ids go by the one that never ceased."""
    latest = {}
    for e in sorted(events, key=lambda e: e.order):
        if e.type in ("person.merged", "person.unmerged") and e.data["from"] != e.subject:
            latest[frozenset((e.subject, e.data["from"]))] = e
    links = [e for e in latest.values() if e.type == "person.merged"]
    group = {}
    for e in links:
        joined = group.get(e.subject, {e.subject}) | group.get(e.data["from"], {e.data["from"]})
        for id_ in joined:
            group[id_] = joined
    ceased = {e.data["from"] for e in links}
    return lambda id_: min(group[id_] - ceased or group[id_]) if id_ in group else id_


class History:
    """The events of one subject, in order, and the facts about the person."""

    def __init__(self, subject, of, events, who, calendar, types, rules_states, now):
        self.subject, self.of, self.calendar, self.types, self.now = subject, of, calendar, types, now
        self.states, self.who = rules_states, who
        self.events = sorted(events, key=lambda e: e.order)
        for n, e in enumerate(self.events):
            e.number = n
        self.born = None
        for e in self.events:
            if e.type == "child.updated" and e.data.get("date_of_birth") and not of:
                self.born = datetime.date.fromisoformat(e.data["date_of_birth"])
        self.known_intervals = {}

    def number(self):
        """Events are shared between histories: put this one's numbers on them again."""
        for n, e in enumerate(self.events):
            e.number = n

    def leaves(self):
        return [e for e in self.events if e.type in LEAVES and not self.of]

    def state_key(self, state, event):
        """None: no value (then an end ends all). In a party's history the child is part of every key."""
        values = tuple(event.data.get(k) for k in state.keys)
        if state.keys and any(v is None for v in values) or (not state.keys and not self.of):
            return None if not self.of else (None, self.who(event.subject))
        return values + ((self.who(event.subject),) if self.of else ())

    def intervals(self, state, where=None):
        """When which key of a state is open: [(key, from, to or None, event)]."""
        from .conditions_at import At
        memo = (state.id, getattr(where, "text", None))
        if memo in self.known_intervals:
            return self.known_intervals[memo]
        self.known_intervals[memo] = []  # a state whose own `where` asks for itself finds nothing
        begins = [e for e in self.events if matches(self, e, state.begin) and (where is None or where(At(self, e.starts(), e)))]
        ends = [e for e in self.events if matches(self, e, state.end)]
        moments = sorted([(e.starts()[:2], 0, e) for e in begins] + [(e.stops()[:2], 1, e) for e in ends] +
                         [(e.stops()[:2], 2, e) for e in self.events if e.type in LEAVES], key=lambda m: (m[0], m[2].number))
        out, open_ = [], {}
        at = 0
        while at < len(moments):
            same = [m for m in moments[at:] if m[0] == moments[at][0]]
            at += len(same)
            self.one_instant(state, same, open_, out)
        out += [(k, b, None, e) for k, (b, e) in open_.items()]
        self.known_intervals[memo] = out
        return out

    def one_instant(self, state, same, open_, out):
        before = dict(open_)
        starts = [m[2] for m in same if m[1] == 0]
        here = {}
        for e in starts:
            here.setdefault(self.state_key(state, e), e)

        def close(key, end):
            if key in open_:
                begin, e = open_.pop(key)
                out.append((key, begin, end.stops(), e))
        gone = set()
        for _, what, e in [m for m in same if m[1]]:
            key = self.state_key(state, e) if what == 1 else None
            # Begun and ended here: it held for no time, but for what was in order between the two.
            out += [(k, b.starts(), e.stops(), b) for k, b in here.items()
                    if k not in open_ and b.number < e.number and (key is None or key[0] is None or k == key)]
            child = self.who(e.subject)
            unkeyed = what == 2 or key is None or key[0] is None
            if not unkeyed:
                close(key, e)
                gone.add(key)
                continue
            mine = (lambda k: not self.of or (k and k[-1] == child))
            old = [k for k in before if mine(k)]
            for k in old:
                close(k, e)
            if not old:
                gone |= {k for k in here if mine(k)}
        for key, e in here.items():
            if key in gone or key in open_:
                continue
            open_[key] = (e.starts(), e)


def matches(history, event, selectors, key=None):
    from .conditions_at import At
    value = event.data.get(key) if key else None
    return any(event.type == s.type and (s.where is None or s.where(At(history, event.starts(), event, key, value)))
               for s in selectors)
