"""The pages of the real daemon, asked by curl: the link in a mail, the answer, and what a stranger can do."""

import pytest

from pages import PagesCouncil
from processes import wait_until


@pytest.fixture
def house(tmp_path, ends, sink):
    return PagesCouncil(tmp_path, ends, sink)


def test_the_link_in_the_directors_mail_opens_the_alert_and_changes_nothing(house):
    house.hear()
    token = house.wait_link()
    for _ in range(3):
        page = house.ask(f"/a/{token}")
        assert page.status == 200 and page.heading() == "Answer alert A-1001"
    assert "C771" not in page.body, "a child's data for whoever holds the link"
    assert "Critical. Answer by " in page.text() and "Director of Children’s Services" in page.text()
    assert house.query("SELECT count(*) FROM event") == [(1,)]
    assert house.query("SELECT acknowledged FROM alert") == [(0,)]
