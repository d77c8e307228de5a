"""/metrics, /healthz, /readyz (docs/metrics.md): what they say is so now, both formats are read by others' programs, and nobody who
sends events can make the metrics grow."""

import http.client
import os
import re
import subprocess

import pytest

import judges
from http_kit import event
from processes import BUILD, ROOT, wait_until
from test_http_intake import HttpCouncil


class Watched(HttpCouncil):
    def __init__(self, path, ends, **more):
        super().__init__(path, ends, metrics={"listen": "127.0.0.1:0"}, **more)

    def start(self, program=os.path.join(BUILD, "casewatchd"), **options):
        super().start(program, **options)
        self.port = int(self.process.wait_for(r"metrics are told on port (\d+)", 30)[1])
        return self

    def ask(self, path="/metrics", method="GET", **headers):
        to = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        to.request(method, path, headers=headers)
        answer = to.getresponse()
        body = answer.read().decode()
        to.close()
        return answer.status, answer.headers, body

    def value(self, series):
        found = re.search("^" + re.escape(series) + r" (\S+)$", self.ask()[2], re.M)
        return float(found[1]) if found else None


@pytest.fixture(scope="module")
def council(tmp_path_factory):
    started = []
    yield Watched(tmp_path_factory.mktemp("metrics"), lambda process: started.append(process) or process).start()
    for process in started:
        process.kill()


def test_the_formats_are_what_they_say(council):
    judges.python_events()
    from prometheus_client.openmetrics import parser as openmetrics
    from prometheus_client import parser as prometheus
    council.sender.send(event("format"))
    status, headers, text = council.ask()
    assert status == 200 and headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    classic = {family.name: family for family in prometheus.text_string_to_metric_families(text)}
    status, headers, text = council.ask(Accept="application/openmetrics-text;version=1.0.0,text/plain;q=0.5")
    assert status == 200 and headers["Content-Type"].startswith("application/openmetrics-text; version=1.0.0")
    families = {family.name: family for family in openmetrics.text_string_to_metric_families(text)}
    assert set(families) == set(classic) and families["casewatch_events"].type == "counter"
    if os.path.exists("/usr/bin/promtool"):
        done = subprocess.run(["promtool", "check", "metrics"], input=council.ask()[2], capture_output=True, text=True)
        assert (done.returncode, done.stdout + done.stderr) == (0, "")


def test_every_metric_is_in_the_manual_with_its_words_and_the_other_way_round(council):
    told = dict(re.findall(r"^# HELP (\S+) (.*)$", council.ask()[2], re.M))
    with open(os.path.join(ROOT, "docs/metrics.md"), encoding="utf-8") as file:
        manual = dict(re.findall(r"^\| `(\w+)` \| \w+ \| [^|]*\| (.*) \|$", file.read(), re.M))
    channels = {name for name in manual if name.startswith("casewatch_channel_")}  # this council has none
    assert {name: words for name, words in manual.items() if name not in channels} == told


def test_events_are_counted_by_type_and_by_what_became_of_them(council):
    def count(kind, result):
        return council.value(f'casewatch_events_total{{type="{kind}",result="{result}"}}') or 0

    before = [count("missing.ended", result) for result in ("stored", "duplicate", "conflict")] + [count("other", "refused")]
    council.sender.send(event("m1"))
    council.sender.send(event("m1"))
    council.sender.send(event("m1", subject="another"))
    council.sender.send(event("m2", time="soon"))
    after = [count("missing.ended", result) for result in ("stored", "duplicate", "conflict")] + [count("other", "refused")]
    assert [now - then for now, then in zip(after, before)] == [1, 1, 1, 1]
    assert council.value("casewatch_quarantine_records") >= 2 and council.value("casewatch_quarantine_oldest_seconds") > 0


def test_types_that_a_sender_makes_up_are_one_series(council):
    assert council.sender.send_batch([event(f"type{number}", type=f"made.up{number}") for number in range(900)]).status == 200
    _, _, text = council.ask()
    assert "made.up" not in text and council.value('casewatch_events_total{type="other",result="stored"}') == 900
    assert max(len(re.findall(f"^{name}[{{ ]", text, re.M)) for name in re.findall(r"^# TYPE (\S+) gauge", text, re.M)) <= 400


def test_sources_that_a_sender_makes_up_end_at_the_limit_which_is_said(council):
    assert council.sender.send_batch([event(f"source{number}", source=f"/s/{number}") for number in range(450)]).status == 200
    wait_until(lambda: council.value("casewatch_metrics_series_left_out") > 0, 30, "the series left out")
    assert len(re.findall("^casewatch_source_quiet_seconds", council.ask()[2], re.M)) == 400


def test_health_and_readiness_are_those_of_this_moment(ends, tmp_path):
    faults = tmp_path / "faults"
    faults.mkdir()
    sanitizers = os.environ.get("ASAN_OPTIONS", "") + ":verify_asan_link_order=0"
    council = Watched(tmp_path, ends)
    council.start(env={**os.environ, "LD_PRELOAD": os.path.join(BUILD, "tests", "storage_fault.so"), "STORAGE_FAULTS": str(faults),
                       "ASAN_OPTIONS": sanitizers})
    wait_until(lambda: council.ask("/readyz")[0] == 200, 30, "readiness")
    assert council.ask("/healthz")[::2] == (200, "alive: the loop turns\n")
    (faults / "full").write_text(".db-wal")
    council.sender.send(event(1))
    status, _, body = council.ask("/readyz")
    assert status == 503 and "store: no events are taken" in body and council.value("casewatch_events_taken") == 0
    assert council.ask("/healthz")[0] == 200  # it turns, and says so: restarting would not make room
    (faults / "full").unlink()
    council.sender.send_until_taken(event(1))
    wait_until(lambda: council.ask("/readyz")[0] == 200, 30, "readiness again")


def test_there_is_nothing_else_there(council):
    assert (council.ask("/")[0], council.ask("/metrics", method="POST")[0]) == (404, 405)
    assert council.ask("/metrics", method="HEAD")[2] == ""
