"""Mails as Python's own email parser reads them: what was put in comes out, whatever it was."""
import datetime
import email
import email.header
import email.policy
import email.utils
import random
import subprocess

import pytest

from courier_bench import program

ID = "<1.00ff@council.example>"


class Writer:
    def __init__(self):
        self.process = subprocess.Popen([program("mime_write")], stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def write(self, name="casewatch", to="director@council.example", subject="x", id=ID, first="", text="Told.\n", html=""):
        for part in (name, to, subject, id, first, text, html):
            part = part if isinstance(part, bytes) else part.encode()
            self.process.stdin.write(b"%d\n" % len(part) + part)
        self.process.stdin.flush()
        said = self.process.stdout.readline().split(b" ", 1)
        if said[0] == b"refused":
            return None, said[1].decode().strip()
        wire = self.process.stdout.read(int(said[1]))
        return email.message_from_bytes(wire, policy=email.policy.SMTP), wire

    def close(self):
        self.process.stdin.close()
        assert self.process.wait(20) == 0


@pytest.fixture
def writer():
    writer = Writer()
    yield writer
    writer.close()


@pytest.fixture
def dice():
    seed = random.randrange(1 << 32)
    print(f"seed {seed}")
    return random.Random(seed)


def lines(text):
    """As text is: every kind of line end is one, and the last line is ended."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return text if not text or text.endswith("\n") else text + "\n"


def some_text(dice, most, alphabet="aeiou .=_-?\t\n\r\u00e9\u20ac\u6f22\U0001f600<>&\"'"):
    pieces = [".", "..", "From ", "--", "--=_casewatch_", "\r\n", "\n.\n", "=?UTF-8?Q?x?=", "Subject: a", " ", "x" * 80]
    return "".join(dice.choice(pieces) if dice.random() < .2 else dice.choice(alphabet) for _ in range(dice.randrange(most)))


def content(part):
    return part.get_payload(decode=True).decode("utf-8").replace("\r\n", "\n")


def test_any_two_bodies_come_out_as_they_went_in(writer, dice):
    for _ in range(400):
        text, html = some_text(dice, 300), some_text(dice, 300)
        mail, wire = writer.write(text=text, html=html)
        if html:
            assert mail.get_content_type() == "multipart/alternative"
            parts = list(mail.iter_parts())
            assert [part.get_content_type() for part in parts] == ["text/plain", "text/html"]
            assert content(parts[1]) == lines(html)
        else:
            assert mail.get_content_type() == "text/plain"
            parts = [mail]
        assert content(parts[0]) == lines(text)
        assert not mail.defects and not any(part.defects for part in parts)
        assert all(len(line) <= 76 for line in wire.split(b"\r\n"))
        assert b"\n" not in wire.replace(b"\r\n", b"") and b"\r" not in wire.replace(b"\r\n", b"")


def test_any_subject_and_name_come_out_as_they_went_in(writer, dice):
    for _ in range(400):
        subject = "".join(dice.choice("abc ?=_\u00e9\u20ac\u6f22,;:<>\"\\()@") for _ in range(dice.randrange(1, 120)))
        name = "".join(dice.choice("ab c\u00e9,\"\\.()<>@") for _ in range(dice.randrange(0, 40)))
        mail, wire = writer.write(subject=subject, name=name)
        assert mail["Subject"] == subject
        assert len(mail["From"].addresses) == 1
        assert mail["From"].addresses[0].addr_spec == "casewatch@council.example"
        # Python 3.11's new parser keeps the space between two encoded words of a name (RFC 2047 6.2 drops it); the old one
        # does not.
        said, _ = email.utils.parseaddr(email.message_from_bytes(wire)["From"])
        assert str(email.header.make_header(email.header.decode_header(said))).split() == name.split()


def test_the_head_of_a_mail(writer):
    mail, wire = writer.write(first="<0.aa@council.example>")
    assert mail["Date"].datetime == datetime.datetime(2020, 2, 5, 2, 10, tzinfo=datetime.timezone.utc)
    assert mail["Message-ID"] == ID
    assert mail["In-Reply-To"] == mail["References"] == "<0.aa@council.example>"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["To"].addresses[0].addr_spec == "director@council.example"
    assert mail["MIME-Version"] == "1.0"
    for name in ("Date", "From", "To", "Subject", "Message-ID"):
        assert len(mail.get_all(name)) == 1


@pytest.mark.parametrize("evil", ["a\r\nBcc: x@y.example", "a\nX-Header: y", "a\rb", "a\0b", "a\x1bb", "a\x7fb"])
def test_control_characters_are_refused_wherever_they_stand(writer, evil):
    for part in ("name", "to", "subject", "id", "first"):
        mail, reason = writer.write(**{part: evil})
        assert mail is None and reason
        assert "Bcc" not in reason


def test_bytes_that_are_not_text_become_a_sign_of_that(writer):
    mail, _ = writer.write(text=b"a\xffb\xc3(\x00c\xed\xa0\x80d\n")
    assert content(mail) == "a\ufffdb\ufffd(\ufffdc\ufffd\ufffd\ufffdd\n"
