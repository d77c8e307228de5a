"""The answer page in a real browser, by mouse and by keyboard, behind nginx as docs/web.md has it."""

import http.server
import os
import re
import shutil
import socket
import subprocess
import threading

import pytest

from browser import browser
from pages import HEADER, PagesCouncil
from processes import ROOT, Process, held_port, wait_until

BED = "A bed is being looked for"
PICTURES = os.environ.get("CASEWATCH_PICTURES")


def example():
    """The configuration of nginx that docs/web.md prints."""
    text = open(os.path.join(ROOT, "docs/web.md"), encoding="utf-8").read()
    return re.search(r"```nginx\n(.*?)```", text, re.S)[1]


class SignIn:
    """Stands in for the council's sign-in service: whom a request's cookie names is signed in."""

    def __init__(self):
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                found = re.search(r"test-user=([a-z.@-]+)", self.headers.get("Cookie", ""))
                self.send_response(202 if found else 401)
                if found:
                    self.send_header("X-Auth-Request-Email", found[1])
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


class Nginx:
    """nginx as the example has it; only what names this machine is changed: where it listens, its certificate, the socket,
    and where the sign-in service is."""

    def __init__(self, path, ends, web_socket):
        self.sign_in = SignIn()
        with held_port() as self.port:
            self.begin(path, ends, web_socket)

    def begin(self, path, ends, web_socket):
        program = shutil.which("nginx") or "/usr/sbin/nginx"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", str(path / "key.pem"), "-out",
                        str(path / "cert.pem"), "-days", "2", "-subj", "/CN=localhost"], check=True, capture_output=True, timeout=60)
        server = example()
        for wanted, mine in ((r"listen 443 ssl http2;", f"listen 127.0.0.1:{self.port} ssl http2;"),
                             (r"listen \[::\]:443 ssl http2;", ""),
                             (r"rate=5r/s", "rate=500r/s"),  # a browser that hurries through all pages
                             (r"ssl_certificate [^;]*;", f"ssl_certificate {path}/cert.pem;"),
                             (r"ssl_certificate_key [^;]*;", f"ssl_certificate_key {path}/key.pem;"),
                             (r"unix:[^;:]*web\.sock", f"unix:{web_socket}"),
                             (r"127\.0\.0\.1:4180", f"127.0.0.1:{self.sign_in.server.server_port}")):
            server, count = re.subn(wanted, lambda _, to=mine: to, server)
            assert count, f"docs/web.md has no line {wanted}"
        (path / "nginx.conf").write_text(
            f"{'user root; ' if os.geteuid() == 0 else ''}daemon off; pid {path}/nginx.pid; master_process off;\nevents {{}}\nhttp {{\n"
            f"client_body_temp_path {path}/t1; proxy_temp_path {path}/t2; fastcgi_temp_path {path}/t3;"
            f" uwsgi_temp_path {path}/t4; scgi_temp_path {path}/t5;\n{server}\n}}\n")
        self.process = ends(Process([program, "-e", str(path / "error.log"), "-c", str(path / "nginx.conf")]))
        wait_until(self.answers, 20, "nginx listens")

    def answers(self):
        assert self.process.running(), "\n".join(self.process.drain())
        with socket.socket() as client:
            return client.connect_ex(("127.0.0.1", self.port)) == 0

    def url(self, path):
        return f"https://127.0.0.1:{self.port}{path}"


@pytest.fixture(scope="module")
def looker():
    with browser() as opened:
        yield opened


@pytest.fixture
def house(tmp_path, ends, sink):
    made = PagesCouncil(tmp_path, ends, sink)
    made.nginx = Nginx(tmp_path, ends, tmp_path / "web.sock")
    return made


def test_an_alert_is_answered_on_a_phone_without_scripts_and_by_keyboard_alone(house, looker):
    house.hear()
    token = house.wait_link()
    page = looker.open(house.nginx.url(f"/a/{token}"), width=360, ignore_https_errors=True)
    band = page.locator(".band").bounding_box()
    assert band["y"] + band["height"] < 600, "how bad and by when stands on the first screen"
    page.get_by_role("button", name="Save my answer").click()
    assert page.get_by_role("alert").inner_text().startswith("There is a problem")
    page.get_by_role("link", name="Choose what you did").click()
    assert page.url.endswith("#action-1")
    page.keyboard.press("Tab")  # from the error into the choices it leads to
    page.get_by_label(BED).focus()
    page.keyboard.press("Space")
    page.get_by_label("Anything to add?").focus()
    page.keyboard.type("Rang two homes")
    page.get_by_role("button", name="Save my answer").focus()
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("done="))
    assert page.get_by_role("heading", level=1).inner_text() == "Your answer is saved"
    assert BED in page.content()
    page.context.close()


def test_not_me_is_passed_on_in_the_browser(house, looker):
    house.hear()
    page = looker.open(house.nginx.url(f"/a/{house.wait_link()}"), width=320, ignore_https_errors=True)
    page.get_by_role("link", name="Not me: pass it on").click()
    page.get_by_label("To another role, told now").check()
    page.get_by_label("If to another role, which?").select_option("head-of-service-cla")
    page.get_by_role("button", name="Pass it on").click()
    page.wait_for_url(re.compile("done="))
    assert page.get_by_role("heading", level=1).inner_text() == "You have passed it on"
    page.context.close()


def test_every_face_of_the_answer_page_can_be_used_by_everybody(house, looker):
    house.hear(1, "custody.detained", {"custody": "K1", "station": "Northgate police station"})
    house.hear(2, subject="CHILD-771", data={"custody": "K1"})
    token = house.wait_link()
    signed_in = {"Cookie": "test-user=director.childrens.care@example.org"}
    form = house.ask(f"/a/{token}").form()
    wrong = {}

    def look(name, path, headers=None, status=200):
        found = looker.examine(house.nginx.url(path), headers=headers, pictures=PICTURES, name=name, status=status,
                               ignore_https_errors=True)
        if found:
            wrong[name] = found

    look("acknowledge", f"/a/{token}", signed_in)
    look("by-link", f"/a/{token}")
    look("end", f"/a/{token}?end", signed_in)
    passed = house.ask(f"/a/{token}", [("form", form), ("to", "role"), ("role", "dcs"), ("do", "pass")]).headers["location"]
    look("passed", passed, signed_in)
    saved = house.ask(f"/a/{token}", [("form", house.ask(f"/a/{token}?again").form()), ("action", BED), ("do", "answer")]).headers["location"]
    look("saved", saved, signed_in)
    wait_until(lambda: house.links("dcs@"), 30, "the dcs was told")
    other = house.links("dcs@")[0]
    look("already-answered", f"/a/{other}", {"Cookie": "test-user=p-dcs"})
    look("not-told", f"/a/{token}", {"Cookie": "test-user=p-virtual-school"}, status=403)
    look("bad-link", "/a/B2T6FN", status=404)
    look("unreadable", f"/a/{token}", {f"X-{name}": "x" * 7000 for name in "ABC"}, status=400)
    house.hear(3, "event.withdrawn", {"id": "e2"}, subject="CHILD-771")
    wait_until(lambda: house.query("SELECT state FROM alert WHERE rule = 'custody.threshold'")[0][0] == 2, 20, "it is withdrawn")
    look("withdrawn", f"/a/{token}")
    assert wrong == {}


def test_nginx_tells_who_is_signed_in_and_its_client_cannot(house):
    house.hear()
    token = house.wait_link()

    def ask(*lines):
        headers = [part for line in lines for part in ("-H", line)]
        return subprocess.run(["curl", "-s", "-k", "--max-time", "20", *headers, house.nginx.url(f"/a/{token}")],
                              capture_output=True, text=True, check=True, timeout=30).stdout

    assert "CHILD-771" in ask("Cookie: test-user=p-director")
    assert "CHILD-771" not in ask(f"{HEADER}: p-director"), "a client names itself"
    assert "CHILD-771" not in ask(f"{HEADER}: p-director", f"{HEADER}: p-dcs")
