"""One real browser for all pages: Debian's chromium, driven by Playwright, and axe-core as the judge of what people who
see, hear or move badly can use. Playwright's own browser is not used: pip brings the
library and axe-core.

    with browser() as looker: assert looker.examine(url) == []
"""

import contextlib
import os
import shutil
import subprocess
import sys

PACKAGES = ("playwright==1.49.1", "axe-playwright-python==0.1.8")  # the second holds axe-core 4.12.1
WIDTHS = (320, 360, 768, 1280)
CACHE = os.path.join(os.environ.get("XDG_CACHE_HOME", os.path.expanduser("~/.cache")), "casewatch-browser")


def packages():
    """The folder of both, installed beside the tests where it is missing."""
    folder = os.path.join(CACHE, "-".join(PACKAGES).replace("=", "") + f"-{sys.version_info[0]}.{sys.version_info[1]}")
    if not os.path.isdir(folder):
        part = f"{folder}.{os.getpid()}"
        subprocess.run([sys.executable, "-m", "pip", "install", "-q", "--no-warn-script-location", "--root-user-action=ignore",
                        "--target", part, *PACKAGES], check=True, timeout=300)
        with contextlib.suppress(OSError):
            os.rename(part, folder)  # another run may have been first
        shutil.rmtree(part, ignore_errors=True)
    return folder


def playwright():
    if packages() not in sys.path:
        sys.path.insert(0, packages())
    from playwright.sync_api import sync_playwright
    return sync_playwright


def axe():
    with open(os.path.join(packages(), "axe_playwright_python", "axe.min.js"), encoding="utf-8") as opened:
        return opened.read()


class Looker:
    """Opens pages as people have them: narrow and wide, light and dark, large letters, without scripts."""

    def __init__(self, chromium):
        self.chromium, self.axe = chromium, axe()

    def context(self, width=360, dark=False, scripts=False, **more):
        context = self.chromium.new_context(viewport={"width": width, "height": 600}, java_script_enabled=scripts,
                                            color_scheme="dark" if dark else "light", bypass_csp=scripts, **more)
        context.set_default_timeout(15000)
        return context

    def open(self, url, headers=None, **how):
        context = self.context(**how, extra_http_headers=headers or {})
        page = context.new_page()
        page.goto(url)
        return page

    def violations(self, page):
        """What axe-core finds; a page with scripts allowed for the judge alone."""
        page.evaluate(self.axe)
        found = page.evaluate("async () => (await axe.run({resultTypes: ['violations']})).violations"
                              ".map(v => v.id + ': ' + v.nodes.map(n => n.html.slice(0, 120)).join(' | '))")
        return found

    def wider_than_screen(self, page):
        """Whether one must scroll sideways (WCAG 1.4.10)."""
        return page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth + 1")

    def examine(self, url, headers=None, pictures=None, name="page", status=200, **more):
        """At each width, light and dark, and with letters of twice the size: no violation, nothing wider than the screen.
        `pictures`: a folder for what was seen. `status`: what the page is answered with, so that it is the page in question."""
        wrong = []
        for dark in (False, True):
            context = self.context(dark=dark, scripts=True, extra_http_headers=headers or {}, **more)
            page = context.new_page()
            answered = page.goto(url).status
            wrong += [f"answered with {answered}"] * (answered != status)
            for width in WIDTHS:
                page.set_viewport_size({"width": width, "height": 600})
                wrong += [f"{width} {'dark' if dark else 'light'}: wider than the screen"] * self.wider_than_screen(page)
                if (width, dark) in ((320, False), (1280, True), (360, True)):
                    wrong += [f"{width} {'dark' if dark else 'light'}: {found}" for found in self.violations(page)]
                if pictures and width != 360:
                    page.screenshot(path=os.path.join(pictures, f"{name}-{width}-{'dark' if dark else 'light'}.png"), full_page=True)
            page.set_viewport_size({"width": 640, "height": 600})
            page.add_style_tag(content="html, body { font-size: 200% !important } body * { font-size: inherit }")
            wrong += [f"letters of twice the size: wider than the screen"] * self.wider_than_screen(page)
            context.close()
        return wrong


@contextlib.contextmanager
def browser():
    path = shutil.which("chromium")
    assert path, "chromium is missing: make setup-test installs it"
    with playwright()() as library:
        chromium = library.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"])
        try:
            yield Looker(chromium)
        finally:
            chromium.close()
