"""A broker that stays cut off by the network: ops are told after two minutes, and hear that it is over. `make faults`: three minutes."""

from flow import Flow
from processes import wait_until
from spool_council import mails_to
from test_cut_off import cut_off, far_broker, far_council, status, wire  # noqa: F401: fixtures
from wire import BOTH

OPS = "casewatch-ops@example.org"


def lost(council):
    """Whether what ops were told of is not over."""
    return [ended == (1 << 63) - 1 for (ended,) in council.query("SELECT ended FROM condition WHERE id = 'ops.source-lost'")]


def test_ops_are_told_of_a_broker_that_stays_cut_off_and_it_is_over_when_it_is_back(
        far_council, far_broker, wire, topic, sink, chance):  # noqa: F811
    course = cut_off(far_council, far_broker, wire, topic, sink, Flow(chance).more(400), BOTH, seconds=60)
    next(course)
    assert lost(far_council) == [], "not before two minutes: a broker that is restarted is back by then"
    wait_until(lambda: lost(far_council) == [True], 130, "ops are told within three minutes")
    wait_until(lambda: any(b"A source of events is gone" in mail or b"Events do not come in" in mail for mail in mails_to(sink, OPS)),
               60, "the mail to ops")
    assert "ops.source-lost" in status(far_council)
    next(course)
    wait_until(lambda: lost(far_council) == [False], 10, "it is over")
    assert "ops.source-lost" not in status(far_council)
    assert next(course, "ended") == "ended"
