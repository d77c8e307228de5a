"""The demo: it shows what it promises, ends with status 0 only then, and leaves no process behind however it ends."""

import email
import email.policy
import json
import os
import pathlib
import re
import signal
import sqlite3
import subprocess

import pytest
from browser import WIDTHS, browser
from processes import BUILD, ROOT, Process, wait_until

CASEWATCH = os.path.join(BUILD, "casewatch")
CONFIG = os.path.join(ROOT, "conf", "casewatchd.yaml")
DAYS = 4


def demo_arguments(out, *more):
    return [CASEWATCH, "demo", "--config", CONFIG, "--tools", os.path.join(BUILD, "tests"), "--out", str(out), *more]


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    """A demo of a few days: what it printed, and what it left."""
    out = tmp_path_factory.mktemp("demo") / "out"
    done = subprocess.run(demo_arguments(out, "--days", str(DAYS), "--json"), capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return out, json.loads(done.stdout)


def tool(out, *arguments):
    command, *rest = arguments
    return subprocess.run([CASEWATCH, command, "--config", str(out / "casewatchd.yaml"), *rest], capture_output=True, text=True,
                          timeout=60)


def mails(out):
    kept = []
    for path in sorted((out / "mails").glob("*.eml")):
        with path.open("rb") as file:
            kept.append((path, email.message_from_binary_file(file, policy=email.policy.default)))
    return kept


def test_every_morning_has_its_lists(demo):
    out, figures = demo
    assert figures["mornings"] == DAYS
    lists = [mail for _, mail in mails(out) if "Missing list" in mail["Subject"]]
    waiting = [mail for _, mail in mails(out) if "Open alerts" in mail["Subject"]]
    assert waiting, "everybody who was told of an alert reads every morning what waits for them"
    assert len(lists) + len(waiting) <= figures["lists"]
    assert {mail["Date"].datetime.strftime("%d %H:%M") for mail in lists} == {f"{2 + day:02} 07:30" for day in range(DAYS)}


def test_what_waits_is_told_as_its_messages_told_it(demo):
    out, _ = demo
    lists = [mail for _, mail in mails(out) if re.search("Open alerts, [0-9]", mail["Subject"])]
    told = 0
    for mail in lists:
        words = mail.get_body(("plain",)).get_content()
        count = int(re.search(r"Open alerts, (\d+) waiting", mail["Subject"]).group(1))
        numbers = re.findall(r"^(A-\d+): [A-Z]", words, re.M)
        assert len(numbers) == len(set(numbers)) == min(count, 50), words
        assert words.count("\nYou were told: ") == len(numbers)
        assert words.count("\nWhat to do: ") == len(numbers), words
        told += count
    assert told, "somebody has something that waits"


def test_mails_are_there_as_files_and_their_html_as_pages(demo):
    out, figures = demo
    kept = mails(out)
    assert len(kept) == figures["mails"] > 0
    for path, mail in kept:
        html = mail.get_body(("html",))
        assert mail.get_body(("plain",)).get_content().strip()
        if html:
            assert path.with_suffix(".html").read_text() == html.get_content().replace("\r\n", "\n")
    index = (out / "index.html").read_text()
    assert index.count("<tr><td>") == len(kept)


def test_the_index_and_the_first_mails_are_read_on_the_narrowest_phone_without_moving_the_page_sideways(demo):
    out, _ = demo
    pages = [out / "index.html", *sorted((out / "mails").glob("*.html"))[:8]]
    assert len(pages) == 9
    with browser() as looker:
        opened = looker.context(width=min(WIDTHS), scripts=True).new_page()
        wide = []
        for page in pages:
            opened.goto(page.as_uri())
            wide += [page.name] if looker.wider_than_screen(opened) else []
    assert wide == []


def test_the_director_is_told_of_the_child_in_a_cell_in_the_minute_in_which_it_is_recorded(demo):
    out, _ = demo
    recorded = [json.loads(line) for line in (out / "events.jsonl").read_text(errors="replace").splitlines()
                if '"type":"custody.threshold_met"' in line]
    director = [mail for _, mail in mails(out)
                if mail["To"].startswith("director.") and "Critical alert" in mail["Subject"]]
    assert director[0]["Date"].datetime.isoformat() == recorded[0]["recordedtime"].replace("Z", "+00:00")


def test_what_was_broken_waits_in_quarantine(demo):
    out, figures = demo
    rows = [json.loads(line) for line in tool(out, "quarantine", "list", "--json").stdout.splitlines()]
    assert len(rows) == figures["quarantined"] == 2
    assert all(row["reason"] for row in rows)


def standing_by_backtest(out, until):
    """The alerts that stand in the end, by a backtest of the same records and answers in the order in which they came."""
    lines = (out / "events.jsonl").read_bytes().splitlines()
    answers = [path.read_bytes().strip() for path in sorted((out / "spool" / "done").glob("answer-*"))]
    keyed, last = [], ""
    for line in lines + answers:
        try:
            event = json.loads(line)
            last = event.get("recordedtime") or event.get("time") or last
        except ValueError:
            pass
        keyed.append((last, len(keyed), line))
    merged = out / "merged.jsonl"
    merged.write_bytes(b"".join(line + b"\n" for _, _, line in sorted(keyed)))
    done = tool(out, "backtest", "--until", until, str(merged))
    assert done.returncode == 0, done.stderr
    standing = {}
    for line in done.stdout.splitlines():
        said = json.loads(line)
        if said["what"] in ("alert.opened", "alert.escalated", "alert.updated"):
            standing[said["alert"]] = (said["rule"], said["subject"])
        elif said["what"] in ("alert.resolved", "alert.withdrawn"):
            standing.pop(said["alert"], None)
    return standing


def test_the_daemon_and_a_backtest_of_the_same_records_end_with_the_same_alerts(demo):
    out, _ = demo
    expected = standing_by_backtest(out, f"2026-03-{2 + DAYS:02}T00:00:00Z")
    rows = [json.loads(line) for line in tool(out, "alerts", "--json").stdout.splitlines()]
    assert {row["alert"]: (row["rule"], row["subject"]) for row in rows} == expected
    assert expected


def test_a_plain_run_shows_what_it_promises(tmp_path):
    out = tmp_path / "out"
    done = subprocess.run(demo_arguments(out, "--days", "2"), capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    for words in ("what was told to whom", "DAILY MISSING LIST", "Who was told", "cs-x1", "Where to look next", "backtest"):
        assert words in done.stdout, words
    assert "<h1" in (out / "list.html").read_text()
    assert "A child in police custody qualifies for a bed" in (out / "alerts.txt").read_text()
    with sqlite3.connect(f"file:{out}/casewatch.db?mode=ro", uri=True) as database:
        states = dict(database.execute("SELECT number, state FROM alert"))
    for row in (out / "alerts.txt").read_text().splitlines()[1:]:
        number = int(row.split()[0].removeprefix("A-"))
        ends = {0: "still stands", 1: ("; over", "over before an answer"), 2: ("; withdrawn", "withdrawn before an answer")}
        assert row.rstrip().endswith(ends[states[number]]), row
    assert "\r[" not in done.stderr, "no bar where there is no terminal"
    records = (out / "events.jsonl").read_bytes()
    again = subprocess.run(demo_arguments(out, "--days", "2", "--json"), capture_output=True, text=True, timeout=120)
    assert again.returncode == 0, "an earlier demo makes room: " + again.stderr
    assert (out / "events.jsonl").read_bytes() == records, "the same seed, the same month"


def test_a_directory_that_is_not_a_demos_is_left_alone(tmp_path):
    (tmp_path / "letter.txt").write_text("mine")
    done = subprocess.run(demo_arguments(tmp_path, "--days", "1"), capture_output=True, text=True, timeout=60)
    assert done.returncode != 0
    assert "name another directory with --out" in done.stderr
    assert (tmp_path / "letter.txt").read_text() == "mine"


# ---- how it ends ----

def children(pid):
    """Process ids by the name of their program."""
    found = {}
    for child in pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
        try:
            found[pathlib.Path(f"/proc/{child}/comm").read_text().strip()] = int(child)
        except OSError:
            pass
    return found


def alive(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


@pytest.fixture
def running(tmp_path):
    """A demo in the middle of its month, and the processes it has started."""
    process = Process(demo_arguments(tmp_path / "out"))
    try:
        process.wait_for("Mon 2 Mar 2026", 60)
        started = wait_until(lambda: len(children(process.pid)) == 4 and children(process.pid), 10, "four processes")
        yield process, started
    finally:
        process.kill()


def test_an_interrupted_demo_says_so_and_leaves_no_process(running):
    process, started = running
    process.signal(signal.SIGINT)
    assert process.finish(30) not in (0, -signal.SIGINT)
    assert any("interrupted" in line for line in process.drain())
    assert not [name for name, pid in started.items() if alive(pid)]


def test_a_killed_demo_leaves_no_process(running):
    process, started = running
    process.signal(signal.SIGKILL)
    process.finish(10)
    wait_until(lambda: not any(alive(pid) for pid in started.values()), 5, "all have ended")


@pytest.mark.parametrize("program", ["casewatchd", "mail_sink", "mock_cluster"])
def test_whatever_dies_in_it_ends_the_demo_with_a_sentence(running, program):
    process, started = running
    os.kill(started[program], signal.SIGKILL)
    assert process.finish(60) != 0
    assert any("ended (signal 9)" in line for line in process.drain())
    assert not [name for name, pid in started.items() if alive(pid)]


def test_a_clock_that_others_move_is_for_this_machine_alone(tmp_path):
    clock = tmp_path / "clock"
    clock.write_bytes(bytes(8))
    config = tmp_path / "casewatchd.yaml"
    config.write_text(f"""council: Elsewhere
database: {tmp_path}/casewatch.db
rules: {ROOT}/rules
directory: {ROOT}/conf/directory.yaml
templates: {ROOT}/conf/templates
calendar: {{file: {ROOT}/conf/bank-holidays.json}}
smtp: {{host: mail.example.org, from: casewatch@example.org}}
""")
    done = subprocess.run([os.path.join(BUILD, "casewatchd"), "--config", str(config), "--moved-clock", str(clock)],
                          capture_output=True, text=True, timeout=20)
    assert done.returncode != 0
    assert "for the demo alone" in done.stderr
