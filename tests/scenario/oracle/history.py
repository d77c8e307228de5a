"""From accepted events to histories: duplicates, corrections, withdrawals, merges, parties, order."""
import datetime, functools
from .clock import ENDED, EVENT, LAST, instant
from .condition import UNREAD
from .order import LEAVES, Begun, came_before, come_together, reaches


UNREADABLE = {"cannot": "be read"}  # an object: no field of the catalogue is one


class Event:
    """One accepted event with its place on the time line."""

    def __init__(self, raw, arrived):
        self.raw, self.arrived = raw, arrived
        self.id, self.source, self.type = raw["id"], raw["source"], raw["type"]
        self.subject, self.time = raw.get("subject"), instant(raw["time"])
        data = {k: v for k, v in (raw.get("data") or {}).items() if v is not None}
        self.data = {k: v for k, v in data.items() if v != UNREADABLE}
        self.judged = {k: UNREAD if v == UNREADABLE else v for k, v in data.items()}  # as conditions see it that end something
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
        rivals = [c for c in corrections[(e.source, e.replaces)] if filled(c, frozenset({c}))]
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
        self.births = [e for e in self.events if e.type == "child.updated" and e.data.get("date_of_birth") and not of]
        self.known_intervals = {}
        self.contradictions = {e for e in self.events if self.before_its_start(e)}

    def born_at(self, t):
        """The date of birth as it counts at an instant. One by which the person is 31 or more stands where none is known; of
        several, those that were so at their own event's time count only where there is no other."""
        born = self.born
        return born if born and self.calendar.age(born, self.calendar.date(t)) < 31 else None

    def years(self, e, at):
        return self.calendar.age(datetime.date.fromisoformat(e.data["date_of_birth"]), self.calendar.date(at))

    @functools.cached_property
    def born(self):
        """The date of birth that counts while it does."""
        plausible = [e for e in self.births if self.years(e, e.time) < 31]
        chosen = (plausible or self.births)[-1:]
        return datetime.date.fromisoformat(chosen[0].data["date_of_birth"]) if chosen else None

    # An end dated before its own start ends nothing and meets no clock.

    def before_its_start(self, e):
        key = self.interval_key(e)
        if not self.types.ends_interval(e.type) or key is None:
            return False
        starts = [s for s in self.events if self.types.starts_interval(s, e.type) and self.interval_key(s) == key]
        return bool(starts) and all(e.stops()[0] - e.by_date < s.time for s in starts)

    def interval_key(self, e):
        names = self.types.fields.get(e.type + " key") or []
        value = e.data.get(names[0]) if names else None
        return None if value is None else (value, self.who(e.subject) if self.of else None)

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
        """When which key of a state is open: [(key, from, to or None, event, the end or None)]."""
        from .conditions_at import At
        memo = (state.id, getattr(where, "text", None))
        if memo in self.known_intervals:
            return self.known_intervals[memo]
        self.known_intervals[memo] = []  # a state whose own `where` asks for itself finds nothing
        key = state.keys[0] if state.keys else None
        seen_from = lambda e: At(self, e.starts(), e, key, e.data.get(key) if key else None)
        begins = [e for e in self.events if matches(self, e, state.begin, key) and (where is None or where(seen_from(e)))]
        ends = [e for e in self.events if e not in self.contradictions and matches(self, e, state.end, key, stop=True)]
        moments = sorted([(e.starts()[:2], 0, e) for e in begins] + [(e.stops()[:2], 1, e) for e in ends] +
                         [(e.stops()[:2], 2, e) for e in self.events if e.type in LEAVES], key=lambda m: (m[0], m[1] > 0, m[2].number))
        spans = []
        for _, what, e in moments:
            if what == 0:
                self.begin(state, e, spans, ends)
            else:
                self.end(state, e, spans, self.state_key(state, e) if what == 1 else None)
        self.known_intervals[memo] = [(s.key, s.begun.position, s.begun.over, s.event, s.end) for s in spans]
        return self.known_intervals[memo]

    def begin(self, state, e, spans, ends):
        key = self.state_key(state, e)
        new = Span(key, self.who(e.subject), e)
        for s in spans:
            if s.key == key and s.begun.over is None:
                # An end without a key, known by the date of this start, is of what ran before: this begins anew at its own instant.
                if not e.by_date and any(x.by_date and (self.state_key(state, x) or (None,))[0] is None and came_before(s.begun, x) and
                                         come_together(new.begun, x) and x.type not in LEAVES and
                                         not any(come_together(Begun(a.starts(), a), x) for a in s.again) for x in ends):
                    continue
                s.again.append(e)
                return
        spans.append(Span(key, self.who(e.subject), e))

    def end(self, state, e, spans, key):
        named = key is not None and key[0] is not None
        mine = [s for s in spans if not self.of or s.child == self.who(e.subject)]
        for s in [s for s in mine if s.begun.over is None]:
            if named and s.key != key or not named and not reaches(s.begun, e, [o.begun for o in mine]):
                continue
            s.begun.over, s.end = e.stops(), e
            if named:
                continue
            for again in s.again:  # what was open before ended; what begins together with its end goes on
                next_ = Span(s.key, s.child, again)
                if come_together(next_.begun, e) and not reaches(next_.begun, e, [o.begun for o in mine]):
                    spans.append(next_)
                    break


class Span:
    """A key of a state, open for a time."""

    def __init__(self, key, child, event):
        self.key, self.child, self.event, self.again, self.end = key, child, event, [], None
        self.begun = Begun(event.starts(), event)


def matches(history, event, selectors, key=None, stop=False):
    """Known by date only: judged as of the end of the date if the type ends an interval or it serves as a stop."""
    from .conditions_at import At
    selectors = [s for s in selectors if s.type == event.type]
    if not selectors:
        return False
    value = event.data.get(key) if key else None
    position = event.starts()
    if event.by_date and (stop or history.types.ends_interval(event.type)):
        position = (event.day_ends, ENDED, LAST)
    return any(s.where is None or s.where(At(history, position, event, key, value)) for s in selectors)
