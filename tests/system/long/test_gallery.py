"""The page of every mail and list: three megabytes and 187 pages within it, which a browser opens in half a minute."""

import os
import subprocess

from browser import browser
from processes import BUILD, ROOT


def test_the_gallery_shows_every_mail_and_list_also_on_a_phone(tmp_path):
    page = tmp_path / "gallery.html"
    with open(page, "wb") as out:
        subprocess.run([os.path.join(BUILD, "casewatch"), "gallery", "--config", os.path.join(ROOT, "conf", "casewatchd.yaml")],
                       check=True, timeout=120, stdout=out)
    with browser() as looker:
        opened = looker.open(page.as_uri(), width=360, scripts=True)
        assert not looker.wider_than_screen(opened)
        assert opened.evaluate("document.querySelectorAll('section iframe').length") > 150
        assert opened.evaluate("[...document.querySelectorAll('a')].every(a => document.getElementById(a.hash.slice(1)))")
