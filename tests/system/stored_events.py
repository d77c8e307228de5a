"""A council's database, read beside its daemon by nothing but SQLite, the dictionaries that lie in it, and any LZ4: what is left to
whoever has the file alone. docs/backup.md says the same in words; event/packing.h has the form."""

import ctypes
import sqlite3

EVENT_MOST = 16 * 1024  # PACKING_MOST


def unpack(dictionary, packed):
    place = at = 0
    while True:
        byte = packed[at]
        place |= (byte & 0x7f) << (7 * at)
        at += 1
        if byte < 0x80:
            break
    subject, block = packed[at + 1:].split(b"\0", 1)
    room = ctypes.create_string_buffer(EVENT_MOST)
    length = ctypes.CDLL("liblz4.so.1").LZ4_decompress_safe_usingDict(block, room, len(block), EVENT_MOST, dictionary, len(dictionary))
    assert length >= 0, "the packed bytes of an event are damaged"
    return room.raw[:place] + subject + room.raw[place:length]


def connect(path, timeout=10):
    """Read only; in SQL event_json(id, packed, bytes) is an event as it came."""
    base = sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=timeout)
    dictionaries = {}

    def event_json(number, packed, content):
        if packed and packed not in dictionaries:
            beside = sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=timeout)
            dictionaries.update(beside.execute("SELECT id, bytes FROM event_dictionary"))
            beside.close()
        return unpack(dictionaries[packed], content) if packed else content

    base.create_function("event_json", 3, event_json)
    return base
