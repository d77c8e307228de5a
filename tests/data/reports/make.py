#!/usr/bin/env python3
"""Writes events.jsonl: a small invented council from October 2019 to the end of March 2020, of which every list and report has
something to tell. Always the same; run it after a change and look at what becomes of the reports (README.md)."""
import datetime, json, pathlib, random

R = random.Random(20200119)
TEAMS = ["north-3", "south-1", "mach", "leaving-care"]
lines = []


def tell(type_, subject, time, late=0, by_date=False, **data):
    """`time`: "2020-03-04 21:30"; `late`: recorded so many days after."""
    at = datetime.datetime.fromisoformat(time)
    if by_date:
        at = at.replace(hour=0, minute=0)
    event = {"specversion": "1.0", "id": f"g{len(lines)}", "source": "/lcs", "type": type_, "subject": subject,
             "time": at.strftime("%Y-%m-%dT%H:%M:%SZ"), "data": {k.rstrip("_"): v for k, v in data.items()}}
    if by_date:
        event["timeprecision"] = "day"
    if late:
        event["recordedtime"] = (at + datetime.timedelta(days=late)).strftime("%Y-%m-%dT%H:%M:%SZ")
    lines.append(event)


def day(month, number, hour=10, minute=0):
    year = 2019 if month > 3 else 2020
    return f"{year}-{month:02}-{number:02} {hour:02}:{minute:02}"


CHILDREN = [f"C{n:02}" for n in range(1, 31)]
for n, child in enumerate(CHILDREN):
    tell("child.updated", child, "2019-10-01 08:00", initials=chr(65 + n % 26) + chr(66 + n % 25),
         **({} if n == 7 else {"date_of_birth": f"{2003 + n % 7}-{1 + n % 12:02}-{1 + n % 28:02}"}), **({"restricted": True} if n == 11 else {}))
    tell("allocation.started", child, "2019-10-01 09:00", role="social-worker", worker=f"W{1 + n % 8}", team=TEAMS[n % 4])
for n, child in enumerate(CHILDREN[:9]):
    tell("allocation.started", child, "2019-10-02 09:00", role="personal-adviser", worker="W9" if n < 6 else "W10", team="leaving-care")
for n, child in enumerate(CHILDREN):  # demand: need, protection, care
    month = [10, 11, 12, 1, 2, 3][n % 6]
    tell(("cin.opened", "cp.started", "cla.started")[n % 3], child, day(month, 3 + n % 20), plan=f"L{n}")
    if n % 5 == 0:
        tell(("cin.closed", "cp.ended", "cla.ended")[n % 3], child, day(3, 20 + n % 9), plan=f"L{n}")
for n in range(16):  # missing
    child, month = CHILDREN[(n * 7) % 12], (1, 2, 3)[n % 3]
    tell("missing.started", child, day(month, 2 + n, 21, n), late=5 if n == 4 else 0, episode=f"E{n}", kind="away" if n == 5 else "missing",
         from_="placement" if n % 2 else "home", risk=R.choice(["low", "medium", "high"]) if n != 6 else "severe")
    if n not in (14, 15):
        tell("missing.ended", child, day(month, 3 + n, 7), by_date=n == 8, episode=f"E{n}")
        if n % 4 != 3:
            tell("rhi.offered", child, day(month, 3 + n, 9), episode=f"E{n}")
            tell("rhi.declined" if n % 4 == 2 else "rhi.completed", child, day(month, 3 + n + (4 if n % 5 == 0 else 1), 9), episode=f"E{n}")
for n in range(13):  # custody
    child, month, hold = CHILDREN[12 + n % 9], (1, 2, 3)[n % 3], f"H{n}"
    tell("custody.detained", child, day(month, 4 + n, 21, 10), custody=hold, station="Middlehaven")
    if n % 3 != 1:
        tell("custody.charged_bail_refused", child, day(month, 4 + n, 22, 30), custody=hold)
        tell("custody.threshold_met", child, day(month, 4 + n, 22, 40), custody=hold)
    if n in (2, 5, 8):
        tell("pace.bed_requested", child, day(month, 4 + n, 23), custody=hold, secure=n == 5)
        tell("pace.bed_offered" if n == 2 else "pace.transfer_failed", child, day(month, 4 + n, 23, 30), custody=hold,
             **({} if n == 2 else {"reason": "no bed offered"}))
    if n == 2:
        tell("pace.transferred", child, day(month, 4 + n, 23, 50), custody=hold)
    if n == 0:
        tell("custody.certificate_issued", child, day(month, 4 + n, 23), custody=hold, ground="no-secure-bed")
    tell("custody.released", child, day(month, 5 + n, 9), by_date=n == 10, custody=hold)
    if n % 2:
        tell("custody.feedback_recorded", child, day(month, 7 + n, 9), custody=hold)
for n in range(6):  # placements
    child, place = CHILDREN[20 + n], {"placement": f"P{n}"}
    said = {"regulated": n == 5, "setting": "H5" if n % 2 else "P2", "provider": f"PR{n % 2}", **({"registered": n % 2 == 0} if n else {})}
    tell("placement.decided", child, day(2, 3 + n), **place, **said)
    tell("placement.started", child, day(2, 4 + n, 15), **place, **said)
    if n in (0, 2):
        tell("placement.ratified", child, day(2, 4 + n), **place, by="director" if n else "team-manager")
    if n < 3:
        tell("risk_assessment.completed", child, day(2, 6 + n), **place, care=7 - 2 * n, support=4)
    if n == 1:
        tell("contingency_plan.recorded", child, day(2, 9), **place)
        tell("panel.reviewed", child, day(3, 4), **place)
    if n == 4:
        tell("placement.ended", child, day(3, 25), **place)
for n in range(36):  # the front door
    child, month = f"F{n:02}", (1, 2, 3)[n % 3]
    tell("contact.received", child, day(month, 2 + n % 25), contact=f"K{n}", **({"flags": [["neglect"], []][n % 2]} if n % 4 else {}))
    if n % 9 != 8:
        tell("contact.decided", child, day(month, 3 + n % 25 + (3 if n % 5 == 0 else 0)), contact=f"K{n}",
             outcome=("referral", "nfa", "information", "early-help")[n % 4])
    if n % 4 == 0:
        tell("referral.accepted", child, day(month, 3 + n % 25), referral=f"R{n}", contact=f"K{n}")
        tell("assessment.started", child, day(month, 4 + n % 25), assessment=f"A{n}", kind="single", referral=f"R{n}")
    if n % 8 == 0:
        tell("assessment.authorised", child, day(3, 26), assessment=f"A{n}", kind="single", referral=f"R{n}", outcome="nfa" if n % 16 else "cin")
for n in range(12):  # step-ups, step-downs
    child, month = f"S{n:02}", (1, 2, 3)[n % 3]
    tell("allocation.started", child, "2019-10-01 09:00", role="social-worker", worker="W2", team=TEAMS[n % 2])
    tell("case.stepped_up" if n < 7 else "stepdown.requested", child, day(month, 5 + n), case=f"Y{n}")
    if n < 4:
        tell("assessment.started", child, day(month, 8 + n), assessment=f"SA{n}", kind="single", referral=f"SR{n}")
    if n in (5, 6):
        tell("case.closed", child, day(3, 20 + n), case=f"Y{n}", reason="moved away")
    if n > 7:
        tell("stepdown.completed", child, day(month, 9 + n), case=f"Y{n}")
    if n in (9, 10):
        tell("stepdown.audited", child, day(month, 8 + n), case=f"Y{n}", by="team-manager", outcome="agreed")
for n in range(5):  # short breaks, permanence
    child = CHILDREN[25 + n % 5]
    tell("shortbreak.started", child, day(10, 7 + n), break_=f"B{n}")
    if n < 3:
        tell("shortbreak.reviewed", child, day(1, 10 + n), break_=f"B{n}", **({"qualified": n == 1} if n < 2 else {}))
tell("permanence.planned", "C03", day(2, 20))
tell("pmg.discussed", "C06", day(1, 15))
for n in range(11):  # audits, answers of reviewing officers, tasks, indicators
    tell("audit.completed", f"C{n + 1:02}", day(3, 16 + n), audit=f"U{n}", area="Assessment" if n % 2 else "Care", agrees=n != 3,
         moderated=n < 2)
    if n < 4:
        tell("audit.action_raised", f"C{n + 1:02}", day(3, 17 + n), action=f"UA{n}", audit=f"U{n}", due=f"2020-03-{21 + 3 * n}", owner="p-qa")
    if n == 0:
        tell("audit.action_done", "C01", day(3, 20), action="UA0")
    if n < 5:
        tell("iro.alert_raised", f"C{n + 1:02}", day(3, 2 + n), alert=f"I{n}")
        if n < 3:
            tell("iro.alert_answered", f"C{n + 1:02}", day(3, 5 + 5 * n), alert=f"I{n}")
for n in range(7):
    tell("task.created", f"T{n}", day(1, 6), task=f"T{n}", owner="p-dcs" if n % 2 else "p-director", rag=("red", "amber", "green")[n % 3],
         **({"due": f"2020-0{2 + n % 3}-15"} if n else {}))
    if n > 4:
        tell("task.completed", f"T{n}", day(3, 10), task=f"T{n}")
for n, month in enumerate((10, 11, 12, 1, 2, 3)):
    tell("indicator.reported", "I1", day(month, 28), indicator="contacts-in-time", value=60 + 4 * n, target=90, better="higher")
    tell("indicator.reported", "I2", day(month, 28), indicator="nfa-rate", value=17 - 3 * n, target=5, better="lower")
for n, child in enumerate(CHILDREN[:8]):  # vulnerable groups
    tell("flag.set", child, day(2, 3 + n), flag=("cse", "cce", "county-lines", "CSE")[n % 4])
    if n % 4 == 3:
        tell("flag.cleared", child, day(3, 3 + n), flag="CSE")
    if n < 5:
        tell(("vpg.opened", "rmg.opened", "vemt.opened")[n % 3], child, day(2, 4 + n))
    if n == 4:
        tell("rmg.closed", child, day(3, 20))
    if n > 5:
        tell("private_fostering.started", child, day(1, 20 + n))
        tell("s47.started", child, day(3, 12 + n), s47=f"Q{n}")
tell("s47.completed", "C07", day(3, 28), s47="Q6")
tell("source.complete", "/lcs", "2020-04-01 04:52", up_to="2020-04-01T04:52:00Z")

lines.sort(key=lambda e: (e.get("recordedtime", e["time"]), int(e["id"][1:])))
(pathlib.Path(__file__).parent / "events.jsonl").write_text("".join(json.dumps(e) + "\n" for e in lines))
