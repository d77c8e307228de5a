#!/usr/bin/env python3
"""Writes hostile.jsonl, one event a line that must be refused, and hostile.reasons, the reason on the same line; and warned.jsonl
with warned.reasons, of events that are taken with warnings.

    tests/data/hostile.py    (in any directory; the files are committed, and event_corpus_test.c reads them)
"""
import json, pathlib

HERE = pathlib.Path(__file__).parent
GOOD = {"specversion": "1.0", "id": "x1", "source": "/lcs", "type": "missing.started", "subject": "C1",
        "time": "2020-01-12T00:00:00Z", "data": {"episode": "m1", "kind": "missing"}}
lines = []


def raw(line, reason):
    lines.append((line if isinstance(line, bytes) else line.encode(), reason))


def event(reason, drop=None, data=None, type=None, **changed):
    e = dict(GOOD)
    if type is not None:
        e["type"] = type
    if data is not None:
        e["data"] = data
    e.update(changed)
    e.pop(drop, None)
    raw(json.dumps(e, separators=(",", ":"), ensure_ascii=True), reason)


def text(old, new, reason, after=None):
    """The good event with one piece of its bytes exchanged; `after`: the fault is found just behind the last of these."""
    line = json.dumps(GOOD, separators=(",", ":"))
    assert old in line
    line = line.encode()
    line = line.replace(old.encode(), new.encode(), 1)
    if after:
        reason += " %d" % (line.rindex(after.encode()) + len(after) + 1)
    raw(line, reason)


# Not JSON
raw("hello", "not JSON: at byte 1 a value is expected")
raw("{", "not JSON: it ends too early, where more is expected")
raw('{"specversion":"1.0","id":"b1"', "not JSON: it ends too early, where more is expected")
raw('{"id":"b1",', "not JSON: it ends too early, where a key is expected")
raw('{"id"', "not JSON: it ends too early, where a colon is expected after a key")
raw('{"id" "b1"}', "not JSON: at byte 7 a colon is expected after a key")
raw('{"id":}', "not JSON: at byte 7 a value is expected")
raw('{"id":"b1"', "not JSON: it ends too early, where more is expected")
raw('{"id":"b1', "not JSON: it ends too early, where a closing quote is expected")
raw("{'id':'b1'}", "not JSON: at byte 2 a key in quotes is expected")
raw('{id:"b1"}', "not JSON: at byte 2 a key in quotes is expected")
raw('{"id":"b1",}', "not JSON: at byte 12 a key in quotes is expected")
raw('{"id":"b1" "source":"s"}', "not JSON: at byte 12 a comma or } is expected")
raw('{"id":["b1" "b2"]}', "not JSON: at byte 13 a comma or ] is expected")
raw('{"id":["b1",]}', "not JSON: at byte 13 a value is expected")
raw('{"id":"b1"}}', "not JSON: at byte 12 more follows after the end of the value")
raw('{"id":"b1"} {"id":"b2"}', "not JSON: at byte 13 more follows after the end of the value")
raw('{"id":tru}', "not JSON: at byte 7 a value is expected")
raw('{"id":NaN}', "not JSON: at byte 7 a value is expected")
raw('{"id":"b1","n":01}', "not JSON: at byte 18 a number is not written as JSON wants it")
raw('{"id":"b1","n":1.}', "not JSON: at byte 18 a number is not written as JSON wants it")
raw('{"id":"b1","n":-}', "not JSON: at byte 17 a number is not written as JSON wants it")
raw('{"id":"b1","n":1e}', "not JSON: at byte 18 a number is not written as JSON wants it")
raw('{"id":"b1","n":+1}', "not JSON: at byte 16 a value is expected")
raw('{"id":"b1","n":.5}', "not JSON: at byte 16 a value is expected")
raw('{"id":"b1" /* why */}', "not JSON: at byte 12 a comma or } is expected")
raw(b'{"id":"b\t1"}', "not JSON: at byte 9 a control character stands inside a string")
raw(b'{"id":"b\x001"}', "not JSON: at byte 9 a control character stands inside a string")
raw(r'{"id":"\q"}', "not JSON: at byte 9 an escape is expected that JSON knows")
raw(r'{"id":"\u12g4"}', "not JSON: at byte 12 four hexadecimal digits are expected")
raw(r'{"id":"\ud800"}', "not JSON: half of a surrogate pair before byte 14")
raw(r'{"id":"\udc00"}', "not JSON: half of a surrogate pair before byte 14")
raw(r'{"id":"\ud83d\u0041"}', "not JSON: half of a surrogate pair before byte 20")
raw("﻿﻿{}", "not JSON: at byte 1 a value is expected")
raw("[]", "not an event: it is JSON, but not an object")
raw("12", "not an event: it is JSON, but not an object")
raw('"missing"', "not an event: it is JSON, but not an object")
raw("null", "not an event: it is JSON, but not an object")
raw('[{"specversion":"1.0"}]', "not an event: it is JSON, but not an object")

# UTF-8, keys, limits
raw(b'{"id":"\xff"}', "not valid UTF-8 at byte 8")
raw(b'{"id":"\xc0\x80"}', "not valid UTF-8 at byte 8")
raw(b'{"id":"\xed\xa0\x80"}', "not valid UTF-8 at byte 8")
raw(b'{"id":"\xf5\x80\x80\x80"}', "not valid UTF-8 at byte 8")
raw(b'{"id":"caf\xe9"}', "not valid UTF-8 at byte 11")
raw(b'{"id":"\xe2\x82"}', "not valid UTF-8 at byte 8")
text('"id":"x1"', '"id":"x1","id":"x2"', 'the key "id" occurs twice in one object, before byte', '"id"')
text('"id":"x1"', r'"id":"x1","\u0069d":"x2"', 'the key "id" occurs twice in one object, before byte', r'"\u0069d"')
text('"episode":"m1"', '"episode":"m1","episode":"m1"', 'the key "episode" occurs twice in one object, before byte', '"episode"')
text('"episode":"m1"', '"episode":"m1","a":[{"b":1,"b":2}]', 'the key "b" occurs twice in one object, before byte', '"b"')
text('"episode":"m1"', '"episode":"m1","x":{"Ann Other":1,"Ann Other":2}',
     "a key occurs twice in one object, before byte", '"Ann Other"')
text('"id":"x1"', '"id":"x1","data":{}', 'the key "data" occurs twice in one object, before byte', '"data"')
many = ",".join('"k%d":0' % i for i in range(40))
text('"episode":"m1"', '"episode":"m1",%s,"k7":1' % many, 'the key "k7" occurs twice in one object, before byte', '"k7":1,"kind":"missing"}')
deep = '{"a":' * 31 + "1" + "}" * 31
text('"episode":"m1"', '"episode":"m1","deep":' + deep, "nested deeper than 32 at byte", 'deep":' + '{"a":' * 30)
raw("[" * 40000, "not an event: it is JSON, but not an object")
raw('{"a":' + "[" * 40000, "nested deeper than 32 at byte 37")
event("66000 bytes long: at most 65536 are taken", data={"episode": "m1", "kind": "missing", "note": "x" * 65832})
event("65537 bytes long: at most 65536 are taken", data={"episode": "m1", "kind": "missing", "note": "x" * 65369})

# Attributes
for name in ("specversion", "id", "source", "type", "subject", "time"):
    event(f"{name} is missing", drop=name)
    event(f"{name} is empty", **{name: ""})
event("specversion is not 1.0", specversion="0.3")
event("specversion is not a string", specversion=1.0)
event("id is missing", id=None)
event("id is not a string", id=7)
event("id is empty", id="  ")
event("id is empty", id="\t\u00a0 ")
event("subject is empty", subject="\u00a0")
event("subject is longer than 128 bytes", subject="\u00a0" + "C" * 129 + " ")
event("id contains a control character", id="a\tb")
event("id contains a control character", id="a\nb")
event("id contains a control character", id="a\u0000b")
event("source contains a control character", source="/l\u0085cs")
event("source is not a string", source={"name": "lcs"})
event("type is not a string", type=["missing.started"])
event("type contains a control character", type="missing\tstarted")
event("subject is not a string", subject=12345)
event("subject contains a control character", subject="C1\u007f")
event("subject is longer than 128 bytes", subject="C" * 129)
event("time is not a string", time=1578787200)
NOT_TIME = "time is not an RFC 3339 time with an offset, such as 2020-01-29T23:10:00Z"
event(NOT_TIME, time="yesterday")
event(NOT_TIME, time="2020-01-12")
event(NOT_TIME, time="2020-01-12T00:00:00")
event(NOT_TIME, time="2020-01-12 00:00:00Z")
event(NOT_TIME, time="2020-01-12T24:00:00Z")
event(NOT_TIME, time="20200112T000000Z")
event("time names a date that does not exist", time="2019-02-29T00:00:00Z")
event("time is in a year outside 1990 to 2100", time="1989-12-31T23:59:59Z")
event("time is in a year outside 1990 to 2100", time="2101-01-01T00:00:00Z")
event("time is more than 5 minutes after recordedtime", recordedtime="2020-01-11T23:54:59Z")
NOT_JSON = "datacontenttype is not JSON: application/json or a +json type is expected"
event("data_base64 is not taken: data must be JSON", drop="data", data_base64="e30=")
event(NOT_JSON, datacontenttype="text/plain")
event(NOT_JSON, datacontenttype="application/jsonx")
event(NOT_JSON, datacontenttype="json")
event(NOT_JSON, datacontenttype="")
event(NOT_JSON, datacontenttype=5)

# Data
event("data.episode is missing", drop="data")
event("data.episode is missing", data={"kind": "missing"})
event("data.episode is missing", data={"kind": "missing", "episode": None})
event("data.episode is empty", data={"kind": "missing", "episode": " "})
event("data.episode is not a string", data={"kind": "missing", "episode": 17})
event("data.episode is not a string", data={"kind": "missing", "episode": {"id": "m1"}})
event("data.episode contains a NUL character", data={"kind": "missing", "episode": "m\u0000"})
event("data.episode is empty", data={"kind": "missing", "episode": "\u00a0\t "})
event("data.kind is missing", data={"episode": "m1"})
event("data.kind is not one of missing, away", data={"episode": "m1", "kind": "lost"})
event("data.kind is not one of missing, away", data={"episode": "m1", "kind": "missing\u0000away"})
event("data is not an object", data=["m1", "missing"])
event("data is not an object", data="{\"episode\":\"m1\",\"kind\":\"missing\"}")
event("data.risk is missing", type="missing.risk_changed", data={"episode": "m1"})
event("data.regulated is not true or false", type="placement.started", data={"placement": "p1", "regulated": "no"})
event("data.s47 is missing", type="strategy.held", data={"strategy": "s1"})
event("data.care is not from 0 to 10", type="risk_assessment.completed", data={"placement": "p1", "care": 11, "support": 3})
event("data.support is not a number", type="risk_assessment.completed", data={"placement": "p1", "care": 1, "support": "3"})
raw('{"specversion":"1.0","id":"x1","source":"/lcs","type":"indicator.reported","subject":"I1","time":"2020-01-12T00:00:00Z",'
    '"data":{"indicator":"i","value":1e999,"target":1,"better":"lower"}}', "data.value is not a number")
event("data.date is not a date such as 2020-01-29", type="attendance.absent", data={"date": "2020-02-30"})
event("data.date is not a date such as 2020-01-29", type="attendance.absent", data={"date": "2020-01-12T00:00:00Z"})
event("data.up_to is not an RFC 3339 time with an offset, such as 2020-01-29T23:10:00Z", type="source.complete",
      data={"up_to": "2020-01-12"})
event("data.referral is missing, which kind single needs", type="assessment.started",
      data={"assessment": "a1", "kind": "single"})
event("data.referral is empty", type="assessment.authorised",
      data={"assessment": "a1", "referral": "", "kind": "Single", "outcome": "nfa"})
event("data.referral is not a string", type="assessment.started", data={"referral": 4, "assessment": "a1", "kind": "single"})
event("data.worker is missing", type="allocation.started", data={"role": "social-worker"})
event("data.id names this event itself: it cannot withdraw itself", type="event.withdrawn", data={"id": "x1"})
event("data.id is missing", type="event.withdrawn", data={})
event("data.from is the subject itself: an id cannot be merged into itself", type="person.merged", data={"from": "C1"})
event("data.from is the subject itself: an id cannot be merged into itself", type="person.unmerged", data={"from": "C1"})
event("data.id names this event itself: it cannot withdraw itself", type="event.withdrawn", data={"id": " x1\u00a0"})
event("data.from is the subject itself: an id cannot be merged into itself", type="person.merged", subject=" C1",
      data={"from": "C1\t"})
event("data.until is not a date such as 2020-01-29", type="dol.order_made", data={"order": "o1", "until": "next year"})
event("data.order is missing", type="dol.order_renewed", data={"until": "2020-06-01"})
event("data.by is not one of social-worker, team-manager, head-of-service", type="safety_plan.signed_off",
      data={"plan": "p", "by": "cleaner"})


# Taken, with warnings: what is set aside, and why, one line an event: "FIELD: REASON; FIELD: REASON".
refused, lines = lines, []
CUT = "has blanks at its ends, which were cut"
STRANGE = "subject: is not 1 to 36 letters, digits and hyphens"
event(f"subject: {CUT}", subject="C1 ")
event(f"subject: {CUT}", subject="\tC1\u00a0")
event(f"id: {CUT}", id="\u00a0x1")
event(f"replaces: {CUT}", replaces="x0 ")
event(f"id: {CUT}; subject: {CUT}; replaces: {CUT}; data.episode: {CUT}", id=" x1", subject=" C1", replaces=" x0",
      data={"episode": " m1\t", "kind": "missing"})
event(f"data.id: {CUT}", type="event.withdrawn", data={"id": "x0 "})
event(f"data.from: {CUT}", type="person.merged", data={"from": "\u00a0C2"})
event(f"data.worker: {CUT}", type="allocation.started", data={"role": "social-worker", "worker": " w1"})
event(f"data.provider: {CUT}", type="placement.ended", data={"placement": "p1", "provider": "pr1 "})
event(f"data.placement: {CUT}", data={"episode": "m1", "kind": "missing", "placement": "p1 "})
event(f"data.plan: {CUT}", type="cp.started", data={"plan": "p1 "})
event(STRANGE, subject="C 1")
event(STRANGE, subject="child:1")
event(STRANGE, subject="C" * 37)
event(STRANGE, subject="C" * 128)
event(STRANGE, subject="\u00c4nne")
event("recordedtime: is not a string", recordedtime=1)
event("recordedtime: is empty", recordedtime=" ")
event("recordedtime: is not an RFC 3339 time with an offset, such as 2020-01-29T23:10:00Z", recordedtime="2020-01-13")
event("recordedtime: names a date that does not exist", recordedtime="2020-02-30T00:00:00Z")
event("recordedtime: is in a year outside 1990 to 2100", recordedtime="1601-01-01T00:00:00Z")
event("recordedtime: contains a control character", recordedtime="2020-01-13T00:00:00Z\u0000")
event("timeprecision: is not day", timeprecision="month")
event("timeprecision: is not a string", timeprecision=True)
event("replaces: is empty", replaces="\u00a0 ")
event("replaces: is not a string", replaces=["x0"])
event("replaces: names this event itself", replaces="x1")
event(f"replaces: {CUT}; replaces: names this event itself", replaces=" x1")
event("data.risk: is not one of none, low, medium, high", data={"episode": "m1", "kind": "missing", "risk": "purple"})
event("data.risk: is not a string", data={"episode": "m1", "kind": "missing", "risk": {"level": "high"}})
event("data.risk: is empty", data={"episode": "m1", "kind": "missing", "risk": ""})
event("data.placement: contains a NUL character", data={"episode": "m1", "kind": "missing", "placement": "p\u0000"})
event("data.harm: is not true or false", type="missing.ended", data={"episode": "m1", "harm": "no"})
event("data.flags: is not a list", type="contact.received", data={"contact": "c1", "flags": "neglect"})
event("data.flags: is not a list of strings that are not empty", type="contact.received", data={"contact": "c1", "flags": ["a", ""]})
event("data.date_of_birth: is not a date such as 2020-01-29", type="child.updated", data={"date_of_birth": "2010-02-30"})
event("data.date_of_birth: is more than 100 years before the event: where it is not known, leave it out", type="child.updated",
      data={"date_of_birth": "1900-01-01"})
event("data.date_of_birth: is more than 10 months after the event", type="child.updated", data={"date_of_birth": "2020-11-13"})
event("data.restricted: is not true or false", type="child.updated", data={"restricted": "no"})
event("data.nhs_number: is not ten digits", type="child.updated", data={"nhs_number": "943 476 591"})
event("data.nhs_number: has a check digit that does not agree: a digit is wrong", type="child.updated",
      data={"nhs_number": "943 476 5918"})
event("data.upn: is not a letter and twelve digits (the last a letter where it is temporary)", type="child.updated",
      data={"upn": "0123456789012"})
event("data.upn: has a check letter that does not agree: a digit is wrong", type="child.updated", data={"upn": "B123456789012"})
event("data.up_to: is later than the event's own time, and was cut to that", type="source.complete",
      data={"up_to": "2020-01-12T00:00:01Z"})
event("data: is not an object", type="child.updated", data=["C1"])
event("data: is not an object", type="cp_review.held", data="held")
event("data.review_at: is not an RFC 3339 time with an offset, such as 2020-01-29T23:10:00Z", type="alert.acknowledged",
      data={"alert": "a1", "by": "dcs", "action": "seen", "review_at": "soon"})

for name, rows in (("hostile", refused), ("warned", lines)):
    (HERE / f"{name}.jsonl").write_bytes(b"".join(line + b"\n" for line, _ in rows))
    (HERE / f"{name}.reasons").write_text("".join(reason + "\n" for _, reason in rows))
    print(name, len(rows), "events,", len({reason for _, reason in rows}), "reasons")
