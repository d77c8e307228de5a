"""The kinds but for the two with clocks: event, guard, count, overlap, state, load."""
import datetime
from .clock import BEGINS, ENDED, EVENT, EXPIRES, LAST
from .conditions_at import At, settled, to_midnight
from .history import matches
from .order import Begun, come_together, reaches, shared_since
from .rules import State


LAST_TIME = 1 << 62


class Alert:
    """A period in which an alert stands, by the text: [opened, closed). A stop known by date only lies at the end of its date
    and ends the alert once known: a `closed` after now is one that is known already."""

    def __init__(self, rule, subject, key, opened, event=None):
        self.rule, self.subject, self.key, self.opened, self.event = rule, subject, key, opened, event
        self.begun = Begun(opened, event)
        self.closed, self.by_date = None, False
        self.reopens = False
        self.lapsed = False  # expired at the midnight of a date with which its `while` had ended

    def close(self, position, event=None):
        self.closed = self.begun.over = position
        self.by_date = position[1] == ENDED

    def empty(self):
        """Opened and ended by events of one instant; what a clock opened stood, if only for that instant."""
        return self.closed is not None and self.closed[0] == self.opened[0] and (self.opened[1] in (EVENT, BEGINS) or self.lapsed)

    def stands(self, now):
        return self.opened <= now and self.closed is None


class Rules:
    """One rule on one history."""

    def __init__(self, rule, history, alerts_before):
        self.rule, self.h, self.c, self.alerts_before = rule, history, history.calendar, alerts_before
        self.warned = []
        self.unsure = False  # something known by date only decided: when it counted depends on when it was known
        limits = [self.c.midnight(d) if d else None for d in rule.effective]
        self.begins, self.until = limits
        self.adult = None
        if rule.until_age and history.born:
            self.adult = self.c.midnight(self.c.birthday(history.born, rule.until_age))
        self.limit = (history.now, BEGINS, LAST)

    def in_force(self, t):
        return (self.begins is None or t >= self.begins) and (self.until is None or t < self.until)

    def young(self, t):
        return self.adult is None or t < self.adult or self.h.born_at(t) is None

    def effective(self, t):
        return self.in_force(t) and self.young(t)

    def value(self, event):
        """The rule's key in an event; in a party's history the child is part of it."""
        v = event.data.get(self.rule.key) if self.rule.key else None
        return (v, self.h.who(event.subject)) if self.h.of and self.rule.key else v

    def keyed(self, event):
        return bool(self.rule.key) and self.h.types.carries(event.type, self.rule.key)

    def fires(self, event, selectors, stop=False):
        return not (stop and event in self.h.contradictions) and matches(self.h, event, selectors, self.rule.key, stop)

    def matching(self, selectors, stop=False):
        types = {s.type for s in selectors}
        return [e for e in self.h.events if e.type in types and self.fires(e, selectors, stop)]

    def triggers(self):
        return [e for e in self.matching(self.rule.on) if self.effective(e.time)]

    def closers(self):
        """[(position, event or None for the birthday)] in order."""
        r = self.rule
        out = [(e.stops(), e) for e in self.matching(r.closes_on, True) + self.matching(r.ends_on, True) + self.h.leaves()]
        if self.adult is not None and self.adult <= self.h.now:
            out.append(((self.adult, BEGINS, 0), None))
        return sorted(out, key=lambda c: c[0])

    def new(self, key, position, event=None):
        return Alert(self.rule.id, self.h.subject, key, position, event)

    # event and guard

    def each(self, openers):
        """An alert for each opening event, ended by the rule's ends."""
        out = []
        moments = sorted([(e.starts()[:2], 0, e.starts(), e) for e in openers] +
                         [(p[:2], 1, p, e) for p, e in self.closers()], key=lambda m: m[:3])
        for _, what, p, e in moments:
            if what == 0:
                out.append(self.new(self.value(e), p, e))
                continue
            ended = [a for a in out if a.closed is None and self.is_of(e, a, out)]
            for a in ended:
                a.close(p, e)
        return out

    def is_of(self, end, alert, all_):
        """Whether the end is of the alert: of its own key's; without a key, of what stood before, and so on (order.py)."""
        if end is None:
            return True
        if self.keyed(end):
            return alert.key == self.value(end)
        return reaches(alert.begun, end, [a.begun for a in all_])

    def event(self):
        openers = self.triggers()
        if self.rule.distinct:
            seen, once = set(), []
            for e in openers:
                if self.value(e) not in seen:
                    seen.add(self.value(e))
                    once.append(e)
            openers = once
        return self.each(openers)

    def guard(self):
        before, fires = self.matching(self.rule.before), self.matching(self.rule.on)

        def came(a, b):
            """What is A and B came not before itself; of those of one type at one instant the first in order did."""
            if a.time == b.time and a.type == b.type and a in fires:
                return a.order < b.order
            return a.time <= b.time

        def unguarded(b):
            since = self.c.back(b.time, self.rule.within) if self.rule.within else -LAST_TIME
            return not any(since <= a.time and came(a, b) and (not self.keyed(a) or self.value(a) == self.value(b)) for a in before)
        return self.each([b for b in self.triggers() if unguarded(b)])

    # count

    def count(self):
        r, out, counted = self.rule, [], []
        seen = set()
        for e in self.matching(r.on):
            if r.distinct and self.value(e) in seen:
                continue
            seen.add(self.value(e))
            counted.append(e)
        moments = sorted([(e.starts()[:2], 0, e.starts(), e) for e in counted if self.effective(e.time)] +
                         [(p[:2], 1, p, e) for p, e in self.closers()], key=lambda m: m[:3])
        ends_by_date = [e for p, e in self.closers() if e is not None and e.by_date]
        standing, added = None, []

        def enough(t):
            return sum(self.c.back(t, r.within) <= x.time <= t for x in counted) >= r.at_least
        for _, what, p, e in moments:
            if what == 0:
                if standing and any(self.ran_before(standing, e, end) for end in ends_by_date):
                    standing.close(p)  # known to end with this date; what comes on it begins anew
                    standing = None
                if standing:
                    added.append(e)
                elif enough(e.time):
                    standing, added = self.new(None, p, e), []
                    out.append(standing)
                    self.end_at_once(standing, e, out)
                    standing = None if standing.closed else standing
            elif standing and (e is None or reaches(standing.begun, e, [a.begun for a in out])):
                standing.close(p, e)
                anew = [x for x in added if e is not None and self.ran_before(standing, x, e) and self.effective(p[0])]
                standing, added = None, []
                if anew and p[1] != ENDED and enough(anew[-1].time):
                    standing = self.new(None, p, anew[0])
                    standing.begun = Begun(anew[0].starts(), anew[0])
                    out.append(standing)
        return out

    def ran_before(self, alert, event, end):
        """The end is of the alert, which stood before the instant or date that event and end share."""
        begun = Begun(event.starts(), event)
        return come_together(begun, end) and alert.begun.time < shared_since(begun, end)

    def end_at_once(self, alert, event, all_):
        """An end of its instant that comes before it in order."""
        for p, e in self.closers():
            if e is not None and not e.by_date and p[:2] == alert.opened[:2] and p < alert.opened and \
                    reaches(alert.begun, e, [a.begun for a in all_]):
                alert.close(alert.opened, e)

    # overlap

    def overlap(self):
        r = self.rule
        s = State()
        s.id, s.begin, s.end, s.keys = f"overlap {r.id}", r.on, r.stop + r.ends_on, [r.key] if r.key else []
        out, own = [], []
        closers = sorted((e.stops(), e) for e in self.matching(r.closes_on, True))
        # A start is judged by the rules of its time: one of before them keeps no later one of its key from beginning.
        for key, begin, end, event, stop in self.h.intervals(s, lambda at: self.effective(at.it.time)):
            adult = self.adult if self.adult is not None and begin[0] < self.adult <= self.h.now else None
            if adult is not None and (end is None or end > (adult, BEGINS, 0)):
                end, stop = (adult, BEGINS, 0), None
            first = self.first_overlap(event, begin, end, stop)
            if first is not None and first <= self.limit:
                a = self.new(self.value(event), first, event)
                # A closes-on is of what stands, not of an interval in which no night was yet; nor of one of which the midnight
                # that ends its date, or its end before that, has yet to prove that it met the window.
                proved = (max(first[0], min(self.night_after(begin), end[0] if end else LAST_TIME)), True) if event.by_date \
                    else (first[0], True)
                closed = [(p, e) for p, e in closers
                          if (p[0], p[1] != ENDED) >= proved and (not self.keyed(e) or self.value(e) == a.key)]
                self.unsure |= any(p[0] == first[0] for p, _ in closed)
                if end:
                    a.close(end, stop)
                out.append(a)
                own.append((a, first, closed))
        for a, first, closed in own:
            for p, e in closed:
                # Known by its date it is of what stood before that date, and only if nothing did, of what began on it.
                if e.by_date and not self.keyed(e) and e.time <= first[0] < e.day_ends and \
                        any(b.opened[0] < e.time and (b.closed is None or b.closed[0] > e.time) for b in out if b is not a):
                    continue
                p = max(p, first)
                if a.closed is None or p < a.closed:
                    a.close(p, e)
        return out

    def first_overlap(self, event, begin, end, stop):
        """The first instant in both, if what is known proves one: whatever the hours were that nobody wrote down."""
        midnight_after = self.night_after(begin)
        starts = (event.time, midnight_after - 1) if event.by_date else (begin[0], begin[0])
        if end is None:
            ends = (self.h.now + 1, LAST_TIME)
        elif stop is not None and stop.by_date:
            ends = (stop.time + 1, stop.day_ends)
        else:
            ends = (end[0], end[0])
        nights = list(self.nights(starts[0], max(min(ends[1], self.h.now + 1), ends[0])))
        shuts = [starts[0] - 10**12] + [b for _, b in nights]
        opens = [a for a, _ in nights] + [LAST_TIME]
        for free_from, free_to in zip(shuts, opens):  # could the whole of it have been outside all windows?
            s = max(starts[0], free_from)
            e = max(ends[0], s + 1)
            if s <= starts[1] and e <= min(ends[1], free_to):
                return None
        if event.by_date and end is None and self.h.now < midnight_after:
            return None  # "still in at midnight"
        if event.by_date:
            last = min(midnight_after, ends[0]) - 1
            in_at = lambda t: next((a for a, b in nights if a <= t < b), None)
            if in_at(last) is not None:
                still_in = ends[0] > midnight_after and in_at(midnight_after) is not None
                return (midnight_after if still_in else max(in_at(last), starts[0]), BEGINS, 0)
        known_in = starts[1] if not event.by_date else midnight_after
        for a, b in nights:
            first = max(a, known_in)
            if first < b and first < ends[0] or (first == starts[0] == starts[1] and first < b):
                return begin if first == begin[0] else (first, BEGINS, 0)
        return None

    def nights(self, since, until):
        date = self.c.date(since) - datetime.timedelta(days=2)
        while date <= self.c.date(until) + datetime.timedelta(days=1):
            yield self.window(date)
            date += datetime.timedelta(days=1)

    def night_after(self, begin):
        return self.c.midnight(self.c.date_at(begin) + datetime.timedelta(days=1))

    def window(self, date):
        a, b = self.rule.daily.split("-")
        wall = lambda d, hm: datetime.datetime(d.year, d.month, d.day, int(hm[:2]), int(hm[3:]))
        over = date + datetime.timedelta(days=1) if b <= a else date
        return self.c.at(wall(date, a)), self.c.at(wall(over, b), True)

    # state and load

    def points(self):
        """Every instant at which a condition may begin or cease to hold, settled before and after its events."""
        instants = {e.time for e in self.h.events} | {e.day_ends for e in self.h.events if e.by_date}
        for x in (self.begins, self.until, self.adult):
            if x is not None:
                instants.add(x)
        if self.h.born:
            instants |= {self.c.midnight(self.c.birthday(self.h.born, n)) for n in range(0, 40)}
            if self.rule.from_:
                instants.add(self.c.midnight(self.c.birthday(self.h.born, *self.rule.from_)))
        instants |= self.lingers(instants)
        # What is known to end by date only later today ends a standing alert once known.
        later = {e.day_ends for e in self.h.events if e.by_date and e.day_ends > self.h.now}
        first = min((e.time for e in self.h.events), default=0)  # before it nobody knew of the child
        return [(t, BEGINS, LAST) for t in sorted({t for t in instants if first <= t <= self.h.now} | later)]

    def lingers(self, instants):
        import re
        out = set()
        from .clock import Duration
        for condition in (self.rule.when, self.rule.while_):
            for name, lasting in re.findall(r'open\("([^"]+)", "([^"]+)"\)', condition.text if condition else ""):
                for _, _, end, _, _ in self.h.intervals(self.h.states[name]):
                    if end:
                        out.add(self.c.expiry(end, Duration(lasting)))
        return out

    def stands_while(self, holds):
        """Alerts for the periods in which `holds(position)`; an end without blame lasts until the condition has lapsed."""
        out, standing, ended = [], None, False
        closers = self.closers()
        is_of = lambda e, alert: e is None or reaches(alert.begun, e, [a.begun for a in out])
        for p in self.points():
            now_holds = holds(p)
            dates = [(q, e) for q, e in closers if q[0] == p[0] and q[1] == ENDED and standing and is_of(e, standing)]
            if dates:  # of what begins at the midnight that ends the date they say nothing
                standing.close(*dates[0])
                standing, ended = None, holds((p[0], EVENT, -1))
            ends = [(q, e) for q, e in closers if q[0] == p[0] and q[1] != ENDED]
            if ends and now_holds:
                if standing:
                    standing.close(*ends[0])
                self.unsure |= standing is None  # begun and ended at one instant
                standing, ended = None, True
            if not now_holds:
                ended = False
                if standing:
                    # What ended it was known by date only if it had ended before the events of that midnight.
                    by_date = any(e.by_date and e.day_ends == p[0] for e in self.h.events) and not holds((p[0], EVENT, -1))
                    standing.close((p[0], ENDED, LAST) if by_date else (p[0], EVENT, 0))
                    standing = None
            elif not standing and not ended:
                standing = self.new(None, (p[0], EVENT, 0))
                self.unsure |= any(e.by_date and e.time <= p[0] < e.day_ends for e in self.h.events)
                out.append(standing)
        return out

    def state(self):
        r = self.rule
        not_before = None
        if r.from_:
            if not self.h.born:
                return []
            not_before = self.c.midnight(self.c.birthday(self.h.born, *r.from_))

        def holds(p):
            t = min(p[0], self.h.now)
            return self.effective(t) and (not_before is None or t >= not_before and self.h.born_at(t) is not None) and settled(self.h, p, r.when)
        return self.stands_while(holds)

    def load(self):
        r = self.rule
        spans = self.h.intervals(self.h.states[r.load_open], r.load_where)

        def holds(p):
            return self.effective(min(p[0], self.h.now)) and sum(b <= p and (e is None or p < to_midnight(e)) for _, b, e, _, _ in spans) > r.more_than
        return self.stands_while(holds)

