#!/usr/bin/env python3
"""What `casewatch import` makes of returns and extracts, tried from outside.

    tests/scenario/imports.py [--tool build/casewatch]

Each function below is a sentence that must be so.
"""
import argparse, csv, datetime, io, json, pathlib, random, resource, subprocess, sys, tempfile

import yaml

DATA = pathlib.Path("tests/data/import")
RETURN = [DATA / "header.csv", DATA / "episodes.csv", DATA / "missing.csv"]


class World:
    def __init__(self, tool):
        self.tool, self.folder = tool, pathlib.Path(tempfile.mkdtemp())

    def file(self, name, content):
        path = self.folder / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    def run(self, *words):
        return subprocess.run([self.tool, "import", *map(str, words), "--config", "conf/casewatchd.yaml"], capture_output=True, text=True,
                              timeout=300)

    def events(self, *words):
        return [json.loads(line) for line in self.run(*words).stdout.splitlines()]

    def summary(self, *words):
        return json.loads(self.run(*words, "--json").stderr.splitlines()[-1])

    def backtest(self, events):
        path = self.file("events.jsonl", "".join(json.dumps(e) + "\n" for e in events))
        p = subprocess.run([self.tool, "backtest", "--config", "conf/casewatchd.yaml", "--until", "2027-01-01T00:00:00Z", str(path)],
                           capture_output=True, text=True, timeout=300)
        return [json.loads(line) for line in p.stdout.splitlines()]


def check(so, what):
    if not so:
        raise AssertionError(what)


def the_columns_may_stand_in_any_order_and_case_with_either_line_end(w):
    for seed in range(20):
        r = random.Random(seed)
        for path in RETURN:
            rows = list(csv.reader(io.StringIO(path.read_text(encoding="utf-8-sig"))))
            width = len(rows[0])
            order = r.sample(range(width), width)
            rows[0] = [r.choice([str.lower, str.upper, str.title, lambda x: f" {x} "])(name) for name in rows[0]]
            out = io.StringIO()
            csv.writer(out, lineterminator=r.choice(["\n", "\r\n"]), quoting=r.choice([csv.QUOTE_ALL, csv.QUOTE_MINIMAL])).writerows(
                [[row[i] for i in order] for row in rows])
            mixed = w.file("mixed.csv", r.choice([b"", b"\xef\xbb\xbf"]) + out.getvalue().encode())
            check(w.events("ssda903", mixed) == w.events("ssda903", path), f"{path.name}, seed {seed}: other events than in order")


def a_date_is_the_same_record_in_either_form_and_as_a_spreadsheets_number(w):
    head, day = "CHILD,MISSING,MIS_START,MIS_END\n", datetime.date(2020, 3, 29)
    made = []
    for form in (day.isoformat(), day.strftime("%d/%m/%Y"), "29/3/2020", str((day - datetime.date(1899, 12, 30)).days),
                 day.isoformat() + " 00:00:00", day.isoformat() + "T00:00:00.000"):
        made.append(w.events("ssda903", w.file("m.csv", f"{head}C1,M,{form},\n")))
    check(all(m == made[0] and len(m) == 1 for m in made), made)


def an_hour_beside_a_date_is_kept(w):
    event, = w.events("ssda903", w.file("m.csv", "CHILD,MISSING,MIS_START,MIS_END\nC1,M,01/07/2020 22:10,\n"))
    check(event["time"] == "2020-07-01T21:10:00Z" and "timeprecision" not in event, event)


def what_is_no_date_is_reported_and_never_guessed(w):
    for wrong in ("31/02/2020", "2020-13-01", "01/02/20", "soon", "32/01/2020", "60", "99999", "2020/01/02x", "1/2", "2020-1-2-3"):
        p = w.run("ssda903", w.file("m.csv", f"CHILD,MISSING,MIS_START,MIS_END\nC1,M,{wrong},\n"))
        check(p.returncode == 1 and p.stdout == "" and "m.csv:2: missing, MIS_START" in p.stderr, (wrong, p.stdout, p.stderr))


def a_second_import_changes_nothing(w):
    state = w.folder / "second.state"
    first = w.events("ssda903", *RETURN, "--state", state)
    check(len(first) > 10 and w.events("ssda903", *RETURN, "--state", state) == [], "something was sent again")
    again = w.events("ssda903", *RETURN)
    check([e["id"] for e in again] == [e["id"] for e in first], "ids differ without a state")
    check(w.backtest(first + again) == w.backtest(first), "a second import said something")


def a_state_that_is_cut_or_cannot_be_read_is_not_taken_for_a_shorter_one(w):
    state = w.folder / "cut.state"
    w.events("ssda903", *RETURN, "--state", state)
    whole = state.read_bytes()
    for cut in (1, 4, len(whole) // 2):
        state.write_bytes(whole[:-cut])
        p = w.run("ssda903", *RETURN, "--state", state)
        check(p.returncode == 2 and p.stdout == "" and "cut.state is no state" in p.stderr, (cut, p.stdout[:200], p.stderr))
        check(state.read_bytes() == whole[:-cut], "it was written over")
    p = w.run("ssda903", *RETURN, "--state", w.folder)
    check(p.returncode == 2 and p.stdout == "" and "cannot read" in p.stderr, (p.stdout[:200], p.stderr))


def a_corrected_file_corrects_also_back_to_what_it_was(w):
    state = w.folder / "corrected.state"
    head = "CHILD,MISSING,MIS_START,MIS_END\n"
    sent, want = [], {}
    for end in ("13/05/2020", "15/05/2020", "13/05/2020", "13/05/2020"):
        file = w.file("m.csv", f"{head}C1,M,12/05/2020,{end}\n")
        new = w.events("ssda903", file, "--state", state)
        sent += new
        ends = [e for e in sent if e["type"] == "missing.ended"]
        replaced = {e["replaces"] for e in ends if "replaces" in e}
        holds = [e for e in ends if e["id"] not in replaced]
        check(len(holds) == 1 and holds[0]["time"].startswith("2020-05-" + str(int(end[:2]) - 1)), (end, holds))
        want[end] = len(new)
    check(len(sent) == 4, [e["id"] for e in sent])
    check(not [x for x in w.backtest(sent) if x["what"].startswith("event.")], "the corrections are warned of")


def what_a_whole_file_no_longer_has_is_withdrawn(w):
    state = w.folder / "whole.state"
    head = "CHILD,MISSING,MIS_START,MIS_END\n"
    w.events("ssda903", w.file("m.csv", f"{head}C1,M,12/05/2020,\nC2,M,12/05/2020,\n"), "--state", state)
    gone = w.events("ssda903", w.file("m.csv", f"{head}C1,M,12/05/2020,\n"), "--state", state, "--whole")
    check([(e["type"], e["subject"], e["data"]["id"]) for e in gone] ==
          [("event.withdrawn", "C2", "missing/missing.started/C2/2020-05-12")], gone)
    check(w.events("ssda903", w.file("m.csv", f"{head}C1,M,12/05/2020,\n"), "--state", state, "--whole") == [], "withdrawn twice")


HEAD = "CHILD,MISSING,MIS_START,MIS_END\n"


def whole(world, state, *files):
    """The withdrawals that a whole import makes, and its summary."""
    p = world.run("ssda903", *files, "--state", state, "--whole", "--json")
    summary = json.loads(p.stderr.splitlines()[-1])
    return [json.loads(line) for line in p.stdout.splitlines() if "event.withdrawn" in line], summary, p


def a_row_that_cannot_be_read_takes_no_record_back(w):
    good = w.file("kept.csv", HEAD + "C1,M,12/05/2020,\nC2,M,13/05/2020,\n")
    for number, bad in enumerate(["C2,M,13/0x/2020,", ",M,13/05/2020,", "C2,X,13/05/2020,", "C2,M,13/05/2020,,,,"]):
        state = w.folder / f"kept{number}.state"
        w.run("ssda903", good, "--state", state)
        before = state.read_text()
        gone, summary, p = whole(w, state, w.file("bad.csv", HEAD + "C1,M,12/05/2020,\n" + bad + "\n"))
        check(gone == [] and p.returncode == 1, f"{bad}: {gone}")
        check(state.read_text() == before, f"{bad}: what was sent of it is forgotten")
        gone, summary, p = whole(w, state, w.file("good.csv", HEAD + "C1,M,12/05/2020,\n"))
        check([e["subject"] for e in gone] == ["C2"], f"{bad}: once all rows are read it is gone: {gone}")


def a_row_nobody_knows_of_keeps_all_that_is_missing_and_says_so(w):
    state = w.folder / "unsure.state"
    w.run("ssda903", w.file("three.csv", HEAD + "C1,M,12/05/2020,\nC2,M,13/05/2020,\nC3,M,14/05/2020,\n"), "--state", state)
    gone, summary, p = whole(w, state, w.file("one.csv", HEAD + "C1,M,12/05/2020,\n,M,20/05/2020,\n"))
    check(gone == [] and summary["not_withdrawn"] == 2, summary)
    check("2 records that the files do not have are not withdrawn: a row that was not taken may be one of them" in p.stderr, p.stderr)


def a_file_that_was_forgotten_takes_no_record_back(w):
    state = w.folder / "forgotten.state"
    w.run("ssda903", *RETURN, "--state", state)
    gone, summary, p = whole(w, state, DATA / "missing.csv")
    check(gone == [] and summary["not_withdrawn"] > 0, summary)
    check("no file with a row of it was read" in p.stderr and p.returncode == 1, p.stderr)


def an_optional_field_that_cannot_be_read_hides_no_child(w):
    """As everywhere (docs/events.md): the event is taken without it, and that is said."""
    text = pathlib.Path("conf/import/ssda903.yaml").read_text()
    mapping = w.file("risk.yaml", text.replace("      MIS_END: {}\n", "      MIS_END: {}\n      RISK: {}\n").replace(
        "words: {M: missing, A: away}}}", "words: {M: missing, A: away}}, risk: {column: RISK, words: {H: high}}}"))
    rows = w.file("risk.csv", "CHILD,MISSING,MIS_START,MIS_END,RISK\nC1,M,12/05/2020,,H\nC2,M,13/05/2020,,purple\n")
    p = w.run("ssda903", rows, "--mapping", mapping)
    events = [json.loads(line) for line in p.stdout.splitlines()]
    check([(e["subject"], e["data"].get("risk")) for e in events] == [("C1", "high"), ("C2", None)], (events, p.stderr))
    check(p.returncode == 0 and 'RISK: "purple" is no code that the mapping knows for risk; the event is taken without it' in p.stderr, p.stderr)


def every_row_is_an_event_or_in_the_report(w):
    r = random.Random(7)
    rows = ["CHILD,MISSING,MIS_START,MIS_END"]
    for i in range(3000):
        cells = [r.choice([f"C{i}", f"C{i}", ""]), r.choice(["M", "A", "Q", ""]), r.choice(["01/05/2020", "45/05/2020", "", "43921"]), r.choice(["", "02/05/2020", "x"])]
        rows.append(r.choice([",".join(cells)] * 20 + [",".join(cells) + ",extra", '"' + ",".join(cells) + '"']))
    file = w.file("many.csv", "\n".join(rows) + "\n")
    report = w.folder / "many.report"
    p = w.run("ssda903", file, "--json", "--report", report, "--recorded", "2021-01-01T00:00:00Z")
    said = {json.loads(line)["line"] for line in report.read_text().splitlines() if json.loads(line)["what"] == "row"}
    summary = json.loads(p.stderr.splitlines()[-1])
    check(len(said) == summary["rows_not_taken"], "the report and the sum differ")
    good = sum(1 for i in range(1, 3001) if i + 1 not in said)
    check(good > 300 and len(p.stdout.splitlines()) == summary["events"] >= good, ("rows that are neither", good, summary))


def unknown_columns_are_reported_and_unconfirmed_ones_wait(w):
    p = w.run("ssda903", DATA / "episodes.csv")
    check('column "NOTES" is not in the mapping' in p.stderr, p.stderr)
    p = w.run("cin-census", DATA / "cin-2026.xml")
    check('element "SomethingNew" is not in the mapping' in p.stderr and "pre-proceedings: is not confirmed" in p.stderr, p.stderr)
    check("plo.meeting_held" not in p.stdout, "an unconfirmed table was taken")
    check("plo.meeting_held" in w.run("cin-census", DATA / "cin-2026.xml", "--unconfirmed").stdout, "--unconfirmed does nothing")


def a_file_in_which_a_column_that_is_read_stands_twice_is_refused_with_the_place(w):
    for name in ("MIS_START", " mis_start ", "CHILD", "MISSING"):
        file = w.file("twice.csv", f"CHILD,MISSING,MIS_START,MIS_END,{name}\nC1,M,01/05/2020,02/05/2020,09/05/2020\n")
        p = w.run("ssda903", file, "--recorded", "2021-01-01T00:00:00Z")
        first = ["CHILD", "MISSING", "MIS_START"].index(name.strip().upper())
        check(p.returncode == 2 and f'twice.csv:1: column "{name.strip().upper()}" is there twice, as column {first + 1} and as column 5;'
              in p.stderr, p.stderr)
        check(p.stdout == "", p.stdout)


def a_column_of_which_no_event_is_made_may_stand_twice_and_is_reported(w):
    head, row = (RETURN[2].read_text().splitlines()[n] for n in (0, 1))
    mapping = pathlib.Path("conf/import/ssda903.yaml").read_text()
    own = w.file("own.yaml", mapping.replace("      MIS_END: {}\n", "      MIS_END: {}\n      SPARE: {}\n"))
    once = w.events("ssda903", w.file("spare.csv", f"{head}\n{row}\n"))
    p = w.run("ssda903", w.file("spare.csv", f"{head},SPARE,SPARE\n{row},a,b\n"), "--mapping", own)
    check("SPARE: is there twice, and no event is made of it" in p.stderr, p.stderr)
    check([json.loads(line)["time"] for line in p.stdout.splitlines()] == [e["time"] for e in once] and once, p.stdout + p.stderr)


def a_column_of_another_years_census_is_said(w):
    check("GenderCurrent: is not of a return of 2026" in w.run("cin-census", DATA / "cin-2026.xml").stderr, "not said")
    for year in ("", "26", "2026x", "+2026", "20260"):
        p = w.run("cin-census", DATA / "cin-2026.xml", "--year", year)
        check(p.returncode == 2 and f'--year "{year}" is not a year' in p.stderr, (year, p.stderr))
    older = (DATA / "cin-2026.xml").read_text().replace("2026-03-31", "2021-03-31")
    said = w.run("cin-census", w.file("older.xml", older)).stderr
    check("GenderCurrent" not in said and "pre-proceedings: is not of a return of 2021" in said, said)


def two_rows_of_one_record_that_differ_are_reported_and_correct_nothing_to_and_fro(w):
    state, head = w.folder / "twice.state", "CHILD,MISSING,MIS_START,MIS_END\n"
    file = w.file("twice.csv", head + "C1,M,01/05/2020,02/05/2020\nC1,M,01/05/2020,02/05/2020\nC1,M,01/05/2020,03/05/2020\n")
    p = w.run("ssda903", file, "--state", state)
    check(p.returncode == 1 and "twice.csv:4: missing: missing.ended: it says something else of the same record than line 2, which was "
          "taken (not taken)" in p.stderr, p.stderr)
    check([json.loads(line)["type"] for line in p.stdout.splitlines()] == ["missing.started", "missing.ended"], p.stdout)
    again = w.run("ssda903", file, "--state", state)
    check(again.stdout == "" and again.returncode == 1, (again.stdout, again.stderr))
    later = w.run("ssda903", w.file("later.csv", head + "C1,M,01/05/2020,03/05/2020\n"), "--state", state)
    check('"replaces"' in later.stdout and later.returncode == 0, (later.stdout, later.stderr))


def two_files_of_one_import_that_differ_are_reported_and_correct_nothing_to_and_fro(w):
    state, head = w.folder / "overlap.state", "CHILD,MISSING,MIS_START,MIS_END\n"
    older = w.file("older.csv", head + "C1,M,01/05/2020,02/05/2020\nC2,M,01/05/2020,02/05/2020\n")
    newer = w.file("newer.csv", head + "C2,M,01/05/2020,02/05/2020\nC1,M,01/05/2020,03/05/2020\n")
    for state_words in (["--state", state], []):
        p = w.run("ssda903", older, newer, *state_words)
        check(p.returncode == 1 and "newer.csv:3: missing: missing.ended: it says something else of the same record than line 2 of "
              f"{older}, which was taken; import files that overlap one after the other, the newest last (not taken)" in p.stderr, p.stderr)
        check(len(p.stdout.splitlines()) == 4 and "replaces" not in p.stdout, p.stdout)
    again = w.run("ssda903", older, newer, "--state", state)
    check(again.stdout == "" and again.returncode == 1, (again.stdout, again.stderr))
    later = w.run("ssda903", newer, "--state", state)
    check(later.stdout.count('"replaces"') == 1 and later.returncode == 0, (later.stdout, later.stderr))


def rows_that_differ_are_reported_without_a_state_too(w):
    head = "CHILD,MISSING,MIS_START,MIS_END\n"
    rows = "".join(f"C{i},M,01/05/2020,02/05/2020\n" for i in range(5000))
    p = w.run("ssda903", w.file("both.csv", head + rows + rows + "C17,M,01/05/2020,04/05/2020\n"))
    check(p.returncode == 1 and "both.csv:10002: missing: missing.ended: it says something else of the same record than line 19, which "
          "was taken (not taken)" in p.stderr and "1 row not taken" in p.stderr, p.stderr)
    check(len(p.stdout.splitlines()) == 10000, len(p.stdout.splitlines()))


def letters_of_another_encoding_in_a_column_nobody_reads_cost_no_record(w):
    head, row = "CHILD,MISSING,MIS_START,MIS_END,NOTE\n", "C1,M,01/05/2020,,Ren\xe9\n"
    p = w.run("ssda903", w.file("note.csv", (head + row).encode("latin-1")))
    check('"C1"' in p.stdout and "not taken)" not in p.stderr and p.returncode == 0, (p.stdout, p.stderr))


def rows_of_commas_alone_are_empty_lines(w):
    state, head = w.folder / "commas.state", "CHILD,MISSING,MIS_START,MIS_END\n"
    w.run("ssda903", w.file("full.csv", head + "C1,M,01/05/2020,\nC2,M,01/05/2020,\n"), "--state", state)
    p = w.run("ssda903", w.file("commas.csv", head + "C1,M,01/05/2020,\n" + ",,,\n , ,\t,\n" * 3), "--state", state, "--whole")
    check(p.returncode == 0 and "1 row read" in p.stderr and "1 withdrawn" in p.stderr, p.stderr)


def a_file_that_is_parted_by_something_else_is_said_to_be(w):
    for name, mark in (("semicolons", ";"), ("tabs", "\t")):
        p = w.run("ssda903", w.file("parted.csv", mark.join(("CHILD", "MISSING", "MIS_START", "MIS_END")) + "\n"))
        check(p.returncode == 2 and f"its columns are parted by {name}; save it parted by commas" in p.stderr, p.stderr)
    p = w.run("ssda903", w.file("reviews.csv", "CHILD,DOB,REVIEW,REVIEW_CODE\n"))
    check("the mapping has header, episodes, missing, and --table ID" in p.stderr, p.stderr)


def rows_not_taken(count):
    return f"; {count} row{'' if count == 1 else 's'} not taken"


def census(*children):
    """A return of the census with these children, each what stands in its element."""
    return "<Message><Children>" + "".join(f"<Child>{child}</Child>" for child in children) + "</Children></Message>"


def an_element_that_stands_twice_and_says_something_else_is_not_guessed(w):
    who, born, twice = "<LAchildID>C1</LAchildID>", "<PersonBirthDate>2015-03-27</PersonBirthDate>", "there more than once and says something else"
    cin = "<CINdetails><CINreferralDate>2025-05-06</CINreferralDate>{}</CINdetails>"
    for child, types, refused, where in (
            # the same twice, or once empty, says nothing new
            (who + born + born + cin.format(""), ["child.updated", "cin.opened", "referral.accepted"], 0, None),
            (who + "<PersonBirthDate/>" + born, ["child.updated"], 0, None),
            # what an event needs is refused, with the place; the rest of the child is taken
            (who + born + born.replace("2015", "2016") + cin.format(""), ["cin.opened", "referral.accepted"], 1, "child, PersonBirthDate"),
            (who + cin.format("<CINclosureDate>2025-06-01</CINclosureDate><CINclosureDate>2025-07-01</CINclosureDate>"),
             ["cin.opened", "referral.accepted"], 1, "cin, CINclosureDate"),
            (who + cin.format("<CINreferralDate>2025-05-07</CINreferralDate>"), [], 1, "cin, CINreferralDate"),
            (who + cin.format("<ReferralNFA>true</ReferralNFA><ReferralNFA>false</ReferralNFA>"), ["referral.accepted"], 1, "cin, ReferralNFA"),
            # whose record it is
            (who + born + "<LAchildID>C2</LAchildID>", [], 1, "child, LAchildID"),
            # what it can do without
            (who + born + "<UPN>A123456789012</UPN><UPN>B123456789012</UPN>", ["child.updated"], 0, "child, UPN")):
        p = w.run("cin-census", w.file("twice.xml", census(child)))
        came = sorted(json.loads(line)["type"] for line in p.stdout.splitlines())
        check(came == types, (child, came, p.stderr))
        check(rows_not_taken(refused) in p.stderr and p.returncode == (1 if refused else 0), (child, p.stderr))
        check((twice in p.stderr) == bool(where) and (not where or f": {where}: is {twice}" in p.stderr), (child, p.stderr))
        check("upn" not in p.stdout, p.stdout)


def every_row_of_a_file_without_lines_is_in_the_report(w):
    """XML may be one line: a place that was said of one row is another of the next."""
    twice = "<LAchildID>C{0}</LAchildID><PersonBirthDate>2015-03-27</PersonBirthDate><PersonBirthDate>2016-03-27</PersonBirthDate>"
    lacks = "<PersonBirthDate>2015-03-27</PersonBirthDate><CINdetails><CINreferralDate>2025-05-06</CINreferralDate></CINdetails>"
    for children, rows in ([twice.format(n) for n in range(5)], 5), ([lacks] * 3, 6):
        p = w.run("cin-census", w.file("one-line.xml", census(*children)))
        check(p.stderr.count("(not taken)") == rows and f"{rows} rows not taken" in p.stderr, p.stderr)


def what_is_not_taken_refuses_nothing_where_it_stands_twice(w):
    mapping = pathlib.Path("conf/import/cin-census.yaml").read_text()
    own = w.file("own.yaml", mapping.replace("      CINclosureDate: {}", "      CINclosureDate: {unconfirmed: true}"))
    child = "<LAchildID>C1</LAchildID><CINdetails><CINreferralDate>2025-05-06</CINreferralDate>" \
            "<CINclosureDate>2025-06-01</CINclosureDate><CINclosureDate>2025-07-01</CINclosureDate></CINdetails>"
    for words, refused in ([], 0), (["--unconfirmed"], 1):
        p = w.run("cin-census", w.file("u.xml", census(child)), "--mapping", own, *words)
        came = sorted(json.loads(line)["type"] for line in p.stdout.splitlines())
        check(came == ["cin.opened", "referral.accepted"] and rows_not_taken(refused) in p.stderr, (words, came, p.stderr))


def what_is_unclear_withdraws_nothing(w):
    state = w.folder / "unclear.state"
    child = "<LAchildID>C1</LAchildID><CINdetails><CINreferralDate>2025-05-06</CINreferralDate>{}</CINdetails>"
    w.events("cin-census", w.file("u.xml", census(child.format(""))), "--state", state)
    again = w.run("cin-census", w.file("u.xml", census(child.format("<CINreferralDate>2025-05-07</CINreferralDate>"))), "--state", state, "--whole")
    check(again.stdout == "" and "are not withdrawn" in again.stderr and again.returncode == 1, (again.stdout, again.stderr))


def what_stands_in_an_element_that_nobody_knows_is_not_the_rows(w):
    child = "<LAchildID>C1</LAchildID><CINdetails><CINreferralDate>2025-05-06</CINreferralDate><History><CINclosureDate>2025-05-07</CINclosureDate>" \
            "<Section47><S47ActualStartDate>2025-06-01</S47ActualStartDate></Section47></History></CINdetails>"
    p = w.run("cin-census", w.file("strange.xml", census(child)))
    came = sorted(json.loads(line)["type"] for line in p.stdout.splitlines())
    check(came == ["cin.opened", "referral.accepted", "s47.started", "strategy.held"], came)
    check('element "History" is not in the mapping' in p.stderr and
          "cin, CINclosureDate: stands in an element that is not in the mapping, and is not read there" in p.stderr, p.stderr)
    inner = child.replace("<S47ActualStartDate>2025-06-01", "<More><S47ActualStartDate>2025-05-20</S47ActualStartDate></More><S47ActualStartDate>2025-06-01")
    of_row = [json.loads(line)["data"]["s47"] for line in w.run("cin-census", w.file("inner.xml", census(inner))).stdout.splitlines()
              if json.loads(line)["type"] == "s47.started"]
    check(of_row == ["C1/2025-06-01"], of_row)


def rows_that_a_stray_quote_took_into_a_note_are_not_lost_in_silence(w):
    head = "CHILD,MISSING,MIS_START,MIS_END,NOTE\n"
    rows = 'C1,M,01/05/2020,,"late\nC2,M,01/05/2020,,\nC3,M,01/05/2020,,"ran off"\nC4,M,01/05/2020,,\n'
    p = w.run("ssda903", w.file("stray.csv", head + rows))
    check([json.loads(line)["subject"] for line in p.stdout.splitlines()] == ["C4"] and p.returncode == 1, p.stdout)
    check("stray.csv:2: missing: letters follow the quote that closes a cell of several lines: what is in it may be rows; it goes on to "
          "line 4 (not taken)" in p.stderr, p.stderr)
    p = w.run("ssda903", w.file("open.csv", head + 'C1,M,01/05/2020,,"late\nC2,M,01/05/2020,,\nC3,M,01/05/2020,,\n'))
    check("not closed up to the end of the file; it goes on to line 4 (not taken)" in p.stderr and p.returncode == 1, p.stderr)
    p = w.run("ssda903", w.file("cut.csv", head + 'C1,M,01/05/2020,,"late\nC2,M,01/05/2020,,\nC3,M,01/05/2020,,'))
    check("it goes on to line 4 (not taken)" in p.stderr and p.returncode == 1, ("the last line has no end", p.stderr))


def a_code_that_nobody_knows_is_said_and_rows_without_an_event_are_counted(w):
    head = "CHILD,DECOM,RNE,LS,CIN,PLACE,PLACE_PROVIDER,DEC,REC,REASON_PLACE_CHANGE,HOME_POST,PL_POST,URN\n"
    rows = "".join(f"C{n},01/05/2020,{rne},C2,N1,U1,PR1,,,,,,\n" for n, rne in enumerate(["S", "L", "5", "s "]))
    file = w.file("codes.csv", head + rows)
    p = w.run("ssda903", file)
    came = {json.loads(line)["subject"] for line in p.stdout.splitlines()}
    check(came == {"C0", "C3"} and p.stderr.count("is no code that the mapping knows") == 1 and
          'codes.csv:4: episodes, RNE: "5" is no code that the mapping knows; it is taken for none of them' in p.stderr, p.stderr)
    check("2 with nothing of which an event is made" in p.stderr and w.summary("ssda903", file)["rows_without_event"] == 2, p.stderr)


def a_file_may_come_through_a_pipe(w):
    for mark in b"", b"\xef\xbb\xbf":
        content = mark + b"CHILD,MISSING,MIS_START,MIS_END\nC1,M,12/05/2020,\n"
        p = subprocess.run([w.tool, "import", "ssda903", "/dev/stdin", "--config", "conf/casewatchd.yaml"], input=content, capture_output=True,
                           timeout=60)
        check(p.returncode == 0 and p.stdout == w.run("ssda903", w.file("m.csv", content)).stdout.encode() != b"", p.stderr)


def a_whole_file_without_a_row_withdraws_nothing(w):
    state = w.folder / "norow.state"
    w.events("ssda903", w.file("m.csv", f"{HEAD}C1,M,12/05/2020,\n"), "--state", state)
    gone, summary, p = whole(w, state, w.file("m.csv", HEAD + ",,,\n"))
    check(gone == [] and summary["not_withdrawn"] == 1 and p.returncode == 1 and "no file with a row of it was read" in p.stderr, p.stderr)
    state = w.folder / "nochild.state"
    w.events("cin-census", DATA / "cin-2026.xml", "--state", state)
    p = w.run("cin-census", w.file("none.xml", census()), "--state", state, "--whole")
    check(p.stdout == "" and p.returncode == 1 and "not withdrawn: no file with a row of it was read" in p.stderr, p.stderr)


def a_dry_run_writes_nothing(w):
    state = w.folder / "dry.state"
    p = w.run("ssda903", *RETURN, "--state", state, "--dry-run")
    check(p.stdout == "" and not state.exists() and "Nothing was written" in p.stderr, (p.stdout, p.stderr))


def hostile_files_are_refused_with_the_reason(w):
    bomb = '<?xml version="1.0"?><!DOCTYPE m [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]><Message>&b;</Message>'
    whole = (DATA / "cin-2026.xml").read_text()
    for name, fmt, content, said in (
            ("bomb.xml", "cin-census", bomb, "document type"), ("cut.xml", "cin-census", whole[:900], "cut.xml: line"),
            ("no.xml", "cin-census", "CHILD,DOB\n", "no.xml"), ("empty.csv", "ssda903", "", "is empty"),
            ("utf16.csv", "ssda903", "CHILD,MISSING,MIS_START\n".encode("utf-16"), "UTF-16"),
            ("other.csv", "ssda903", "a,b,c\n1,2,3\n", "no one table"),
            ("wide.csv", "ssda903", "CHILD," * 2000 + "\n", "more than 1024 columns")):
        p = w.run(fmt, w.file(name, content))
        check(p.returncode == 2 and said in p.stderr and p.stdout == "", (name, p.returncode, p.stderr[-300:]))
    strange = whole.replace("<Message>", '<Message xsi:note="undeclared">')
    p = w.run("cin-census", w.file("prefix.xml", strange))
    check(p.returncode == 0 and p.stdout, ("a prefix that nobody declared", p.returncode, p.stderr[-300:]))
    p = w.run("ssda903", w.file("long.csv", "CHILD,MISSING,MIS_START,MIS_END\nC1,M," + "9" * 70000 + ',\nC2,M,01/05/2020,\nC3,M,"01/05/2020,\n'))
    check(p.returncode == 1 and "longer than 64 KiB" in p.stderr and "not closed" in p.stderr and '"C2"' in p.stdout, p.stderr[-400:])
    latin = w.file("latin.csv", "CHILD,MISSING,MIS_START,MIS_END\nC\xe9,M,01/05/2020,\nC2,M,01/05/2020,\n".encode("latin-1"))
    p = w.run("ssda903", latin)
    check("not UTF-8" in p.stderr and '"C2"' in p.stdout, p.stderr)


def memory_grows_by_some_bytes_a_record_and_not_with_what_the_file_holds(w):
    # What the address sanitizer keeps of freed memory is not the program's.
    row = "C{0},M,01/05/2020,02/05/2020\n"
    sizes = []
    for count in (1000, 150000):
        file = w.file("big.csv", "CHILD,MISSING,MIS_START,MIS_END\n" + "".join(row.format(i) for i in range(count)))
        p = subprocess.run(["/usr/bin/env", "ASAN_OPTIONS=quarantine_size_mb=0:thread_local_quarantine_size_kb=0",
                            "python3", "-c",
                            "import resource,subprocess,sys;subprocess.run(sys.argv[1:],stdout=subprocess.DEVNULL,stderr=subprocess.DEVNULL);"
                            "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)",
                            w.tool, "import", "ssda903", str(file), "--config", "conf/casewatchd.yaml"], capture_output=True, text=True)
        sizes.append(int(p.stdout))
    records = 2 * 150000
    check(sizes[1] < sizes[0] + 8 * 1024 + records * 100 // 1024, f"{sizes} KiB")


def every_mapping_that_ships_is_read_and_every_event_is_taken(w):
    for name in ("ssda903", "cin-census", "annex-a", "ssd"):
        p = w.run(name, "/nowhere.csv")
        check("cannot open /nowhere.csv" in p.stderr, (name, p.stderr))
    events = w.events("ssda903", *RETURN) + w.events("cin-census", DATA / "cin-2026.xml", "--unconfirmed")
    ssd = w.file("ssd_missing.csv", "miss_table_id,miss_person_id,miss_missing_episode_start_date,miss_missing_episode_type,"
                                    "miss_missing_episode_end_date,miss_missing_rhi_offered,miss_missing_rhi_accepted\n"
                                    "7,C1,2020-05-01 22:10:00,Missing,2020-05-02 03:00:00,Y,N\n")
    annex = w.file("list6.csv", "Child Unique ID,Gender,Ethnicity,Date of Birth,Age of Child (Years),CIN Start Date,CIN Closure Date\n"
                                "C1,a) Male,WBRI,05/05/2008,12,01/05/2020,\n")
    events += w.events("ssd", ssd) + w.events("annex-a", annex)
    check(len(events) > 30 and not [x for x in w.backtest(events) if x["what"] == "event.quarantined"], "some are refused")


def a_list_that_says_nothing_an_event_needs_is_reported_row_by_row(w):
    """Annex A's list 4 names no referral: nothing is guessed, and nothing is silent."""
    head = "Child Unique ID,Date of Birth,Gender,Ethnicity,Age of Child (Years),"
    for name, columns, row, why in (("list2", "Assessment start date,Assessment completion date", "01/05/2020,", "Early Help assessments"),
                                    ("list4", "Continuous Assessment Start Date,Continuous Assessment Date of Authorisation", "01/05/2020,", "of which referral")):
        p = w.run("annex-a", w.file(name + ".csv", head + columns + "\nC1,05/05/2008,a) Male,WBRI,12," + row + "\nC2,,,,," + row + "\n"))
        check(p.returncode == 1 and p.stdout == "" and p.stderr.count(why) == 2 and "2 rows not taken" in p.stderr, (name, p.stderr))
    p = w.run("annex-a", w.file("list11.csv", "Individual adopter identifier,Date enquiry received\nA1,01/05/2020\n"))
    check(p.returncode == 1 and "adopters" in p.stderr, p.stderr)


def the_decision_for_adoption_is_a_plan_for_permanence(w):
    events = w.events("annex-a", w.file("list10.csv", "Child Unique ID,Date of Decision that Child Should be Placed for Adoption,Date of Adoption Order\n"
                                                      "C1,01/05/2020,\n"))
    check([(e["type"], e["subject"], e["time"]) for e in events] == [("permanence.planned", "C1", "2020-04-30T23:00:00Z")], events)


def filled_for(table, event):
    """A row of the table for which this event comes, by nothing but the mapping: column -> what stands there."""
    names = event["id"] if isinstance(event["id"], list) else [event["id"]]
    row = {}
    for value in event.get("data", {}).values():
        names += [value] if isinstance(value, str) else value.get("join", []) if isinstance(value, dict) else []
        if isinstance(value, dict) and "column" in value:
            row[value["column"]] = next(iter(value.get("words", {"v1": 0})))
    names += [name for name, says in table["columns"].items() if (says or {}).get("required")]
    for name, words in event.get("if", {}).items():
        row[name] = "v1" if words == "filled" else words[0] if isinstance(words, list) else words
    dates = {one["time"] for one in table["events"]}
    for name in names:
        row.setdefault(name, "01/05/2020" if name in dates or name.upper() in ("DOB", "PERS_DOB") or "date" in name.lower() else "v1")
    return {**row, table["subject"]: "C1", event["time"]: "01/05/2020"}


def each_event_of_each_table_comes_of_a_row_that_has_what_it_needs(w):
    """Of every CSV format, made from its mapping alone; of the census two files have them all."""
    made = 0
    for name in ("ssda903", "annex-a", "ssd"):
        mapping = yaml.safe_load(pathlib.Path(f"conf/import/{name}.yaml").read_text())
        for table in mapping["tables"]:
            for event in table.get("events", []):
                row = filled_for(table, event)
                out = io.StringIO()
                csv.writer(out).writerows([list(table["columns"]), [row.get(column, "") for column in table["columns"]]])
                p = w.run(name, w.file(f"{table['id']}.csv", out.getvalue()), "--table", table["id"], "--unconfirmed", "--year", "2020")
                came = [json.loads(line) for line in p.stdout.splitlines()]
                check(event["type"] in [e["type"] for e in came], f"{name} {table['id']}: no {event['type']} of {row}: {p.stderr[-400:]}")
                check(not [x for x in w.backtest(came) if x["what"] == "event.quarantined"], f"{name} {table['id']}: an event is refused")
                made += 1
    check(made >= 40, f"only {made} events were tried")
    census = yaml.safe_load(pathlib.Path("conf/import/cin-census.yaml").read_text())
    wanted = {event["type"] for table in census["tables"] for event in table.get("events", [])}
    events = w.events("cin-census", DATA / "cin-2026.xml", DATA / "cin-2026-ended.xml", "--unconfirmed")
    came = {event["type"] for event in events}
    check(not [x for x in w.backtest(events) if x["what"] == "event.quarantined"], "an event of the census is refused")
    check(wanted <= came, f"the census's file has no {wanted - came}")


def a_mapping_at_fault_names_file_line_and_column(w):
    text = pathlib.Path("conf/import/ssda903.yaml").read_text().replace("time: MIS_END", "time: MIS_FIN").replace("type: cla.started", "type: cla.begun")
    p = w.run("ssda903", *RETURN, "--mapping", w.file("m.yaml", text))
    check(p.returncode == 2 and '"MIS_FIN" is no column' in p.stderr and "cla.begun" in p.stderr and "m.yaml:" in p.stderr, p.stderr)


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--tool", default="build/casewatch")
    args = p.parse_args()
    world, failed = World(args.tool), 0
    sentences = [f for name, f in globals().items() if callable(f) and getattr(f, "__code__", None) and f.__code__.co_varnames[:1] == ("w",)]
    for sentence in sentences:
        try:
            sentence(world)
        except AssertionError as wrong:
            failed += 1
            print(f"not ok  {sentence.__name__.replace('_', ' ')}: {wrong}")
    print(f"{len(sentences) - failed} sentences about imports hold, {failed} do not")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
