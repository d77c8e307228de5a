"""The published schemas, judged by somebody else's validator, and by what validators refuse in strict mode."""

import glob
import json
import os

import jsonschema
import pytest

import judges
from processes import ROOT

FOLDER = os.path.join(ROOT, "docs", "schemas")
# JSON Schema, draft 7: validation and core. Whatever else stands in a schema, a strict validator (ajv) refuses.
KEYWORDS = set("""$schema $id $ref $comment title description default examples type enum const minimum maximum minLength maxLength
    pattern items properties required allOf anyOf oneOf not if then else""".split())


def schemas():
    return {os.path.basename(path)[:-5]: json.load(open(path, encoding="utf-8")) for path in sorted(glob.glob(FOLDER + "/*.json"))
            if not path.endswith("asyncapi.json")}


SCHEMAS = schemas()


def below(schema):
    """The schemas within a schema."""
    for key in ("allOf", "anyOf", "oneOf"):
        yield from schema.get(key, [])
    for key in ("items", "if", "then", "else", "not"):
        if key in schema:
            yield schema[key]
    yield from schema.get("properties", {}).values()


def strictly(schema, where):
    """What strict validators refuse: words of one's own, several types at once, formats they were not taught, and properties of
    what need not be an object."""
    faults = [f"{where}: {key} is no keyword" for key in schema if key not in KEYWORDS]
    if isinstance(schema.get("type"), list):
        faults.append(f"{where}: several types at once")
    if ("properties" in schema or "required" in schema) and schema.get("type") != "object":
        faults.append(f"{where}: properties without type object")
    faults += [f"{where}: {name} is required and not among the properties" for name in schema.get("required", [])
               if name not in schema.get("properties", {})]
    for number, inner in enumerate(below(schema)):
        faults += strictly(inner, f"{where}/{number}")
    return faults


def validator(name):
    event = SCHEMAS["event"]
    store = {"event.json": event, "https://example.org/event.json": event}
    resolver = jsonschema.RefResolver("https://example.org/", SCHEMAS[name], store=store)
    return jsonschema.Draft7Validator(SCHEMAS[name], resolver=resolver)


def examples():
    with open(os.path.join(ROOT, "docs", "events.md"), encoding="utf-8") as file:
        return [json.loads(line) for line in file if line.startswith('{"specversion"')]


def test_the_strict_check_can_fail():
    assert strictly({"type": "object", "properties": {"a": {"type": ["string", "null"]}}}, "x") == ["x/0: several types at once"]
    assert strictly({"x-key": True, "format": "date"}, "x") == ["x: x-key is no keyword", "x: format is no keyword"]
    assert strictly({"properties": {}, "required": ["a"]}, "x")[0] == "x: properties without type object"
    with pytest.raises(jsonschema.SchemaError):
        jsonschema.Draft7Validator.check_schema({"type": "text"})


@pytest.mark.parametrize("name", SCHEMAS)
def test_each_schema_is_one(name):
    jsonschema.Draft7Validator.check_schema(SCHEMAS[name])
    assert strictly(SCHEMAS[name], name) == []


def test_every_example_is_valid_by_its_schema():
    shown = examples()
    assert {event["type"] for event in shown} == set(SCHEMAS) - {"event"}
    for event in shown:
        validator(event["type"]).validate(event)


def test_ajv_in_strict_mode_takes_each_schema_and_each_example():
    """The validator that most senders use; it refuses to compile what it does not know."""
    shown = examples()
    said = judges.ajv_takes(FOLDER, [*shown, {**shown[0], "subject": ""}])
    assert said["schemas"] == len(SCHEMAS) and said["taken"] == len(shown), said
    assert [name for name, _ in said["wrong"]] == [shown[0]["type"]], "and the one that is wrong is refused"


def test_a_schema_refuses_what_casewatch_refuses():
    good = next(event for event in examples() if event["type"] == "missing.started")
    judge = validator("missing.started")
    for damage in ({"time": "2020-01-12"}, {"subject": ""}, {"specversion": "0.3"}, {"data": {"kind": "missing"}},
                   {"data": {"episode": "m1", "kind": "lost"}}, {"data": {"episode": 7, "kind": "missing"}}, {"data": None}):
        assert not judge.is_valid({**good, **damage}), damage
    for change in ({"time": "2020-01-12t00:00:60.123456789z"}, {"recordedtime": None}, {"traceparent": "00"},
                   {"data": {"episode": "m1", "kind": "missing", "risk": None, "other": [1]}}):
        assert judge.is_valid({**good, **change}), change


def test_the_channel_promises_what_there_is():
    with open(os.path.join(FOLDER, "asyncapi.json"), encoding="utf-8") as file:
        document = json.load(file)
    words = json.dumps([document["info"], {key: value for key, value in document["channels"]["events"].items() if key != "messages"}])
    assert "Kafka" in words and "files" in words and "HTTP" in words
    assert set(document["channels"]["events"]["messages"]) == set(SCHEMAS) - {"event"}
