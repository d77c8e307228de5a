"""Who is told, and when, as rules.md says it: an independent reckoning of one alert's ladder, told what was answered when.

Shares nothing with daemon/engine/. A line is (instant, what, roles): what backtest prints of the alert from its opening on.
"""
import datetime
from .clock import Duration

USUAL = {"critical": "30 minutes", "high": "1 working day", "normal": "5 working days"}
OLD = {"critical": "24 hours", "high": "7 days", "normal": "7 days"}
AGAIN = {"critical": "30 minutes", "high": "1 day", "normal": "1 week"}
REVIEW = {"critical": "12 hours", "high": "2 working days", "normal": "10 working days"}


class Steps:
    """A rule's own steps, and those above: critical and high go on to director, then dcs, unless they were asked."""

    def __init__(self, rule):
        self.severity, self.edt = rule["severity"], rule.get("out-of-hours") == "edt"
        self.momentary = not (rule.get("closes-on") or rule.get("ends-on"))
        self.roles, self.after, self.each = [], [], []
        for step in rule["tell"]:
            self.roles.append(step["role"] if isinstance(step["role"], list) else [step["role"]])
            self.after.append(Duration(step.get("escalate-after") or USUAL[self.severity]))
            self.each.append(step.get("answer") == "each")
        for upper in ("director", "dcs") if self.severity != "normal" else ():
            if not any(upper in roles for roles in self.roles):
                self.roles.append([upper])
                self.after.append(Duration(USUAL[self.severity]))
                self.each.append(False)


class Ladder:
    def __init__(self, steps, calendar, opened, answers, limit, mutes=()):
        """`answers`: [(instant, id, kind, fields)] in order, up to `limit`; kind acknowledged, passed_on, resolved, ended (by an
        event), withdrawn (of an acknowledgement, whose id is in fields), reopened (the resolution is withdrawn).
        `mutes`: [(from, until)] of this rule of this subject."""
        self.s, self.c, self.opened = steps, calendar, opened
        self.lines, self.cut, self.warned = [], [], set()  # warned: ids of answers to what stood no more, or whose review time was cut
        self.step, self.held, self.passed, self.said, self.answered = 0, [], [], [], []
        self.passes, self.answers = [], []  # (from, to); of answers (instant, id, until when it holds, whether that was cut)
        self.standing, self.same = True, False
        self.mutes = [(a, min(b, self.review_most(a))) for a, b in mutes if steps.severity != "critical"]
        self.open(opened)
        for answer in answers:
            self.run(answer[0])
            self.take(*answer)
        self.run(limit)

    # time

    def working_hours(self, t):
        local = self.c.local(t)
        return self.c.working(local.date()) and 8 <= local.hour < 17

    def heard_from(self, t, roles, old):
        """Critical goes out day and night, the duty team hears out of hours; the others, and old news, when hours begin."""
        if (self.s.severity == "critical" or "edt" in roles) and not old or self.working_hours(t):
            return t
        date = self.c.date(t)
        while True:
            begins = self.c.at(datetime.datetime(date.year, date.month, date.day, 8))
            if self.c.working(date) and begins >= t:
                return begins
            date += datetime.timedelta(days=1)

    def expiry(self, t, duration):
        return self.c.expiry((t, 1, 0), duration)

    def review_most(self, t):
        amount, unit = REVIEW[self.s.severity].split(" ", 1)
        return self.expiry(t, Duration(f"{int(amount) * 10} {unit}"))

    def heard_again(self, t):
        """The first instant from t on at which no mute holds back what would be told."""
        while any(a <= t < b for a, b in self.mutes):
            t = max(b for a, b in self.mutes if a <= t < b)
        return t

    # telling

    def open(self, t):
        """While it is muted it is on record, and nobody is told before the mute is over."""
        self.step = 0
        self.old = self.opened < self.c.back(t, Duration(OLD[self.s.severity]))  # when it opens, whenever it is told
        if self.heard_again(t) == t:
            self.ask(t, "opened")
            return
        self.step, self.told, self.passed, self.asked, self.next = -1, [], [], None, t
        self.lines.append((t, "opened", ()))

    def ask(self, t, what=None):
        self.same = False
        old = self.old and (what == "opened" or self.step < 0)  # the first telling: a mute may have held it back
        self.step = max(self.step, 0)
        roles = list(self.s.roles[self.step])
        if self.s.edt and not old and self.s.severity != "critical" and not self.working_hours(t):
            roles.append("edt")
        self.told = sorted(set(roles))
        self.asked = t
        last = self.step == len(self.s.roles) - 1
        self.next = self.expiry(self.heard_from(t, self.told, old), Duration(AGAIN[self.s.severity]) if last else self.s.after[self.step])
        self.passed = []
        if what:
            self.lines.append((t, what, tuple(self.told)))

    def climb(self, t):
        if self.step < 0:
            self.ask(t, "asked_again")
        elif self.same:
            self.ask(t)
        elif self.step < len(self.s.roles) - 1:
            self.step += 1
            self.ask(t, "escalated")
        else:
            self.ask(t)

    def run(self, until):
        """What expires up to and with `until`: at the very instant a step ends the step comes first."""
        while self.standing and self.heard_again(self.next) <= until:
            at = self.heard_again(self.next)
            if self.held:
                self.held = []
                self.ask(at)
            else:
                self.climb(at)

    def end(self, t):
        """Of what ended at the very instant nobody is told the next step, or when it would be asked again."""
        self.standing = False
        self.lines = [x for x in self.lines if x != self.hurried or x[0] != t]
        self.cut = [c for c in self.cut if c[0] != t]
        self.lines.append((t, "resolved", None))

    # answers

    def take(self, t, order, kind, fields):
        if kind == "withdrawn":
            self.withdraw(t, fields)
        elif kind == "reopened":
            if fields["order"] == self.ended_by:
                self.reopened(t)
        elif self.standing:
            stood = self.standing
            getattr(self, kind)(t, order, fields)
            self.ended_by = order if stood and not self.standing else self.ended_by
        else:
            self.warned |= {order} - {"e"}

    def asked_at(self, step):
        """The step's roles, and those that one of them passed it on to."""
        roles, more = set(), set(self.s.roles[step])
        while more - roles:  # those of one instant are in any order
            roles |= more
            more = {to for by, to in self.passes if by in roles}
        return roles

    def complete(self, step):
        """Each of those asked at the step has said something."""
        return step < 0 or not self.s.each[step] or all(role in self.said for role in self.asked_at(step))

    def answered_at(self, step):
        """Whether any of those asked at the step has answered, not only passed it on."""
        return any(role in self.asked_at(step) for role in self.answered)

    def step_of(self, role):
        """The step that names the role, or at which it was passed on to them."""
        own = next((i for i, roles in enumerate(self.s.roles) if role in roles), None)
        if own is not None or role in ("director", "dcs"):
            return own
        return next((i for i in range(len(self.s.roles)) if role in self.asked_at(i)), None)

    def acknowledged(self, t, order, fields):
        self.said.append(fields["by"])
        self.answered.append(fields["by"])
        self.lines.append((t, "acknowledged", None))
        of = self.step_of(fields["by"])
        until, cut = self.holds_until(t, fields)
        self.answers.append((t, order, until, cut))
        if self.s.momentary and (of is None or self.complete(of)):
            self.end(t)
            return
        if not self.complete(self.step):
            return
        if cut:
            self.cut.append((t, order))
        self.held.append((order, until))
        self.next = until

    def holds_until(self, t, fields):
        usual = self.expiry(t, Duration(REVIEW[self.s.severity]))
        bound = self.review_most(t)
        review = fields.get("review_at")
        return min(review, bound) if review is not None and review > t else usual, review is not None and review > bound

    def passed_on(self, t, order, fields):
        self.said.append(fields["by"])
        self.lines.append((t, "passed_on", (fields["to"],) if fields.get("to") else ()))
        if fields.get("to"):
            self.passes.append((fields["by"], fields["to"]))
        of = self.step_of(fields["by"])
        if self.s.momentary and of is not None and self.s.each[of] and self.answered_at(of) and self.complete(of):
            self.end(t)
            return
        if self.held_by_the_last_answer(t):
            return
        if t == self.asked and (self.step or t != self.opened):
            return  # at the instant of the asking it was of the step before
        self.passed.append(fields["by"])
        if fields.get("to"):
            self.told = sorted(set(self.told) | {fields["to"]})
        if not self.held and all(role in self.passed for role in self.told) and self.step < len(self.s.roles) - 1:
            self.next = t
            if self.heard_again(t) == t:
                self.climb(t)
                self.hurried = self.lines[-1]

    def held_by_the_last_answer(self, t):
        """Nobody is missing but by this passing on: the last answer holds, unless the step was asked again since."""
        if self.held or not self.answers or self.asked is None or not self.complete(self.step):
            return False
        at, order, until, cut = self.answers[-1]
        if at < self.asked or until <= t:
            return False
        if cut:
            self.cut.append((t, order))
        self.held.append((order, until))
        self.next = until
        return True

    hurried = ended_by = None

    def resolved(self, t, order, fields):
        self.end(t)

    ended = resolved

    def reopened(self, t):
        """What resolved it proves wrong: it opens again, and answers from before hold its ladder no more. It stood all along,
        though: whoever is to answer for themselves has said what they said."""
        self.standing, self.held = True, []
        self.open(t)

    def withdraw(self, t, fields):
        """Another answer that stands goes on holding; else the step that had been reached is asked again at once."""
        mine = [h for h in self.held if h[0] == fields["order"]]
        if not self.standing or not mine:
            return
        holds = mine[0] == self.held[-1]
        self.held.remove(mine[0])
        if not holds:  # the later one holds on, also where its review time is over and a mute holds back the asking
            return
        if self.held and self.held[-1][1] > t:
            self.next = self.held[-1][1]
        else:
            self.held, self.same, self.next = [], True, t
            if self.heard_again(t) == t:
                self.ask(t)
