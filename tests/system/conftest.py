"""What the system tests share: a broker for all, brokers of one's own, and processes that are surely ended."""

import hashlib
import os
import random
import sys

import pytest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from daemon_kit import Council  # noqa: E402
from kafka_kit import Broker, Probe  # noqa: E402
from smtp_sink import Sink  # noqa: E402


# ---- some processes side by side (tests/system/run) ----


def block(item):
    """What one process runs as a whole: a test, or all tests of a file that share something costly."""
    # The last of a name is the one that is used: a file's own `council` stands behind the one that all files have.
    shares = any(found[-1].scope == "module" for found in item._fixtureinfo.name2fixturedefs.values())
    return item.path.name if shares else item.nodeid


def taken_here(items, folder):
    """The tests of this process: each block is whose file it is first made."""
    mine = {}
    for item in items:
        name = block(item)
        if name not in mine:
            try:
                os.close(os.open(os.path.join(folder, "taken", hashlib.sha256(name.encode()).hexdigest()), os.O_CREAT | os.O_EXCL))
                mine[name] = True
            except FileExistsError:
                mine[name] = False
        if mine[name]:
            yield item


LONGEST_FIRST = ("test_systemd.py", "test_notify.py", "test_demo.py", "test_daemon.py", "test_kafka.py", "test_web_browser.py")


def pytest_collection_modifyitems(items):
    """What takes long is begun first: it would be waited for at the end."""
    places = {name: place for place, name in enumerate(LONGEST_FIRST)}
    items.sort(key=lambda item: places.get(item.path.name, len(places)))


def pytest_runtest_logreport(report):
    """For tests/system/run: what is done, and what failed."""
    folder = os.environ.get("CASEWATCH_COMMON_LIST")
    if folder and (report.when == "call" or report.failed):
        with open(os.path.join(folder, f"done-{os.getpid()}"), "a", encoding="utf-8") as file:
            file.write(f"{report.outcome if report.passed else report.outcome.upper()} {report.nodeid}\n")


def pytest_runtestloop(session):
    folder = os.environ.get("CASEWATCH_COMMON_LIST")
    if not folder or session.testsfailed or session.config.option.collectonly:
        return None  # as always
    with open(os.path.join(folder, f"listed-{os.getpid()}"), "w", encoding="utf-8") as file:
        file.write(f"{len({block(item) for item in session.items})} {len(session.items)}")
    rest = taken_here(session.items, folder)
    item = next(rest, None)
    while item:
        following = next(rest, None)
        item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
        if session.shouldfail or session.shouldstop:
            raise session.Failed(session.shouldfail) if session.shouldfail else session.Interrupted(session.shouldstop)
        item = following
    return True


@pytest.fixture(scope="session")
def broker(tmp_path_factory):
    """One broker for every test that does not harm it."""
    shared = Broker(tmp_path_factory.mktemp("broker")).start()
    yield shared
    shared.stop()


@pytest.fixture
def own_broker(tmp_path):
    """A broker that the test may kill, freeze and restart."""
    own = Broker(tmp_path / "broker").start()
    yield own
    own.kill()


@pytest.fixture
def chance():
    """Randomness with a printed seed; SEED=N repeats a run."""
    seed = int(os.environ.get("SEED", "0")) or random.SystemRandom().randrange(1, 1 << 32)
    print(f"seed {seed}")
    return random.Random(seed)


@pytest.fixture
def topic(request):
    """A name nobody else uses."""
    return "t-" + "".join(c if c.isalnum() else "-" for c in request.node.name)[:80]


@pytest.fixture
def ends():
    """Takes processes that must not outlive the test."""
    started = []

    def keep(process):
        started.append(process)
        return process

    yield keep
    for process in started:
        process.kill()


@pytest.fixture
def probe(ends, tmp_path, broker, topic):
    """Starts the source alone on the shared broker; the store is kept between starts."""

    def start(*arguments, topics=None, brokers=None, store="positions", **options):
        return ends(Probe(brokers or broker.plain, tmp_path / store, topics or [topic], *arguments,
                          group=options.pop("group", topic), **options))

    return start


@pytest.fixture
def sink(tmp_path):
    """A mail server that does as it is told."""
    with Sink(tmp_path / "mails") as server:
        yield server


@pytest.fixture
def council(ends, tmp_path, broker, topic, sink):
    """A daemon on the shared broker, with the shipped rules; not started yet."""
    return Council(tmp_path / "council", broker.plain, [topic], sink.port, ends)
