"""The signed-in pages in a real browser behind nginx: by everybody, at every width, light and dark, without scripts."""

import os
import re

import pytest

from browser import browser
from pages import PagesCouncil
from processes import ROOT, wait_until
from test_web_browser import Nginx

PICTURES = os.environ.get("CASEWATCH_PICTURES")
EDT, OPS, DIRECTOR, STRANGER = ({"Cookie": f"test-user={who}@example.org"}
                                for who in ("edt", "casewatch-ops", "director.childrens.care", "nobody-knows"))


@pytest.fixture(scope="module")
def looker():
    with browser() as opened:
        yield opened


@pytest.fixture
def house(tmp_path, ends, sink):
    house = PagesCouncil(tmp_path, ends, sink, more=f"lists: {ROOT}/conf/lists\n")
    house.hear(1, "child.updated", {"initials": "AK", "date_of_birth": "2011-06-01"}, "CHILD-771")
    house.hear(2, "custody.detained", {"custody": "K1"}, "CHILD-771")
    house.hear(3, "custody.threshold_met", {"custody": "K1"}, "CHILD-771")
    house.hear(4, "custody.nothing", {"custody": ""}, "")
    house.wait_link()
    wait_until(lambda: house.query("SELECT 1 FROM quarantine"), 30, "the record in quarantine")
    wait_until(lambda: "CHILD-771</a>, AK" in house.ask("/board", user="p-edt").body, 30, "the board with the child")
    house.nginx = Nginx(tmp_path, ends, tmp_path / "web.sock")
    return house


def test_every_page_of_the_duty_desk_can_be_used_by_everybody(house, looker):
    for path, name, who in (("/board", "board", EDT), ("/children/CHILD-771?why-not=missing.vpg-referral", "child", EDT),
                            ("/alerts/A-1001", "alert", EDT), ("/quarantine/1", "record", OPS)):
        wrong = looker.examine(house.nginx.url(path), headers=who, ignore_https_errors=True, pictures=PICTURES, name=name)
        assert wrong == [], path


def test_the_other_pages_and_those_that_refuse_can_be_used_by_everybody(house, looker):
    wrong = {}
    for path, name, who, status in (("/lists", "lists", DIRECTOR, 200), ("/lists/daily-missing", "list", DIRECTOR, 200),
                                    ("/outbox?all=1", "outbox", OPS, 200), ("/quarantine", "quarantine", OPS, 200),
                                    ("/outbox", "not-yours", EDT, 404), ("/no-such-page", "no-page", EDT, 404),
                                    ("/board", "stranger", STRANGER, 403)):
        found = looker.examine(house.nginx.url(path), headers=who, ignore_https_errors=True, pictures=PICTURES, name=name, status=status)
        if found:
            wrong[path] = found
    assert wrong == {}, str(wrong)


def test_why_there_is_no_alert_is_asked_by_keyboard_alone_and_without_scripts(house, looker):
    page = looker.open(house.nginx.url("/board"), headers=EDT, width=320, ignore_https_errors=True)
    page.get_by_role("link", name="CHILD-771").first.focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/children/CHILD-771")
    page.get_by_label("Rule").select_option("missing.vpg-referral")
    page.get_by_role("button", name="Show why not").focus()
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("why-not=missing.vpg-referral$"))
    assert "Not met" in page.content() and page.get_by_label("Rule").input_value() == "missing.vpg-referral"
    page.context.close()


def test_a_board_fetches_itself_anew_by_choice_alone(house, looker):
    page = looker.open(house.nginx.url("/board"), headers=EDT, width=360, ignore_https_errors=True)
    assert page.locator("meta[http-equiv=refresh]").count() == 0
    page.get_by_role("link", name="Refresh every minute").click()
    page.wait_for_url("**/board?refresh=60")
    assert page.locator("meta[http-equiv=refresh]").get_attribute("content") == "60"
    page.get_by_role("link", name="Stop that").click()
    page.wait_for_url("**/board")
    page.context.close()
