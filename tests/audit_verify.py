#!/usr/bin/env python3
"""Verifies the audit of a casewatch database by docs/audit.md alone, with none of casewatch's code.

  audit_verify.py DATABASE [ROW:HASH ...]      ROW:HASH: heads that were kept elsewhere (the first digits will do)

Prints the last row and its hash and exits 0; or what does not fit, and exits 1."""
import hashlib
import hmac
import json
import sqlite3
import sys

COLUMNS = "id, at, what, number, rule, person, detail, subject_key, proof, hash, subject, alert, personal"


def fields(*values):
    out = b""
    for value in values:
        value = value if isinstance(value, bytes) else str(value).encode()
        out += b"%d:%s," % (len(value), value)
    return out


def verify(database, known):
    base = sqlite3.connect(f"file:{database}?mode=ro", uri=True)
    base.execute("BEGIN")
    keys = dict(base.execute("SELECT id, key FROM subject_key"))
    erased = {json.loads(detail)["key"]
              for detail, in base.execute("SELECT detail FROM audit WHERE what = 'subject.erased'")}
    before, last = bytes(32), 0
    for row in base.execute(f"SELECT {COLUMNS} FROM audit ORDER BY id"):
        number, at, what, alert_number, rule, person, detail, key, proof, kept, *words = row
        if number != last + 1:
            return f"row {last + 1} is missing"
        hashed = hashlib.sha256(fields("casewatch audit 1", before, number, at, what, alert_number, rule, person,
                                       detail, key, proof)).digest()
        if hashed != kept:
            return f"row {number} is not as it was written"
        if key and key in keys:
            made = hmac.digest(keys[key], fields("casewatch personal 1", number, *words), "sha256")
            if made != proof:
                return f"the words of row {number} are not those that it was written with"
        elif any(words):
            return f"row {number} has words that it must not have"
        elif key and key not in erased:
            return f"the key of row {number} is gone, and no row says that its child was erased"
        if any(int(at_row) == number and not hashed.hex().startswith(digits) for at_row, digits in known):
            return f"row {number} is another than the one that was kept elsewhere"
        before, last = hashed, number
    if any(int(at_row) > last for at_row, _ in known):
        return f"row {last + 1} is missing"
    print(f"{last}:{before.hex()}")
    return None


if __name__ == "__main__":
    wrong = verify(sys.argv[1], [head.split(":") for head in sys.argv[2:]])
    if wrong:
        print(wrong)
    sys.exit(1 if wrong else 0)
