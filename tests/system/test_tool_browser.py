"""Pages that the analyst's tools write, in a browser."""

import json
import os
import re
import shutil
import subprocess

from browser import WIDTHS, browser
from processes import BUILD, ROOT


# Tables of which a part is beside the screen: on a phone nobody finds it.
HIDDEN = "[...document.querySelectorAll('table')].filter(t => t.scrollWidth > t.clientWidth + 1).length"


def changed_rules(folder):
    """The rules that ship, with a child still missing after 6 hours instead of 24."""
    shutil.copytree(os.path.join(ROOT, "rules"), folder)
    path = folder / "missing-and-exploited.yaml"
    words = path.read_text()
    changed = re.sub(r"(still-missing: +\{value: )24 hours", r"\g<1>6 hours", words)
    assert changed != words
    path.write_text(changed)
    return folder


def test_what_changed_rules_would_add_and_lose_is_read_on_a_phone_without_moving_the_page_sideways(tmp_path):
    events, page = tmp_path / "events.jsonl", tmp_path / "page.html"
    events.write_text("".join(json.dumps({
        "specversion": "1.0", "id": f"{what}{n}", "source": "/lcs", "type": f"missing.{what}", "subject": f"C{n}",
        "time": f"2020-0{1 + n % 6}-03T{hour}:00:00Z", "data": {"episode": f"E{n}", **more}})
        + "\n" for n in range(12) for what, hour, more in (("started", "08", {"kind": "missing"}), ("ended", "18", {}))))
    config = os.path.join(ROOT, "conf", "casewatchd.yaml")
    there = changed_rules(tmp_path / "rules")
    subprocess.run([os.path.join(BUILD, "casewatch"), "backtest", "--config", config, str(events), "--against", str(there),
                    "--html", str(page)], check=True, timeout=60)
    assert page.read_text().count("only there") >= 12
    with browser() as looker:
        for width in WIDTHS:
            opened = looker.open(page.as_uri(), width=width, scripts=True)
            assert not looker.wider_than_screen(opened), width
            assert opened.evaluate(HIDDEN) == 0, width
            assert looker.violations(opened) == [], width


def test_why_an_alert_of_a_backtest_stands_is_read_on_a_phone(tmp_path):
    page = tmp_path / "why.html"
    subprocess.run([os.path.join(BUILD, "casewatch"), "explain", "8175f9f02acad4e0", "--events",
                    os.path.join(ROOT, "tests/data/analyst/conference.jsonl"), "--at", "2020-07-01T00:00:00Z", "--config",
                    os.path.join(ROOT, "conf", "casewatchd.yaml"), "--html", str(page)], check=True, timeout=60, stdout=subprocess.DEVNULL)
    assert "Fri 8 May 2020: Early May bank holiday (VE day), not counted" in page.read_text()
    with browser() as looker:
        for width in WIDTHS:
            opened = looker.open(page.as_uri(), width=width, scripts=True)
            assert not looker.wider_than_screen(opened) and looker.violations(opened) == [], width


def test_every_list_and_report_is_read_on_the_narrowest_phone_without_moving_the_page_sideways(tmp_path):
    """The pages of tests/data/reports, kept by the unit test that makes them."""
    subprocess.run([os.path.join(BUILD, "tests", "report_goldens_test")], check=True, timeout=120, cwd=ROOT,
                   env={**os.environ, "CASEWATCH_KEEP": str(tmp_path)}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    pages = sorted(tmp_path.glob("*.html"))
    assert len(pages) >= 32
    with browser() as looker:
        context = looker.context(width=min(WIDTHS), scripts=True)
        opened = context.new_page()
        wide = []
        for page in pages:
            opened.goto(page.as_uri())
            wide += [page.stem] if looker.wider_than_screen(opened) else []
    assert wide == []
