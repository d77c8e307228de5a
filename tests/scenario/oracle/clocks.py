"""The kinds with clocks: deadline and recurring, played through in order of time."""
from .clock import BEGINS, ENDED, EVENT, EXPIRES, LAST
from .conditions_at import At, settled
from .kinds import Rules
from .order import Begun, come_together, reaches
import datetime

START, STOP, END, CLOSE, MOVE, LOOK = "start", "stop", "end", "close", "move", "look"


class Clock:
    def __init__(self, key, base, event=None):
        self.key, self.base, self.begun = key, base, Begun(base, event)
        self.expiry, self.stops, self.alert, self.done = None, 0, None, False
        self.closed = False  # its alert, by a closes-on: the next stop begins a turn; without a key, so does the next start
        self.warn, self.sent = [], []


class Clocks(Rules):
    def due(self, event):
        d = event.data.get(self.rule.due) if event is not None and self.rule.due else None
        return self.c.midnight(datetime.date.fromisoformat(d) + datetime.timedelta(days=1), True) if d else None

    def moments(self):
        r, out = self.rule, []
        if r.start_alert:
            id_, how = r.start_alert
            for a in self.alerts_before:
                p = a.opened if how == "opened" else a.closed
                if p is not None and p[1] == ENDED:  # resolved on a date: what follows from it begins with that date
                    p = max((self.c.midnight(self.c.date_at(p)), EVENT, LAST), a.opened)
                if a.rule == id_ and p is not None and not a.empty() and self.effective(p[0] - (p[1] == ENDED)):
                    out.append((p[:2], START, p, None, a.key if r.key else None))
        for e in self.triggers():
            out.append((e.starts()[:2], START, e.starts(), e, self.value(e)))
        for e in self.matching(r.stop, True):
            out.append((e.stops()[:2], STOP, e.stops(), e, self.value(e)))
        for p, e in self.closers():
            # closes-on resolves the alert; only an end without blame ends a running clock, too.
            closes = e is not None and self.fires(e, r.closes_on, True) and not self.fires(e, r.ends_on, True)
            out.append((p[:2], CLOSE if closes else END, p, e, self.value(e) if e is not None else None))
        for e in self.matching(r.moves) + (self.triggers() if r.due else []):
            out.append((e.starts()[:2], MOVE, e.starts(), e, self.value(e)))
        if r.while_ or not r.on:
            out += [(p[:2], LOOK, p, None, None) for p in self.points()]
        return sorted(out, key=lambda m: (m[0], m[2]))

    def holds(self, position, key):
        """`while`, settled: after all of the position's instant."""
        if self.rule.while_ is None:
            return True
        if position[1] == ENDED:  # as it was through the date's last instant
            position = (position[0], ENDED, LAST)
        else:
            position = (position[0], BEGINS, LAST)
        plain = key[0] if self.h.of and self.rule.key else key
        return settled(self.h, position, self.rule.while_, self.rule.key, plain)

    def play(self):
        self.out, self.all, self.lapsed, self.passed = [], [], {}, []
        moments = self.moments()
        at = 0
        while at < len(moments):
            same = [m for m in moments[at:] if m[0] == moments[at][0]]
            at += len(same)
            self.expire((same[0][0][0], same[0][0][1], -1))
            self.instant(same)
        self.expire((self.h.now, EXPIRES, LAST))
        return self.out

    def active(self):
        return [c for c in self.all if not c.done]

    def latest(self, key):
        return next((c for c in reversed(self.all) if c.key == key), None)

    def expire(self, before):
        for c in self.active():
            for w in [w for w in c.warn if (w, EXPIRES, 0) < before]:
                c.warn.remove(w)
                if c.alert is None and c.expiry is not None and w < c.expiry and w <= self.h.now and w != self.adult:
                    self.warned.append((self.rule.id, self.h.subject, w))
                    self.unsure |= any(e.by_date and e.time <= w < e.day_ends for e in self.matching(self.rule.stop, True))
                    c.sent.append(w)
            if c.alert is None and c.expiry is not None and (c.expiry, EXPIRES, 0) < before:
                self.open(c, (c.expiry, EXPIRES, 0))

    def open(self, c, position):
        c.alert = self.new(c.key, position)
        self.out.append(c.alert)
        if position[0] in c.sent:  # a date moved at the instant of the warning: what it warned of is there
            self.warned.remove((self.rule.id, self.h.subject, position[0]))
            c.sent.remove(position[0])

    def finish(self, c, position, event=None):
        c.done, c.begun.over = True, position
        if position[0] in c.sent:  # the warning and what it warned of fall together: nobody needs it
            self.warned.remove((self.rule.id, self.h.subject, position[0]))
        self.unsure |= position[1] == ENDED
        self.resolve(c, position, event)

    def resolve(self, c, position, event=None):
        if c.alert:
            c.alert.close(position, event)
            c.alert = None

    def lapse(self, c, position):
        """Its `while` no longer holds."""
        if c.alert:
            alert = c.alert
            before = (position[0], EVENT, -1)  # what ended by date ended before what expires at its midnight
            plain = c.key[0] if self.h.of and self.rule.key else c.key
            alert.lapsed = not settled(self.h, before, self.rule.while_, self.rule.key, plain)
            self.finish(c, (position[0], EVENT, LAST))
            alert.by_date = any(e.by_date and e.day_ends == position[0] for e in self.h.events)
            self.unsure |= alert.by_date
        c.done, c.begun.over = True, position

    def reached(self, m):
        """The clocks that an end or stop is of: its own key's; without a key what ran before, and only if nothing did, what
        began together with it."""
        event, key = m[3], m[4]
        if event is not None and self.keyed(event):
            return [c for c in self.active() if c.key == key]
        if event is None:
            return self.active()
        return [c for c in self.active() if reaches(c.begun, event, [o.begun for o in self.all])]

    def anew(self, m):
        """Starts that a clock kept from counting, which this end, that it is over with, leaves to begin: the earliest of them."""
        event = m[3]
        if event is None or self.active() and not self.rule.key:
            return []
        if event in self.h.leaves() and self.rule.start_alert:
            return []  # nothing that a death resolves starts a clock
        found = {}
        for p, e in self.passed:
            key = self.value(e) if self.rule.key else None
            if key not in found and come_together(Begun(p, e), event) and not any(c.key == key for c in self.active()) and \
                    not reaches(Begun(p, e), event, [o.begun for o in self.all]):
                found[key] = (p, e)
        return list(found.values())


class Deadline(Clocks):
    def instant(self, same):
        r, position = self.rule, same[0][2]
        here = self.beginnings([m for m in same if m[1] == START])
        # A death is of all that had begun by its last instant, also of what another end leaves to begin anew.
        for m in sorted(same, key=lambda m: m[3] in self.h.leaves()):
            if m[1] not in (STOP, END, CLOSE):
                continue
            reached = [c for c in self.reached(m) if m[1] != CLOSE or c.alert]
            if m[1] == END and m[3] is not None and m[3] in self.h.leaves() and r.start_alert:
                reached = self.active()
            for c in reached:
                # Overdue and done at the instant it was recorded: it need not be said.
                self.unsure |= c.expiry is not None and c.expiry <= c.base[0] == m[2][0]
                self.finish(c, m[2], m[3])
            if m[1] != CLOSE:
                here += [self.begin_between(p, e, m) for p, e in self.anew(m) if self.holds(position, None)]
        for c in here:
            if not c.done and c.expiry is not None and c.expiry <= c.base[0]:
                self.open(c, c.base)
        # With the start itself, whichever comes first in order, a date moved at its instant is the later word.
        begun = {c.key for c in here}
        moves = [m for m in same if m[1] == MOVE]
        for m in sorted(moves, key=lambda m: m[4] in begun and not self.fires(m[3], r.on), reverse=False):
            self.move(m)
        self.expire((position[0], EXPIRES, 1) if position[1] != ENDED else (position[0], ENDED, LAST))
        for c in self.active():
            if not self.holds(position, c.key):
                self.lapse(c, position)

    def beginnings(self, starts):
        r, here = self.rule, []
        for _, _, p, e, key in starts:
            if r.key and self.latest(key) or not self.holds(p, key):
                continue
            if not r.key and self.active():
                self.passed.append((p, e))
            else:
                here.append(self.begin(key, p, e))
        return here

    def begin_between(self, p, e, m):
        """Begun anew on the date of an end that counts as its last instant: other ends may have come since."""
        c = self.begin(None, p, e)
        for n in sorted([n for n in self.moments() if n[1] in (STOP, END) and n[3] is not None and p < n[2] < m[2]], key=lambda n: n[2]):
            if not c.done and reaches(c.begun, n[3], [o.begun for o in self.all]):
                if c.expiry is not None and (c.expiry, EXPIRES, 0) < n[2]:
                    self.open(c, max((c.expiry, EXPIRES, 0), c.base))
                self.finish(c, n[2], n[3])
        return c

    def begin(self, key, p, e):
        r = self.rule
        c = Clock(key, p, e)
        c.expiry = self.due(e) if r.due else self.c.expiry(p, r.within)
        c.warn = [self.c.expiry(p, w) for w in r.warn] + self.warnings_before(c, p[0])
        self.all.append(c)
        # Stopped on record before it began: if that was after its due date, it stood for no time.
        if r.key and any(self.keyed(s) and self.value(s) == key and s.stops() < (max(c.expiry or LAST_TIME, p[0]), EXPIRES, 0)
                         and s.stops() < p for s in self.matching(r.stop, True)):
            c.done = True
        return c

    def warnings_before(self, c, now):
        """Counted back from the date that falls due. Of several whose time has passed only the one nearest the date is sent."""
        if c.expiry is None:
            return []
        times = [self.c.before(self.c.date(c.expiry - 1), w) for w in self.rule.warn_before]
        return [now for t in times if t <= now][-1:] + [t for t in times if t > now]

    def move(self, m):
        new = self.due(m[3])
        c = self.latest(m[4])
        if new is None or c is None or c.done or new == c.expiry or not self.rule.key:
            return
        c.expiry = new
        c.warn = self.warnings_before(c, m[2][0])
        if c.alert and new > m[2][0]:
            self.resolve(c, m[2])
        elif not c.alert and new <= m[2][0]:
            self.open(c, m[2])


LAST_TIME = 1 << 62


class Recurring(Clocks):
    def length(self, c, at):
        """Of the turn that begins at the instant `at`, as all of it is known."""
        if c.stops < len(self.rule.first):
            return self.rule.first[c.stops]
        plain = c.key[0] if self.h.of and self.rule.key else c.key
        for one in self.rule.every:
            if one.after and self.c.expiry(c.since, one.after) > at:
                continue
            if one.when is None or settled(self.h, (at, BEGINS, LAST), one.when, self.rule.key, plain):
                return one.length

    def begin(self, key, position, event=None):
        c = Clock(key, position, event)
        c.since = position
        c.expiry = self.c.expiry(position, self.length(c, position[0]))
        self.all.append(c)
        return c

    def again(self, c, m):
        self.resolve(c, m[2], m[3])
        if not self.in_force(m[3].time):  # what the stop would begin is of no rule
            c.done, c.expiry = True, None
            return
        c.base, c.stops, c.closed = m[2], c.stops + 1, False
        c.expiry = self.c.expiry(c.base, self.length(c, m[3].time))

    def begin_between(self, p, e, m):
        """Begun anew on the date of an end that counts as its last instant: stops may have come since."""
        c = self.begin(self.value(e) if self.rule.key else None, p, e)
        for n in sorted([n for n in self.moments() if n[1] == STOP and p < n[2] < m[2]], key=lambda n: n[2]):
            if reaches(c.begun, n[3], [o.begun for o in self.all]):
                self.again(c, n)

    def running(self, key):
        c = self.latest(key)
        return c is not None and not c.done and (self.rule.key or not c.closed)

    def keys(self):
        return sorted({self.value(e) for e in self.h.events if self.keyed(e) and e.data.get(self.rule.key)}) if self.rule.key else [None]

    def instant(self, same):
        r, position = self.rule, same[0][2]
        for _, _, p, e, key in [m for m in same if m[1] == START]:
            if not self.holds(p, key):
                continue
            if self.running(key):
                self.passed.append((p, e))
            else:
                for c in [c for c in self.active() if c.key == key]:
                    c.done = True
                self.begin(key, p, e)
        if not r.on and not r.start_alert:
            self.whiles(position)
        for m in sorted(same, key=lambda m: m[3] in self.h.leaves()):
            if m[1] == END:
                for c in self.reached(m):
                    self.finish(c, m[2], m[3])
                for p, e in self.anew(m):
                    if self.holds(position, self.value(e) if self.rule.key else None):
                        self.begin_between(p, e, m)
        for m in same:
            if m[1] == STOP:
                for c in self.reached(m):
                    self.again(c, m)
        for m in same:
            if m[1] == CLOSE:
                for c in [c for c in self.active() if c.alert and self.is_of(m[3], c.alert, self.out)]:
                    self.resolve(c, m[2], m[3])
                    c.closed, c.expiry = True, None
        if position[1] == ENDED and any(m[1] == END for m in same):  # what begins at that midnight begins anew
            t = (position[0], EVENT, -1)
            self.lapsed = {k: settled(self.h, t, r.while_, r.key, k[0] if self.h.of and r.key else k) if r.while_ else v
                           for k, v in self.lapsed.items()}
        for c in self.active():
            if not self.lasts(position, c.key):
                self.lapse(c, position)

    def lasts(self, position, key):
        if not self.rule.on and not self.rule.start_alert and not self.young(position[0] - (position[1] == ENDED)):
            return False
        return self.holds(position, key)

    def whiles(self, position):
        """Without a start: one begins where its `while` begins to hold."""
        for key in self.keys():
            held = self.lapsed.get(key, False)
            holds = self.lasts(position, key) and self.in_force(position[0] - (position[1] == ENDED))
            self.lapsed[key] = holds
            if holds and not held and not self.running(key):
                self.begin(key, position)
