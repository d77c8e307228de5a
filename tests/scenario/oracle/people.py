"""Who holds a role of a child at an instant, and when each of them hears, as rules.md says it ("Hours", "Roles").

Shares nothing with daemon/people/ or daemon/courier/. `directory` is directory.yaml as Python reads it.
"""
import datetime

DAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]


def many(value):
    return [] if value is None else value if isinstance(value, list) else [value]


class People:
    def __init__(self, directory, calendar):
        self.d, self.c = directory, calendar
        self.people = {p["id"]: p for p in directory["people"]}
        self.workers = {p["worker"]: p["id"] for p in directory["people"] if "worker" in p}
        self.teams = {t["id"]: t for t in directory["teams"]}

    def team_ids(self, allocations):
        """The teams of the open allocations, else the duty team."""
        known = [team for _, _, team in allocations if team in self.teams]
        return list(dict.fromkeys(known)) or [self.d["duty-team"]]

    def head(self, team):
        while team is not None:
            if "head" in self.teams[team]:
                return self.teams[team]["head"]
            team = self.teams[team].get("parent")
        return None

    def plain(self, role, allocations):
        """Who holds it, before cover. `allocations`: [(role, worker, team)] that are open, the earliest first."""
        entry = self.d["roles"].get(role)
        if entry is None:
            return []
        found = []
        if entry.get("from") == "allocation":
            found = [self.workers.get(worker) for r, worker, _ in allocations if r == role]
        elif entry.get("from") == "manager":
            found = [self.teams[t].get("manager") for t in self.team_ids(allocations)]
        elif entry.get("from") == "head":
            found = [self.head(t) for t in self.team_ids(allocations)]
        return [f for f in found if f] or many(entry.get("people"))

    def stand_in(self, person, role, date):
        covers = [c for c in self.d.get("cover", []) if c["person"] == person and c["from"] <= date <= c["until"]]
        own = [c for c in covers if c.get("role") == role]
        general = [c for c in covers if "role" not in c]
        return (own or general or [{"by": person}])[0]["by"]

    def holders(self, role, allocations, at):
        date = self.c.date(at)
        return set(self.stand_in(p, role, date) for p in self.plain(role, allocations))

    # when

    def all_hours(self, person):
        return self.people[person].get("hours") == "00:00-24:00"

    def works(self, person, at):
        """Of the working days those that are theirs, within their own hours, else the council's."""
        p, local = self.people[person], self.c.local(at)
        if not self.c.working(local.date()) or ("days" in p and DAYS[local.weekday()] not in p["days"]):
            return False
        begins, ends = p.get("hours", "08:00-17:00").split("-")
        return begins <= f"{local:%H:%M}" < ends

    def next_work(self, person, at):
        date = self.c.date(at)
        for _ in range(14):  # who does not work for two weeks is told at once (docs/readings.md)
            hour, minute = map(int, self.people[person].get("hours", "08:00-17:00").split("-")[0].split(":"))
            begins = self.c.at(datetime.datetime(date.year, date.month, date.day, hour, minute))
            if begins > at and self.works(person, begins):
                return begins
            date += datetime.timedelta(days=1)
        return at

    def out_of_hours(self, role):
        return self.d["roles"].get(role, {}).get("hours") == "out-of-hours"

    def hears(self, person, role, critical, asked, council):
        """`asked`: when the step is; `council`: when the council's hours let it go, which those who work out of them await not."""
        if critical or self.out_of_hours(role):
            return asked
        if self.all_hours(person) or self.works(person, council):
            return council
        return self.next_work(person, council)
