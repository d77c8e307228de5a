"""A rule that is put into force over ten years of records: listed before, then told once to everybody it concerns."""

import datetime
import json
import os
import random
import shutil
import subprocess

from processes import BUILD, ROOT, wait_until
from spool_council import SpoolCouncil

NEW = """\
rules:
  - id: council.long-in-need
    title: A child in need for over two years
    basis: local
    severity: high
    deadline: {start: cin.opened, stop: cin.closed, within: 24 months}
    tell:
      - {role: team-manager}
      - {role: head-of-service}
"""
TEAMS = {"north-1": "North 1", "south-1": "South 1", "west-1": "West 1"}
TODAY = datetime.datetime.now(datetime.timezone.utc).replace(minute=0, second=0, microsecond=0)
YEARS, CHILDREN = 10, 100


def ten_years(chance):
    """Lines of a council's records, and by team how many children have been in need for over two years and still are."""
    lines, standing = [], dict.fromkeys(TEAMS, 0)

    def record(kind, child, days_ago, **data):
        at = TODAY - datetime.timedelta(days=days_ago)
        lines.append({"specversion": "1.0", "id": f"e{len(lines)}", "source": "/lcs", "type": kind, "subject": child,
                      "time": at.isoformat(), "data": data})
        return lines[-1]

    for n in range(CHILDREN):
        child, team = f"C{n:04}", chance.choice(sorted(TEAMS))
        began = chance.randint(40, YEARS * 365)
        record("allocation.started", child, began, role="social-worker", worker=f"W{1 + n % 8}", team=team)
        opened = record("cin.opened", child, began)
        lasted = chance.choice([60, 400, 600, 900, None])  # 900 days: overdue once, and long over
        if lasted and lasted < began:
            record("cin.closed", child, began - lasted)
        elif began > 800 or began < 700:  # two years are not 730 days everywhere: nobody stands on the edge
            standing[team] += began > 800
        if not lasted and n % 7 == 0:
            record("event.withdrawn", child, 1, id=opened["id"])
            standing[team] -= began > 800
        elif 700 <= began <= 800 and not (lasted and lasted < began):
            record("cin.closed", child, 39)
    return sorted(lines, key=lambda line: line["time"]), standing


def house(tmp_path, ends, sink):
    shutil.copytree(os.path.join(ROOT, "rules"), tmp_path / "rules")
    return SpoolCouncil(tmp_path, ends, sink.port, rules="rules", **{"go-live": TODAY.isoformat()})


def changes(council):
    status, said = council.tool("check", "--rules", str(council.path / "rules-new"), "--diff", "--json")
    assert status == 0, said
    return json.loads(said)


def reload(council):
    done = subprocess.run([os.path.join(BUILD, "casewatch"), "reload", "--config", str(council.config)], capture_output=True,
                          text=True, timeout=120)
    assert done.returncode == 0, (done.stdout, done.stderr)


def put_into_force(council, words):
    """What was listed before."""
    (council.path / "rules-new" / "council.yaml").write_text(words)
    listed = changes(council)
    assert not listed["judging_anew"], listed
    shutil.copy(council.path / "rules-new" / "council.yaml", council.path / "rules" / "council.yaml")
    reload(council)
    return listed


def alerts(council):
    """(all, those that stand) of the new rule."""
    return council.query("SELECT count(*), coalesce(sum(state = 0), 0) FROM alert WHERE rule = 'council.long-in-need'")[0]


def test_a_rule_over_ten_years_of_records_opens_what_was_listed_before_and_tells_it_as_at_go_live(tmp_path, ends, sink):
    chance = random.Random(20200119)
    lines, standing = ten_years(chance)
    assert all(standing.values()), standing
    council = house(tmp_path, ends, sink)
    (tmp_path / "spool").mkdir(exist_ok=True)
    (tmp_path / "spool" / "years.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    council.start()
    wait_until(lambda: council.query("SELECT count(*) FROM event") == [(len(lines),)], 60, "ten years are stored")
    shutil.copytree(tmp_path / "rules", tmp_path / "rules-new")
    (tmp_path / "rules-new" / "council.yaml").write_text(NEW)
    wait_until(lambda: not changes(council)["judging_anew"], 60, "the rules in force have judged all")
    whole = sum(standing.values())

    listed = changes(council)
    assert {(c["rule"], c["change"]) for c in listed["changes"]} == {("council.long-in-need", "opens")}, listed
    assert {c["team"]: c["alerts"] for c in listed["changes"]} == {TEAMS[t]: n for t, n in standing.items()}
    assert listed["opens"] == whole and listed["withdrawn"] == 0
    assert all(c["tell"] == ["team-manager"] for c in listed["changes"])
    assert alerts(council) == (0, 0), "only listed so far"

    shutil.copy(tmp_path / "rules-new" / "council.yaml", tmp_path / "rules" / "council.yaml")
    reload(council)
    wait_until(lambda: alerts(council)[0] >= whole, 60, "all of them open")
    wait_until(lambda: not changes(council)["judging_anew"], 60, "the new rule has judged all")
    assert alerts(council) == (whole, whole), "what was over long ago opened nothing"
    rows = council.query("SELECT alert, purpose, json_extract(payload, '$.cause'), person FROM outbox WHERE rule = 'council.long-in-need'")
    assert len({row[0] for row in rows}) == whole
    assert {row[1:3] for row in rows} == {("opened", "go-live")}, "as at go-live: in the recipient's hours, in one message a person"
    assert len(rows) == len(set(rows)), "each is told once"
    assert council.query("SELECT count(*) FROM event") == [(len(lines),)], "nothing is entered again"
    after = changes(council)
    assert (after["opens"], after["ends"], after["withdrawn"]) == (0, 0, 0)

    # A changed number: what it takes away and gives back is listed before, and only those who were told hear of it.
    fewer = put_into_force(council, NEW.replace("24 months", "60 months"))
    assert fewer["opens"] == 0 and 0 < fewer["withdrawn"] < whole, fewer
    wait_until(lambda: alerts(council) == (whole, whole - fewer["withdrawn"]), 60, "those of under five years are withdrawn")
    again = put_into_force(council, NEW)
    assert (again["opens"], again["withdrawn"]) == (fewer["withdrawn"], 0), again
    wait_until(lambda: alerts(council) == (whole, whole), 60, "they open again, each under its own number")
    wait_until(lambda: not changes(council)["judging_anew"], 60, "all is judged")
    causes = council.query("SELECT DISTINCT json_extract(payload, '$.cause') FROM outbox WHERE rule = 'council.long-in-need' AND purpose = 'opened'")
    assert causes == [("go-live",)], "no storm, whatever the hour; that each is told once is courier_bound_test's"

    (tmp_path / "rules-new" / "council.yaml").unlink()
    listed = changes(council)
    assert {(c["rule"], c["change"]) for c in listed["changes"]} == {("council.long-in-need", "withdrawn")}, listed
    assert listed["withdrawn"] == whole and listed["opens"] == 0
    (tmp_path / "rules" / "council.yaml").unlink()
    reload(council)
    wait_until(lambda: alerts(council) == (whole, 0), 60, "all are withdrawn")
