"""Local dates, durations and the three kinds of clock.

Instants are whole microseconds since 1970 in UTC. A position on a history's time line is (instant, phase, number): what known
by date only ended just before an instant (-1), what expires at it (0), the events of it in order (1), and what begins by the
clock (2).
"""
import datetime, functools, json, zoneinfo

UTC = datetime.timezone.utc
EPOCH = datetime.datetime(1970, 1, 1, tzinfo=UTC)
MICRO = datetime.timedelta(microseconds=1)
ENDED, EXPIRES, EVENT, BEGINS = -1, 0, 1, 2
LAST = 10**9
HOUR = 3_600_000_000


def instant(text):
    t = datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))
    return (t - EPOCH) // MICRO


def stamp(micros):
    t = EPOCH + micros * MICRO
    return t.strftime("%Y-%m-%dT%H:%M:%S") + (f".{t.microsecond:06d}".rstrip("0") if t.microsecond else "") + "Z"


class Duration:
    """'72 hours', '1 working day', '6 weeks': an amount and a unit."""

    def __init__(self, text):
        amount, unit = text.split(" ", 1)
        self.amount, self.unit = int(amount), unit.rstrip("s")

    def __repr__(self):
        return f"{self.amount} {self.unit}"


class Calendar:
    def __init__(self, holidays_file, zone="Europe/London"):
        with open(holidays_file) as f:
            self.holidays = {e["date"] for e in json.load(f)["england-and-wales"]["events"]}
        self.zone = zoneinfo.ZoneInfo(zone)
        # Each is asked for the same few dates by every rule about every child.
        self.date, self.midnight = functools.cache(self.date), functools.cache(self.midnight)
        self.age, self.birthday = functools.cache(self.age), functools.cache(self.birthday)

    def local(self, t):
        return (EPOCH + t * MICRO).astimezone(self.zone)

    def date(self, t):
        return self.local(t).date()

    def date_at(self, position):
        """The local date: of what counts as the last instant of a date, that date."""
        return self.date(position[0] - (position[1] == ENDED))

    def at(self, wall, for_end=False):
        """A local wall time as an instant. Skipped by a clock change: the first instant after the gap. Twice: the earlier for
        a start, the later for an end."""
        first, second = ((wall.replace(tzinfo=self.zone, fold=fold)).astimezone(UTC) for fold in (0, 1))
        offsets_differ = first != second
        if offsets_differ and self.local((first - EPOCH) // MICRO).replace(tzinfo=None) != wall:
            # A gap: fold 1 is reckoned with the offset after it and so lies before it; walk to the change itself.
            low, high = (min(first, second) - EPOCH) // MICRO, (max(first, second) - EPOCH) // MICRO
            before = self.local(low).utcoffset()
            while high - low > 1:
                middle = (low + high) // 2
                if self.local(middle).utcoffset() == before:
                    low = middle
                else:
                    high = middle
            return high
        chosen = (max if for_end else min)(first, second)
        return (chosen - EPOCH) // MICRO

    def midnight(self, date, for_end=False):
        """The local midnight that begins the date."""
        return self.at(datetime.datetime(date.year, date.month, date.day), for_end)

    def working(self, date):
        return date.weekday() < 5 and date.isoformat() not in self.holidays

    def plus_date(self, date, d):
        if d.unit == "day":
            return date + datetime.timedelta(days=d.amount)
        if d.unit == "week":
            return date + datetime.timedelta(weeks=d.amount)
        if d.unit == "month":
            return months_on(date, d.amount)
        if d.unit == "year":
            return months_on(date, 12 * d.amount)
        assert d.unit == "working day"
        left = d.amount
        while left:
            date += datetime.timedelta(days=1)
            left -= self.working(date)
        return date

    def expiry(self, position, d):
        """When a clock that starts at the position expires."""
        if d.unit == "hour":
            return position[0] + d.amount * HOUR
        if d.unit == "minute":
            return position[0] + d.amount * HOUR // 60
        return self.midnight(self.plus_date(self.date_at(position), d) + datetime.timedelta(days=1), True)

    def before(self, date, d):
        """The local midnight that begins the date so long before the date."""
        minus = Duration(f"1 {d.unit}")
        minus.amount = -d.amount
        return self.midnight(self.plus_date(date, minus))

    def back(self, t, d):
        """The same wall time so many local dates before: where a closed window begins."""
        if d.unit == "hour":
            return t - d.amount * HOUR
        wall = self.local(t).replace(tzinfo=None, fold=0)
        minus = Duration(f"1 {d.unit}")
        minus.amount = -d.amount
        if d.unit == "working day":
            raise ValueError("no window is counted in working days here")
        date = self.plus_date(wall.date(), minus)
        return self.at(datetime.datetime.combine(date, wall.time()))

    def forward(self, t, d):
        """Civil: same wall time, so many local dates on."""
        if d.unit == "hour":
            return t + d.amount * HOUR
        wall = self.local(t).replace(tzinfo=None, fold=0)
        return self.at(datetime.datetime.combine(self.plus_date(wall.date(), d), wall.time()), True)

    def birthday(self, born, years, months=0):
        """Years by the birthday rule (29 February: 1 March in a common year), then months."""
        try:
            day = born.replace(year=born.year + years)
        except ValueError:
            day = datetime.date(born.year + years, 3, 1)
        return months_on(day, months)

    def age(self, born, date):
        years = date.year - born.year
        return years - (self.birthday(born, years) > date)


def months_on(date, n):
    month = date.year * 12 + date.month - 1 + n
    year, month = divmod(month, 12)
    last = (datetime.date(year + month // 11, (month + 1) % 12 + 1, 1) - datetime.timedelta(days=1)).day
    return datetime.date(year, month + 1, min(date.day, last))
