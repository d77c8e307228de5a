#!/usr/bin/env python3
"""The dictionary by which stored events are packed (daemon/event/packing.h), as a C string: a line an event.

  tests/tools/dictionary.py >daemon/event/packing_N.inc    (`make dictionary` makes it beside the programs, to compare)

It is made of the examples of docs/events.md and nothing else: nobody's records. Each type once, as programs usually write an
event, without the subject, which is never packed. LZ4 remembers of each few letters only where it saw them last: so all have one
id, and what comes most often stands at the end. The same document makes the same bytes. What shipped under a number is never
made again: tests/unit/packing_test holds each to its digest.
"""
import json
import os
import re

EVENTS = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..', 'docs', 'events.md')
ID = '4363e5d9-5d38-4f63-8543-fc23f8fdd208'
OFTEN = ('visit.made', 'placement.started', 'placement.ended', 'contact.received', 'contact.decided', 'strategy.held', 's47.started',
         'icpc.held', 'assessment.started', 'assessment.authorised', 'referral.accepted', 'custody.detained', 'custody.released',
         'rhi.offered', 'rhi.completed', 'missing.ended', 'missing.started')


def written(event, separators):
    """The attributes in the order in which the SDKs of CloudEvents have them."""
    whole = {'specversion': '1.0', 'id': ID, 'source': event['source'], 'type': event['type'], 'subject': '', 'time': event['time'],
             'recordedtime': event.get('recordedtime', event['time']), 'datacontenttype': 'application/json'}
    if 'data' in event:
        whole['data'] = event['data']
    return json.dumps(whole, separators=separators)


def main():
    with open(EVENTS, encoding='utf-8') as file:
        events = [json.loads(line) for line in re.findall(r'(?m)^\{"specversion".*$', file.read())]
    events.sort(key=lambda event: OFTEN.index(event['type']) if event['type'] in OFTEN else -1)
    lines = [written(events[0], (', ', ': '))] + [written(event, (',', ':')) for event in events]
    print('/* Made by tests/tools/dictionary.py: of the examples of docs/events.md. Never changed. */')
    for line in lines:
        print(json.dumps(line))


main()
