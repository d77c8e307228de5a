"""A council with pages: the real daemon, its socket asked by curl, its mails caught; for tests of the pages."""

import html
import json
import os
import re
import shutil
import subprocess
import time

import stored_events
from processes import BUILD, ROOT, Process, wait_until

HEADER = "X-Casewatch-User"
BASE = "https://casewatch.council.example/a/"
CONFIG = """\
council: Example Council
database: casewatch.db
spool: spool
rules: {rules}
directory: directory.yaml
templates: {root}/conf/templates
answer-url: {base}
calendar: {{file: {root}/conf/bank-holidays.json}}
smtp: {{host: 127.0.0.1, port: {mail}, tls: none, from: casewatch@example.org, domain: example.org}}
web: {{socket: web.sock, listen: "127.0.0.1:{port}", user-header: {header}, link-key-file: link-key}}
"""


class Reply:
    """What came back: status, headers in small letters, body."""

    def __init__(self, raw):
        head, _, self.body = raw.partition("\r\n\r\n")
        lines = head.split("\r\n")
        self.status = int(lines[0].split()[1])
        self.headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:])}

    def heading(self):
        found = re.search(r"<h1[^>]*>(.*?)</h1>", self.body, re.S)
        return html.unescape(found[1]).strip() if found else ""

    def form(self):
        return re.search(r'name="form" value="([^"]*)"', self.body)[1]

    def text(self):
        return re.sub(r"\s+", " ", html.unescape(re.sub(r"<style>.*?</style>|<[^>]+>", " ", self.body, flags=re.S))).strip()


class PagesCouncil:
    """`port` 0: no address beside the socket."""

    def __init__(self, path, ends, sink, rules=os.path.join(ROOT, "rules"), keys="k" * 40, port=0, more=""):
        self.path, self.ends, self.sink = path, ends, sink
        self.config = path / "casewatchd.yaml"
        text = CONFIG.format(root=ROOT, mail=sink.port, rules=rules, header=HEADER, base=BASE, port=port) + more
        self.config.write_text(text if port else re.sub(r' listen: "[^"]*",', "", text))
        self.write_keys(keys)
        shutil.copy(os.path.join(ROOT, "conf/directory.yaml"), path / "directory.yaml")
        self.start()

    def write_keys(self, keys):
        (self.path / "link-key").write_text(keys + "\n")
        (self.path / "link-key").chmod(0o600)

    def start(self):
        self.process = self.ends(Process([os.path.join(BUILD, "casewatchd"), "--config", str(self.config)]))
        self.process.wait_for(">ready$", 30)

    # ---- events and mails ----

    def hear(self, number=1, kind="custody.threshold_met", data=None, subject=None, at=None):
        """The id is one that chance does not write into a link of 24 letters, as it may write a shorter one: it is looked for."""
        hidden = self.path / "spool" / f".{number}.part"
        hidden.write_text(json.dumps({"specversion": "1.0", "id": f"e{number}", "source": "/custody",
                                      "subject": f"CHILD-77{number}" if subject is None else subject, "type": kind,
                                      "data": data or {"custody": f"K{number}"},
                                      "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(at))}) + "\n")
        hidden.rename(self.path / "spool" / f"{number}.jsonl")

    def links(self, to=None):
        """The links in the mails so far, oldest first; `to`: part of the address they went to."""
        found = []
        for meta, body in self.sink.mails():
            text = body.decode("utf-8", "replace") if isinstance(body, bytes) else body
            if to is None or any(to in address for address in ([meta["to"]] if isinstance(meta["to"], str) else meta["to"])):
                plain = re.sub(r"=\r?\n", "", text)
                found += [link for link in dict.fromkeys(re.findall(re.escape(BASE) + r"([A-Za-z0-9_-]+)", plain))]
        return found

    def wait_link(self, to="director.childrens.care", count=1):
        return wait_until(lambda: self.links(to)[count - 1:], 30, "a mail with a link")[0]

    # ---- pages ----

    def ask(self, path, fields=None, user=None, headers=(), method=None, by="socket", port=0):
        command = ["curl", "-s", "-S", "-i", "--max-time", "20"]
        command += ["--unix-socket", str(self.path / "web.sock")] if by == "socket" else []
        for name, value in fields or ():
            command += ["--data-urlencode", f"{name}={value}"]
        command += ["-X", method] if method else []
        command += ["-H", f"{HEADER}: {user}"] if user else []
        for line in headers:
            command += ["-H", line]
        host = "casewatch" if by == "socket" else f"127.0.0.1:{port}"
        done = subprocess.run(command + [f"http://{host}{path}"], capture_output=True, check=True, timeout=30)
        return Reply(done.stdout.decode())

    def answer(self, token, *fields, user=None, form=None):
        """Opens the page, sends it filled, and shows what comes of it."""
        opened = form or self.ask(f"/a/{token}?again", user=user).form()
        sent = self.ask(f"/a/{token}", [("form", opened), *fields], user=user)
        if sent.status != 303:
            return sent
        shown = self.ask(sent.headers["location"], user=user)
        shown.at = sent.headers["location"]
        return shown

    # ---- the database ----

    def query(self, sql, *values):
        base = stored_events.connect(self.path / "casewatch.db")
        try:
            return base.execute(sql, values).fetchall()
        finally:
            base.close()

    def answers(self):
        return [json.loads(detail) if detail else {} for (detail,) in
                self.query("SELECT detail FROM audit WHERE what = 'alert.acknowledged' ORDER BY id")]
