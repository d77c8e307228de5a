"""/metrics, /healthz, /readyz (docs/metrics.md): what they say is so now, both formats are read by others' programs, and nobody who
sends events can make the metrics grow."""

import http.client
import json
import os
import re
import subprocess
import time
import urllib.parse
import urllib.request

import pytest
import yaml

import judges
from http_kit import event
from processes import BUILD, ROOT, Process, held_port, wait_until
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
    done = subprocess.run(["promtool", "check", "metrics"], input=council.ask()[2], capture_output=True, text=True)
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


def test_every_metric_is_in_the_manual_with_its_words_and_the_other_way_round(council):
    assert council.sender.send(event("described")).status == 202  # what has no series yet has no words either
    told = dict(re.findall(r"^# HELP (\S+) (.*)$", council.ask()[2], re.M))
    with open(os.path.join(ROOT, "docs/metrics.md"), encoding="utf-8") as file:
        manual = dict(re.findall(r"^\| `(\w+)` \| \w+ \| [^|]*\| (.*) \|$", file.read(), re.M))
    none_here = ("casewatch_channel_", "casewatch_cell_")  # this council has no channel, and is in no cell
    assert {name: words for name, words in manual.items() if not name.startswith(none_here)} == told


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


def test_two_sources_that_begin_alike_are_two_series(council):
    long = "https://lcs.example.gov.uk/" + "é" * 70
    for end in ("/north", "/south"):
        assert council.sender.send(event("alike" + end[1:], source=long + end)).status == 202
    text = council.ask()[2]
    series = [line.split("} ")[0] for line in text.splitlines() if not line.startswith("#")]
    assert len(series) == len(set(series)), "one series twice: nothing of a scrape with it is taken"
    assert all(f'source="{long}{end}"' in text for end in ("/north", "/south"))


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


# ---- conf/monitoring: judged by Debian's own Prometheus ----

MONITORING = os.path.join(ROOT, "conf/monitoring")


def promtool(*arguments):
    done = subprocess.run(["promtool", *arguments], cwd=MONITORING, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr


def test_each_alert_rule_fires_when_it_should_and_none_when_all_is_well():
    promtool("check", "rules", "--lint=all", "--lint-fatal", "casewatch.rules.yaml")
    promtool("test", "rules", "casewatch.rules.test.yaml")


def test_every_ops_alert_has_its_rule_and_every_rule_its_test(council):
    with open(os.path.join(MONITORING, "casewatch.rules.yaml"), encoding="utf-8") as file:
        rules = [rule for group in yaml.safe_load(file)["groups"] for rule in group["rules"]]
    with open(os.path.join(MONITORING, "casewatch.rules.test.yaml"), encoding="utf-8") as file:
        tests = [test for block in yaml.safe_load(file)["tests"] for test in block["alert_rule_test"]]
    words = set(re.findall(r'^casewatch_wrong\{id="([^"]+)"\}', council.ask()[2], re.M))
    assert {found for rule in rules for found in re.findall(r'casewatch_wrong\{id="([^"]+)"\}', rule["expr"])} == words
    assert {test["alertname"] for test in tests if test["exp_alerts"]} == {rule["alert"] for rule in rules}
    told = set(re.findall(r"^# TYPE (\S+) ", council.ask()[2], re.M)) | {"casewatch_channel_trouble_seconds"}
    used = {name for rule in rules for name in re.findall(r"casewatch_\w+", rule["expr"])}
    assert used <= told, used - told


SCRAPE = """
global: {{scrape_interval: 1s, evaluation_interval: 1s}}
rule_files: [{rules}]
scrape_configs:
  - job_name: casewatch
    static_configs: [{{targets: ['127.0.0.1:{port}']}}]
"""


def asked(port, query):
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/api/v1/query?" + urllib.parse.urlencode({"query": query}), timeout=10) as answer:
        return json.load(answer)["data"]["result"]


def test_every_query_of_the_dashboard_returns_data_from_a_prometheus_that_scraped_the_daemon(ends, tmp_path, sink):
    council = Watched(tmp_path, ends, smtp={}, port=sink.port).start()
    now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    assert council.sender.send(event(1, type="custody.threshold_met", data={"custody": "K1"}, time=now)).status == 202
    wait_until(lambda: council.value('casewatch_attempts_total{outcome="accepted"}'), 30, "a message that went")
    assert council.value('casewatch_told_seconds_count{critical="yes"}') >= 1
    assert council.value('casewatch_alerts_unanswered{severity="critical",step="1"}') == 1
    alert = json.loads(council.tool("alerts", "--json")[1].splitlines()[0])["alert"]
    assert council.tool("ack", alert, "--as", "director", "--person", "p-director", "--action", "Bed found")[0] == 0
    wait_until(lambda: council.value('casewatch_answer_seconds_count{severity="critical"}') == 1, 30, "the answer counted")
    assert council.value('casewatch_alerts_unanswered{severity="critical",step="1"}') == 0
    (tmp_path / "prometheus.yaml").write_text(SCRAPE.format(port=council.port, rules=os.path.join(MONITORING, "casewatch.rules.yaml")))
    with held_port() as port:
        prometheus = ends(Process(["prometheus", f"--config.file={tmp_path}/prometheus.yaml", f"--web.listen-address=127.0.0.1:{port}",
                                   f"--storage.tsdb.path={tmp_path}/tsdb", "--log.level=warn"]))

        def scraped():
            try:
                return asked(port, "count_over_time(casewatch_loop_answers[1m]) >= 3")
            except OSError:
                return False

        wait_until(scraped, 60, f"three scrapes: {prometheus.drain()[-5:]}")
        with open(os.path.join(MONITORING, "casewatch.dashboard.json"), encoding="utf-8") as file:
            panels = json.load(file)["panels"]
        queries = [(panel["title"], target["expr"]) for panel in panels for target in panel.get("targets", [])]
        assert len(queries) > 40
        empty = [(title, query) for title, query in queries if not asked(port, query.replace("$__rate_interval", "1m"))]
        assert not empty
        firing = {found["metric"]["alertname"] for found in asked(port, 'ALERTS{alertstate="firing"}')}
        assert not firing
