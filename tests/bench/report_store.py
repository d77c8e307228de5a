#!/usr/bin/env python3
"""Fills the registers of a database as ten years of a large council would: for measuring reports, not for reading them.

    tests/bench/report_store.py DATABASE ROWS    (the registers exist: bench_registers has made them)

ROWS is the size of each of the large registers (episodes, contacts, referrals, assessments, allocations, placements); about ten
events stand behind three of their rows, so that 1,000,000 is a council of over 10 million events. Of the smaller ones there is a
tenth. The rows of a child lie together, as the daemon writes them. Seeded.
"""
import random
import sqlite3
import sys

YEARS_FROM, YEARS_TO = 1_262_304_000, 1_585_699_200  # 2010 to the end of March 2020, in seconds
LARGE = ("missing_episode", "contact", "referral", "assessment", "allocation", "placement")
PLACE_BITS = 22
WORDS = {"kind": ("missing", "away", "single"), "outcome": ("nfa", "referral", "cin", "early-help"), "by": ("director", "team-manager"),
         "setting": ("H5", "P2"), "role": ("social-worker", "personal-adviser"), "team": ("north-1", "north-2", "south-1"),
         "risk": ("low", "high"), "found_by": ("police",), "area": ("front-door", "plans", "placements"),
         "worker": tuple(f"W{n}" for n in range(400)), "owner": tuple(f"manager-{n}" for n in range(30)),
         "indicator": tuple(f"indicator-{n}" for n in range(12)), "reason": ("no bed", "moved on"), "with": ("VPG",)}


def value(r, name, kind, at, instants):
    """By its name: an instant (it says whether it is known by date) is near the row's own."""
    if name in instants[:1]:
        return at
    if kind == "INTEGER" and (name.endswith("_by_date") or name == "contradiction"):
        return 0 if name.endswith("_by_date") else None
    if kind == "INTEGER" and name.endswith(("_recorded", "_arrived")):
        return at + r.randrange(86_400) * 1_000_000
    if name == "date_of_birth":
        return f"{r.randrange(2000, 2015)}-{r.randrange(1, 13):02}-15"
    if kind == "TEXT" and name in WORDS:
        return r.choice(WORDS[name])
    if kind == "TEXT":
        return f"{name[:2]}{r.randrange(10**6)}"
    if kind == "INTEGER" and name in instants:  # nearly all that began is over, but for the last three months
        then = at + r.randrange(1, 90 * 86_400) * 1_000_000
        return then if r.random() < (0.999 if name == "closed" else 0.7) and then < YEARS_TO * 1_000_000 else None
    return r.randrange(2) if kind == "INTEGER" else r.random()


def fill(path, rows):
    """Returns how many rows there are in all."""
    r, total = random.Random(20200401), 0
    base = sqlite3.connect(path)
    base.execute("PRAGMA synchronous = OFF")
    tables = [name for (name,) in base.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND name LIKE 'register!_%' ESCAPE '!'")
              if name not in ("register_state", "register_again", "register_id")]
    children = max(rows // 10, 10)
    for table in tables:
        columns = [(name, kind) for _, name, kind, *_ in base.execute(f"PRAGMA table_info({table})")]
        instants = [name for name, _ in columns if any(name + "_by_date" == other for other, _ in columns)]
        count = children if table == "register_child" else 1440 if table == "register_indicator" else \
            rows if table[9:] in LARGE else rows // 10
        base.execute(f"DELETE FROM {table}")

        def made():
            for n in range(count):
                child = n * children // count
                at = r.randrange(YEARS_FROM, YEARS_TO) * 1_000_000
                yield [(child + 1 << PLACE_BITS) + n % (1 << PLACE_BITS)] + \
                      [f"C{child}" if name == "child" else value(r, name, kind, at, instants) for name, kind in columns]

        names = ", ".join(f'"{name}"' for name, _ in columns)
        base.executemany(f"INSERT INTO {table} (rowid, {names}) VALUES (?{', ?' * len(columns)})", made())
        base.commit()
        total += count
    base.close()
    return total


if __name__ == "__main__":
    print(f"{fill(sys.argv[1], int(sys.argv[2])):,} rows")
