"""A changed configuration put in force in the running daemon, by the tool that waits for it, as systemctl reload does."""

import json
import os
import re
import shutil
import subprocess

import pytest

from pages import PagesCouncil
from processes import BUILD, ROOT, wait_until


@pytest.fixture
def house(tmp_path, ends, sink):
    shutil.copytree(os.path.join(ROOT, "rules"), tmp_path / "rules")
    return PagesCouncil(tmp_path, ends, sink, rules="rules")


def reload(house, *arguments):
    return subprocess.run([os.path.join(BUILD, "casewatch"), "reload", *arguments, "--config", str(house.config)],
                          capture_output=True, text=True, timeout=180)


def edit(house, name, old, new):
    path = house.path / name
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def test_what_came_of_a_reload_is_printed_and_is_so(house):
    done = reload(house)
    assert done.returncode == 0 and "No file differs" in done.stdout, (done.stdout, done.stderr)
    edit(house, "rules/custody.yaml", "id: custody.threshold\n", "id: custody.threshold-met\n    renamed-from: custody.threshold\n")
    edit(house, "casewatchd.yaml", "council: Example Council", "council: Other Council\nevents: {depth: 40}")
    before = reload(house, "--diff")
    assert before.returncode == 0 and "change nothing of what is on record" in before.stdout
    done = json.loads(reload(house, "--json").stdout)
    assert done["taken"] and done["changed"] == "configuration, rules/custody.yaml" and done["judging_anew"]
    assert done["after_restart"] == "events.depth"
    house.hear()
    assert house.wait_link() and any(b"Other Council" in body for _, body in house.sink.mails())
    assert house.query("SELECT rule FROM alert") == [("custody.threshold-met",)]


def test_a_reload_that_is_refused_says_the_place_and_what_was_in_force_stays_so(house):
    edit(house, "rules/custody.yaml", "event: custody.threshold_met", "event: custody.treshold_met")
    done = reload(house)
    assert done.returncode == 1
    assert re.search(r"rules/custody\.yaml:\d+:\d+: .*custody\.treshold_met", done.stdout), done.stdout
    assert "stays in force" in done.stdout
    faults = json.loads(reload(house, "--json").stdout)["faults"]
    assert faults[0]["file"].endswith("custody.yaml") and faults[0]["line"] > 1
    house.hear()
    assert house.wait_link()
    (house.path / "casewatchd.yaml").write_text("council: [")
    done = reload(house)
    assert done.returncode == 1 and "casewatchd.yaml:" in done.stderr and "was not asked" in done.stderr


def test_a_key_of_links_is_replaced_without_a_gap(house):
    house.hear()
    old = house.wait_link()
    house.write_keys("n" * 40 + "\n" + "k" * 40)
    assert reload(house).returncode == 0
    assert house.ask(f"/a/{old}").status == 200
    house.hear(2)
    new = house.wait_link(count=2)
    house.write_keys("n" * 40)
    assert reload(house).returncode == 0
    assert house.ask(f"/a/{new}").status == 200 and house.ask(f"/a/{old}").status == 404
    house.write_keys("short")
    done = reload(house)
    assert done.returncode == 1 and "link-key-file" in done.stdout
    assert house.ask(f"/a/{new}").status == 200


def test_pages_go_on_over_many_reloads(house):
    """Each page's thread keeps a reader of events with the zone of a calendar that a reload replaces."""
    house.hear()
    token = house.wait_link()
    for turn in range(3):
        house.hear(10 + turn, "custody.detained", {"custody": "K1"}, subject="CHILD-771")
        wait_until(lambda: house.query("SELECT count(*) FROM event") == [(2 + turn,)], 20, "the event is stored")
        assert house.ask(f"/a/{token}", user="p-director").status == 200
        assert reload(house).returncode == 0
    assert house.ask(f"/a/{token}", user="p-director").status == 200


def test_where_no_daemon_runs_the_tool_says_so(house):
    house.process.kill()
    done = reload(house)
    assert done.returncode == 2 and "no casewatchd runs" in done.stderr
