"""What wins at one instant, or on one date of which no hour is known.

"At one instant an end closes the start of its own key (without a key: what was open before, and only if nothing was, what
begins there)." "Of an end, stop or ends-on and a start of one date, without keys, at least one of them known by date alone: the
end is of what ran before that date, and only if nothing did, of what began on it."
"""
from .clock import EXPIRES, LAST

LEAVES = ("child.died", "child.transferred")


class Begun:
    """A beginning: of a state, a clock, an interval, an alert; and when it was over."""

    def __init__(self, position, event=None):
        self.position, self.time, self.over = position, position[0], None
        self.by_date = event is not None and event.by_date and position[:2] == event.starts()[:2]
        self.day_ends = event.day_ends if self.by_date else None


def came_before(begun, end):
    """Certainly before the end's instant, or where an hour is not known, on an earlier date."""
    if end.type in LEAVES:  # it ends all that had begun by its last instant
        return begun.time < (end.day_ends if end.by_date else end.time)
    if begun.by_date and not end.by_date:
        return begun.day_ends <= end.time
    return begun.time < end.time or (begun.position[1] == EXPIRES and begun.time == end.time)


def come_together(begun, end):
    if came_before(begun, end):
        return False
    if end.type in LEAVES and end.by_date:
        return False
    if end.by_date:
        return end.time <= begun.time < end.day_ends
    if begun.by_date:
        return begun.time <= end.time < begun.day_ends
    return begun.time == end.time


def shared_since(begun, end):
    """The first instant of the instant or date that they share."""
    return min(begun.time, end.time)


def reaches(begun, end, others):
    """Whether an end without a key is of this beginning; `others` are all beginnings it might be of."""
    if not come_together(begun, end):
        return came_before(begun, end)
    since = shared_since(begun, end)
    ran = [o for o in others if o is not begun and (o.time < since or (o.position[1] == EXPIRES and o.time == since))]
    return not any(o.over is None or o.over > (since, EXPIRES, LAST) for o in ran)
