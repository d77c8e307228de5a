"""The kinds but for the two with clocks: event, guard, count, overlap, state, load."""
import datetime
from .clock import BEGINS, ENDED, EVENT, EXPIRES, LAST
from .conditions_at import At, settled, to_midnight
from .history import matches
from .rules import State


class Alert:
    """A period in which an alert stands, by the text: [opened, closed). A stop known by date only lies at the end of its date
    and ends the alert once known: a `closed` after now is one that is known already."""

    def __init__(self, rule, subject, key, opened, event=None):
        self.rule, self.subject, self.key, self.opened, self.event = rule, subject, key, opened, event
        self.closed, self.by_date = None, False
        self.reopens = False

    def close(self, position, event=None):
        self.closed = position
        self.by_date = position[1] == ENDED

    def empty(self):
        """Opened and ended by events of one instant; what a clock opened stood, if only for that instant."""
        return self.closed is not None and self.closed[0] == self.opened[0] and self.opened[1] in (EVENT, BEGINS)

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

    def effective(self, t):
        return (self.begins is None or t >= self.begins) and (self.until is None or t < self.until) and \
            (self.adult is None or t < self.adult)

    def value(self, event):
        """The rule's key in an event; in a party's history the child is part of it."""
        v = event.data.get(self.rule.key) if self.rule.key else None
        return (v, self.h.who(event.subject)) if self.h.of and self.rule.key else v

    def keyed(self, event):
        return bool(self.rule.key) and self.h.types.carries(event.type, self.rule.key)

    def fires(self, event, selectors):
        return matches(self.h, event, selectors, self.rule.key)

    def matching(self, selectors):
        return [e for e in self.h.events if self.fires(e, selectors)]

    def triggers(self):
        return [e for e in self.matching(self.rule.on) if self.effective(e.time)]

    def closers(self):
        """[(position, event or None for the birthday)] in order."""
        r = self.rule
        out = [(e.stops(), e) for e in self.matching(r.closes_on) + self.matching(r.ends_on) + self.h.leaves()]
        if self.adult is not None and self.adult <= self.h.now:
            out.append(((self.adult, BEGINS, 0), None))
        return sorted(out, key=lambda c: c[0])

    def new(self, key, position, event=None):
        return Alert(self.rule.id, self.h.subject, key, position, event)

    # event and guard

    def each(self, openers):
        """An alert for each opening event, ended by the rule's ends as at one instant they must."""
        out = []
        moments = sorted([(e.starts()[:2], 0, e.starts(), e) for e in openers] +
                         [(p[:2], 1, p, e) for p, e in self.closers()], key=lambda m: m[:3])
        at, standing = 0, []
        while at < len(moments):
            same = [m for m in moments[at:] if m[0] == moments[at][0]]
            at += len(same)
            here = [self.new(self.value(e), p, e) for _, what, p, e in same if what == 0]
            old = list(standing)
            for _, what, p, e in same:
                if what == 0:
                    continue
                if e is not None and self.keyed(e):
                    ended = [a for a in old + here if a.key == self.value(e)]
                else:
                    ended = old or here
                for a in ended:
                    if a.closed is None:
                        a.close(p, e)
            out += here
            standing = [a for a in old + here if a.closed is None]
        return out

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
        before = self.matching(self.rule.before)

        def unguarded(b):
            return not any(a.time <= b.time and (not self.keyed(a) or self.value(a) == self.value(b)) for a in before)
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
        at, standing = 0, None
        while at < len(moments):
            same = [m for m in moments[at:] if m[0] == moments[at][0]]
            at += len(same)
            t = same[0][0][0]
            enough = [m for m in same if m[1] == 0 and
                      sum(self.c.back(t, r.within) <= x.time <= t for x in counted) >= r.at_least]
            ends = [m for m in same if m[1] == 1]
            was = standing
            if was and ends:
                was.close(ends[0][2], ends[0][3])
                standing = None
            if enough and not standing:
                standing = self.new(None, enough[0][2], enough[0][3])
                out.append(standing)
                if ends and not was:
                    standing.close(ends[0][2], ends[0][3])
                    standing = None
        return out

    # overlap

    def overlap(self):
        r = self.rule
        s = State()
        s.id, s.begin, s.end, s.keys = f"overlap {r.id}", r.on, r.stop + r.closes_on + r.ends_on, [r.key] if r.key else []
        out = []
        for key, begin, end, event in self.h.intervals(s):
            if not self.effective(event.time):
                continue
            # Of several stops on the last date, one known by date only leaves it open when on that date it was.
            stop = next((e for e in self.h.events if end and e.stops() == end), None)
            stop = next((e for e in self.matching(s.end) if end and e.by_date and self.c.date(e.time) == self.c.date_at(end) and
                         (not self.keyed(e) or self.value(e) == self.value(event))), stop)
            if self.adult is not None and self.adult <= self.h.now and (end is None or end > (self.adult, BEGINS, 0)):
                end, stop = (self.adult, BEGINS, 0), None
            first = self.first_overlap(event, begin, end, stop)
            if first is not None and first <= self.limit:
                a = self.new(self.value(event), first, event)
                if end:
                    a.close(end, stop)
                out.append(a)
        return out

    def first_overlap(self, event, begin, end, stop):
        # An end known by date only is certain to the midnight that begins its date, a start from the one that ends it.
        by_date = stop is not None and stop.by_date
        if event.by_date:
            begin = max(begin, (self.night_after(begin), BEGINS, 0))
        certain = self.c.midnight(self.c.date_at(end)) if by_date else None
        date = self.c.date_at(begin) - datetime.timedelta(days=1)
        last = self.c.date_at(end) if end else self.c.date(self.h.now)
        while date <= last:
            opens, shuts = self.window(date)
            first = max(begin, (opens, BEGINS, 0))
            if first < (shuts, EXPIRES, 0) and (first[0] <= certain if by_date else end is None or first < end):
                return first
            date += datetime.timedelta(days=1)
        return None

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
        return [(t, BEGINS, LAST) for t in sorted({t for t in instants if t <= self.h.now} | later)]

    def lingers(self, instants):
        import re
        out = set()
        from .clock import Duration
        for condition in (self.rule.when, self.rule.while_):
            for name, lasting in re.findall(r'open\("([^"]+)", "([^"]+)"\)', condition.text if condition else ""):
                for _, _, end, _ in self.h.intervals(self.h.states[name]):
                    if end:
                        out.add(self.c.expiry(end, Duration(lasting)))
        return out

    def stands_while(self, holds):
        """Alerts for the periods in which `holds(position)`; an end without blame lasts until the condition has lapsed."""
        out, standing, ended = [], None, False
        closers = self.closers()
        for p in self.points():
            now_holds = holds(p)
            dates = [(q, e) for q, e in closers if q[0] == p[0] and q[1] == ENDED]
            if dates and standing:  # of what begins at the midnight that ends the date they say nothing
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
                    standing.close((p[0], EVENT, 0))
                    # What ended it was known by date only if it had ended before the events of that midnight.
                    standing.by_date = any(e.by_date and e.day_ends == p[0] for e in self.h.events) and \
                        not holds((p[0], EVENT, -1))
                    if standing.by_date and self.c.date_at(standing.opened) == self.c.date(p[0] - 1):
                        out.remove(standing)  # known already to end with the date: not begun
                        self.unsure = True
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
            return self.effective(t) and (not_before is None or t >= not_before) and settled(self.h, p, r.when)
        return self.stands_while(holds)

    def load(self):
        r = self.rule
        spans = self.h.intervals(self.h.states[r.load_open], r.load_where)

        def holds(p):
            return self.effective(min(p[0], self.h.now)) and sum(b <= p and (e is None or p < to_midnight(e)) for _, b, e, _ in spans) > r.more_than
        return self.stands_while(holds)

