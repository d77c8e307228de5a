"""What a condition sees at a position of a history, with or without an event, within a key or without."""
from .clock import BEGINS, ENDED, EXPIRES, LAST, Duration
from .condition import Unknown


class At:
    """Settled: at the end of the position's instant; otherwise just after the event in order."""

    def __init__(self, history, position, event=None, key=None, value=None):
        self.h, self.position, self.it, self.key, self.value = history, position, event, key, value
        self.ends = False  # it is asked by a condition that ends or prevents something

    def data(self):
        if self.it is None:
            raise Unknown("no event")
        return self.it.judged if self.ends else self.it.data

    def event_itself(self):
        return {"time": self.it.raw["time"], "source": self.it.source}

    def now(self):
        return min(self.position, (self.h.now, BEGINS, LAST))

    def born(self):
        position = self.now()
        return self.h.born_at(position[0] - (position[1] == ENDED))

    def child(self):
        born = self.born()
        return {"date_of_birth": born.isoformat() if born else None}

    def age(self):
        if self.born() is None:
            raise Unknown("age")
        return float(self.h.calendar.age(self.born(), self.h.calendar.date_at(self.now())))

    def of_this_key(self, event):
        """In a keyed rule seen() and first() mean the same key, where the type carries it; judged of what has no such key, the
        child as a whole."""
        keyed = self.key and self.value is not None and self.h.types.carries(event.type, self.key)
        return not keyed or event.data.get(self.key) == self.value

    def so_far(self, type_):
        return [e for e in self.h.events if e.type == type_ and e.starts() <= self.position and self.of_this_key(e)]

    def seen(self, type_):
        return bool(self.so_far(type_))

    def first(self, type_):
        """The earliest in the whole history, even if it comes after the event judged."""
        found = [e for e in self.h.events if e.type == type_ and self.of_this_key(e)]
        if not found:
            raise Unknown("first")
        return {"data": found[0].data}

    def open(self, name, lasting=None):
        if name not in self.h.states:
            raise KeyError(name)
        state = self.h.states[name]
        spans = self.h.intervals(state)
        if self.key and self.value is not None and self.key in state.keys and not state.key_optional:
            at = state.keys.index(self.key)
            spans = [s for s in spans if s[0][at] == self.value]
        position = self.position
        if lasting:
            d = Duration(lasting)
            position = min(position, (self.h.now, BEGINS, LAST))  # a tail's end is not known before it comes
            spans = [(b, self.linger(e, d) if e else None) for _, b, e, _, _ in spans if not e or b[0] < e[0]]
        else:
            spans = [(b, to_midnight(e) if e else None) for _, b, e, _, _ in spans]
        # Settled, a state held by one key and then, at the same instant, by another goes on without a break; an event between
        # the two in order sees neither.
        return any(b <= position and (e is None or position < e) for b, e in spans)

    def linger(self, end, d):
        return (self.h.calendar.expiry(end, d), 0, 0)


def to_midnight(end):
    """A state that ended on a date holds to the midnight that ends it, and so through what expires there."""
    return (end[0], EXPIRES, LAST) if end[1] == ENDED else end


def settled(history, position, condition, key=None, value=None):
    return condition(At(history, position, None, key, value))
