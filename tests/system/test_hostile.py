"""Names that are code: SQL, HTML, a format string, a path, a shell's words, bytes that turn text round. They stay names: in the database,
in mails, on what the tool prints."""

import email
import email.policy
import json
import time

from processes import patience, wait_until
from spool_council import SpoolCouncil, to_director

NAMES = ("C1'; DROP TABLE event; --", "<script>alert(1)</script>", "%s%s%n%x", "../../etc/passwd", "$(reboot)`reboot`", "{{subject}}{{{x}}}",
         "C\u202e1", "Subject: x", "=HYPERLINK(\"http://example.org\")", "C1\\u0000", "\U0001f600" * 20)


def parts(body):
    message = email.message_from_bytes(body, policy=email.policy.default)
    return {part.get_content_type(): part.get_content() for part in message.walk() if not part.is_multipart()}, message


def test_a_subject_that_is_code_is_a_name(tmp_path, ends, sink):
    council = SpoolCouncil(tmp_path, ends, sink.port).start()
    lines = [json.dumps({"specversion": "1.0", "id": f"e{number} {name}", "source": f"/x/{number}", "subject": name,
                         "type": "custody.threshold_met", "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
                         "data": {"custody": name, "station": name, "reason": name}}) for number, name in enumerate(NAMES)]
    (tmp_path / "spool" / ".a").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (tmp_path / "spool" / ".a").rename(tmp_path / "spool" / "a.jsonl")

    def all_there():
        ((taken,),) = council.query("SELECT (SELECT count(*) FROM event) + (SELECT count(*) FROM quarantine)")
        return taken == len(NAMES)

    wait_until(all_there, 30 * patience(), "each taken, or refused with its reason")
    wait_until(lambda: council.query("SELECT count(*) FROM alert WHERE rule = 'custody.threshold'")[0][0] >= len(NAMES) - 2,
               30 * patience(), "an alert of each: a name that is text is a name")
    mails = wait_until(lambda: not council.query("SELECT 1 FROM outbox WHERE open = 1 AND critical = 1") and to_director(sink),
                       60 * patience(), "the director to be told")
    for body in mails:
        content, message = parts(body)
        assert "<script>" not in content.get("text/html", "") and "\u202e" not in str(content)
        assert len(message.get_all("Subject")) == 1 and "\n" not in message["Subject"]
    status, printed = council.tool("alerts")
    assert status == 0 and "\u202e" not in printed and "\x1b" not in printed
    assert council.query("PRAGMA integrity_check") == [("ok",)] and council.process.running()
