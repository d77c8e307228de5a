#!/usr/bin/env python3
"""Who holds each role of a ladder, and when they hear: random directories against tests/scenario/oracle/people.py.

    tests/scenario/holders.py [--tool build/casewatch] [--seed N] [--rounds N]

Each round makes a directory (teams with and without managers, people with and without hours and days of their own, roles held
by people, managers, heads and allocations, cover that begins and ends), allocates a child, and asks `casewatch who` for each of
the small rules of oracle/ladders at several instants; then the directory changes as by a reload (somebody leaves, cover ends or
begins, a role passes to others) and it is asked again. The clock changes and Christmas are among the instants.
"""
import argparse, datetime, json, pathlib, random, shutil, subprocess, sys, tempfile, time

import yaml

HERE = pathlib.Path(__file__).parent
sys.path.insert(0, str(HERE))
sys.dont_write_bytecode = True
from oracle.clock import HOUR, Calendar, instant, stamp  # noqa: E402
from oracle.ladder import Ladder, Steps  # noqa: E402
from oracle.people import DAYS, People  # noqa: E402

RULES = HERE / "oracle" / "ladders"
FIXED = ["director", "dcs", "mach-manager", "rmg-chair", "vpg-chair", "ops"]
STARTS = ["2026-03-27T16:00:00Z", "2026-10-23T16:00:00Z", "2025-12-22T09:00:00Z", "2026-05-01T07:00:00Z", "2026-06-10T12:00:00Z"]


class World:
    """A directory and a child's allocations, which change."""

    def __init__(self, r):
        self.r, self.day = r, instant(r.choice(STARTS)) + r.randint(0, 120) * HOUR
        self.people = [{"id": f"p-{i}", "worker": f"W{i}", "email": f"p{i}@example.org", **self.hours()} for i in range(14)]
        ids = [p["id"] for p in self.people]
        self.teams = [{"id": "a", "title": "A", "head": r.choice(ids)},
                      {"id": "b", "title": "B", "parent": "a", "manager": r.choice(ids), **({"head": r.choice(ids)} if r.random() < 0.3 else {})},
                      {"id": "c", "title": "C", "parent": "b", "manager": r.choice(ids)},
                      {"id": "d", "title": "D", "parent": "a", "manager": r.choice(ids)}]
        self.roles = {role: {"title": role, "people": sorted(r.sample(ids[4:], r.choice([1, 1, 2, 3])))} for role in FIXED}
        self.roles["director"]["people"], self.roles["dcs"]["people"] = [ids[0]], [ids[1]]
        self.roles.update({"edt": {"title": "EDT", "people": [r.choice(ids[2:])], "hours": "out-of-hours"},
                           "team-manager": {"title": "TM", "from": "manager"}, "head-of-service": {"title": "HoS", "from": "head"},
                           "social-worker": {"title": "SW", "from": "allocation"},
                           "iro": {"title": "IRO", "from": "allocation", **({"people": [r.choice(ids)]} if r.random() < 0.5 else {})}})
        self.cover = []
        for _ in range(r.randint(0, 6)):
            self.add_cover()
        self.events = []
        for n in range(r.randint(0, 4)):
            self.allocate(n)

    def hours(self):
        r, own = self.r, {}
        if r.random() < 0.5:
            own["hours"] = r.choice(["00:00-24:00", "09:00-13:00", "12:00-20:00", "06:30-10:00"])
        if r.random() < 0.3:
            own["days"] = sorted(r.sample(DAYS[:5], r.randint(1, 3)), key=DAYS.index)
        return own

    def add_cover(self):
        r, ids = self.r, [p["id"] for p in self.people]
        first = datetime.date.fromisoformat(stamp(self.day)[:10]) + datetime.timedelta(days=r.randint(-6, 8))
        one = {"person": r.choice(ids), "by": r.choice(ids), "from": first, "until": first + datetime.timedelta(days=r.randint(0, 5)),
               **({"role": r.choice(sorted(self.roles))} if r.random() < 0.4 else {})}
        meet = lambda a, b: a["from"] <= b["until"] and b["from"] <= a["until"]
        for other in self.cover:  # what the loader refuses: twice on the same days, and cover of cover
            if meet(one, other) and (one["person"] == other["person"] or one["by"] == other["person"] or other["by"] == one["person"]):
                return
        if one["person"] != one["by"]:
            self.cover.append(one)

    def allocate(self, n):
        r = self.r
        begins = self.day - r.randint(1, 900) * HOUR
        data = {"role": r.choice(["social-worker", "social-worker", "iro", "personal-adviser"]), "worker": f"W{r.randint(0, 16)}",
                **({"team": r.choice(["a", "b", "c", "d", "gone"])} if r.random() < 0.8 else {})}
        event = {"specversion": "1.0", "source": "/lcs", "subject": "C1", "data": data}
        self.events.append({**event, "id": f"s{n}", "type": "allocation.started", "time": stamp(begins)})
        if r.random() < 0.3:
            self.events.append({**event, "id": f"x{n}", "type": "allocation.ended", "time": stamp(begins + r.randint(1, 1200) * HOUR + HOUR // 2)})

    def reload(self):
        """Somebody leaves, cover ends or begins, a role passes to others, a child moves."""
        r, ids = self.r, [p["id"] for p in self.people]
        what = r.choice(["leaves", "cover ends", "cover begins", "role", "manager", "hours", "allocated"])
        if what == "leaves" and len(ids) > 8:
            gone, heir = ids[-1], ids[2]
            self.people.pop()
            swap = lambda x: heir if x == gone else x
            for team in self.teams:
                team.update({k: swap(team[k]) for k in ("manager", "head") if k in team})
            for role in self.roles.values():
                if "people" in role:
                    role["people"] = sorted({swap(x) for x in role["people"]})
            self.cover = [c for c in self.cover if gone not in (c["person"], c["by"])]
        elif what == "cover ends" and self.cover:
            self.cover.pop(r.randrange(len(self.cover)))
        elif what == "cover begins":
            self.add_cover()
        elif what == "role":
            self.roles[r.choice(FIXED[2:5])]["people"] = [r.choice(ids[4:8])]
        elif what == "manager":
            self.teams[r.randint(1, 3)]["manager"] = r.choice(ids)
        elif what == "hours":
            person = r.choice(self.people)
            person.pop("hours", None), person.pop("days", None)
            person.update(self.hours())
        elif what == "allocated":
            self.allocate(f"n{len(self.events)}")

    def directory(self):
        return {"duty-team": "d", "duty-phone": "01632 960123", "ladder": ["director", "dcs"], "people": self.people, "teams": self.teams,
                "roles": self.roles, **({"cover": self.cover} if self.cover else {})}

    def open_at(self, at):
        """Open allocations, the earliest start first; those of one key are one."""
        keys = {}
        order = lambda e: (instant(e["time"]), e["type"] == "allocation.started", e["id"])
        for e in sorted(self.events, key=order):
            key = (e["data"]["role"], e["data"]["worker"])
            if instant(e["time"]) > at:
                continue
            if e["type"] == "allocation.ended":
                keys.pop(key, None)
            else:
                keys[key] = (keys[key][0] if key in keys else instant(e["time"]), e["data"].get("team"))
        return [(role, worker, team) for (role, worker), (_, team) in sorted(keys.items(), key=lambda x: (x[1][0], x[0]))]


def ask(args, folder, world, rule, at):
    (folder / "directory.yaml").write_text(yaml.safe_dump(world.directory(), sort_keys=False))
    (folder / "events.jsonl").write_text("".join(json.dumps(e) + "\n" for e in world.events) or "\n")
    p = subprocess.run([args.tool, "who", rule, "C1", "--at", stamp(at), "--events", str(folder / "events.jsonl"), "--json", "--config",
                        str(folder / "casewatchd.yaml")], capture_output=True, text=True, timeout=60)
    if p.returncode not in (0, 1) or not p.stdout:
        raise SystemExit(f"exit status {p.returncode}: {p.stderr[-1500:]}")
    return {(s["step"], s["at"], role["role"], one["person"], one["hears"])
            for s in json.loads(p.stdout)["steps"] if not s["again"] for role in s["roles"] for one in role["people"]}


def reckon(world, rule, calendar, at):
    people, steps, found = People(world.directory(), calendar), Steps(rule), set()
    ladder = Ladder(steps, calendar, at, [], at + 3000 * HOUR)
    for n, (t, _, roles) in enumerate([x for x in ladder.lines if x[1] in ("opened", "escalated")], 1):
        council = ladder.heard_from(t, [], False)
        for role in roles:
            told = t if people.out_of_hours(role) else council
            for person in people.holders(role, world.open_at(at), told):
                found.add((n, stamp(t), role, person, stamp(people.hears(person, role, steps.severity == "critical", t, council))))
    return found


def one_round(args, folder, rules, calendar, seed):
    r = random.Random(seed)
    world, good = World(r), True
    for _ in range(6):
        rule, at = r.choice(rules), world.day + r.randint(0, 200) * HOUR // 4
        ours, theirs = reckon(world, rule, calendar, at), ask(args, folder, world, rule["id"], at)
        if ours != theirs:
            good = False
            print(f"not ok  seed {seed}, {rule['id']} at {stamp(at)} (repeat: --seed {seed} --rounds 1)")
            print("        only the text: ", sorted(ours - theirs))
            print("        only the tool: ", sorted(theirs - ours))
            break
        world.reload()
    return good


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--tool", default="build/casewatch")
    p.add_argument("--seed", type=int, default=random.SystemRandom().randint(1, 10**9))
    p.add_argument("--rounds", type=int, default=60)
    p.add_argument("--seconds", type=float, default=30, help="stop after so long, whatever the rounds")
    args = p.parse_args()
    print(f"seed {args.seed}, {args.rounds} rounds of six directories")
    rules, calendar = yaml.safe_load((RULES / "ladders.yaml").read_text())["rules"], Calendar("conf/bank-holidays.json")
    folder, failed, began, i = pathlib.Path(tempfile.mkdtemp()), 0, time.monotonic(), -1
    shutil.copy("conf/bank-holidays.json", folder)
    (folder / "casewatchd.yaml").write_text(f"council: C\ndatabase: c.db\nrules: {RULES.resolve()}\ndirectory: directory.yaml\n"
                                            f"templates: {pathlib.Path('conf/templates').resolve()}\ncalendar: {{file: bank-holidays.json}}\n")
    for i in range(args.rounds):
        failed += not one_round(args, folder, rules, calendar, args.seed + i)
        if failed >= 5 or time.monotonic() - began > args.seconds:
            break
    shutil.rmtree(folder)
    if i + 1 < args.rounds and failed < 5:
        print(f"the time of {args.seconds:.0f} s is over: {i + 1} of {args.rounds} rounds were played (--seconds)")
    print(f"{i + 1 - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
