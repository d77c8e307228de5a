"""The channel, as others' generators read it. The parser brings some 130 packages: not for every run."""

import os

import judges
from processes import ROOT


def test_the_parser_of_asyncapi_takes_the_channel_with_all_its_messages():
    folder = os.path.join(ROOT, "docs", "schemas")
    said = judges.asyncapi_parses(os.path.join(folder, "asyncapi.json"))
    assert said["errors"] == []
    assert said["messages"] == len([name for name in os.listdir(folder) if name not in ("asyncapi.json", "event.json")])
