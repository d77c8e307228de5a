"""A real mail server, Postfix of Debian, with a configuration, a queue and ports of its own on loopback: STARTTLS demanded or
TLS from the start, AUTH against a password file. Ended by pid. (OpenSMTPD 6.8 of Debian 12 fails its own handshakes with OpenSSL 3.)"""
import email
import email.policy
import os
import pathlib
import shutil
import socket
import subprocess
import tempfile
import time

import pytest

from courier_bench import Courier, authority, probe
from processes import SHARED_MACHINE, held_port, wait_until
from spool_council import FAILED, SpoolCouncil

MASTER = pathlib.Path("/usr/lib/postfix/sbin/master")


@pytest.fixture(autouse=True)
def what_it_takes():
    """Fails, and is not skipped: a run without them would say nothing about real servers."""
    assert MASTER.exists() and shutil.which("saslpasswd2", path="/usr/sbin:/usr/bin"), "make setup-test installs Postfix and Cyrus SASL"
    assert os.geteuid() == 0, "Postfix starts as root"


MAIN = """
compatibility_level = 3.6
config_directory = {folder}/conf
queue_directory = {folder}/queue
data_directory = {folder}/data
mail_owner = postfix
setgid_group = postdrop
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
maillog_file = {folder}/log/mail
maillog_file_prefixes = /tmp
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = localhost
mydestination =
alias_maps =
local_recipient_maps =
virtual_mailbox_domains = council.example
virtual_mailbox_base = {folder}/mail
virtual_mailbox_maps = inline:{{ director@council.example=director/ dcs@council.example=dcs/ bounce@council.example=bounce/
    gone@council.example=gone/ }}
transport_maps = inline:{{ {{ gone@council.example = error:5.1.1 this mailbox is gone }} }}
recipient_delimiter = +
virtual_uid_maps = static:65534
virtual_gid_maps = static:65534
smtpd_tls_cert_file = {folder}/server.pem
smtpd_tls_key_file = {folder}/server.key
smtpd_tls_security_level = encrypt
smtpd_tls_auth_only = yes
smtpd_tls_received_header = yes
smtpd_sasl_auth_enable = yes
smtpd_sasl_type = cyrus
smtpd_sasl_path = smtpd
smtpd_sasl_local_domain = localhost
smtpd_relay_restrictions = permit_sasl_authenticated, reject
smtpd_recipient_restrictions = reject_unlisted_recipient, permit_sasl_authenticated, reject
smtpd_delay_reject = yes
"""

SERVICES = """
127.0.0.1:{starttls} inet n - n - - smtpd
127.0.0.1:{tls} inet n - n - - smtpd -o smtpd_tls_wrappermode=yes
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
error unix - - n - - error
retry unix - - n - - error
virtual unix - n n - - virtual
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
"""

SASL = """pwcheck_method: auxprop
auxprop_plugin: sasldb
mech_list: PLAIN LOGIN
sasldb_path: {folder}/sasl/sasldb2
"""


class Postfix:
    def __init__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="casewatch-postfix-", dir="/tmp"))
        self.folder.chmod(0o755)
        self.ca, *_ = authority(self.folder, "server")
        (self.folder / "password").write_text("correct horse\n")
        (self.folder / "wrong").write_text("battery staple\n")
        for name in ("conf", "conf/sasl", "queue", "data", "mail", "sasl", "log"):
            (self.folder / name).mkdir()
        shutil.chown(self.folder / "data", "postfix", "postfix")
        shutil.chown(self.folder / "log", "postfix", "postfix")
        (self.folder / "mail").chmod(0o777)
        with held_port() as self.starttls, held_port() as self.tls:
            self._begin()

    def _begin(self):
        words = {"folder": self.folder, "starttls": self.starttls, "tls": self.tls}
        (self.folder / "conf" / "main.cf").write_text(MAIN.format(**words))
        (self.folder / "conf" / "master.cf").write_text(SERVICES.format(**words))
        (self.folder / "conf" / "sasl" / "smtpd.conf").write_text(SASL.format(**words))
        subprocess.run(["/usr/sbin/saslpasswd2", "-c", "-p", "-f", self.folder / "sasl" / "sasldb2", "-u", "localhost",
                        "casewatch"], input=b"correct horse", check=True, timeout=20, capture_output=True)
        (self.folder / "sasl" / "sasldb2").chmod(0o644)
        self._folders_of_the_queue()
        self.output = open(self.folder / "output", "wb")
        self.process = subprocess.Popen([str(MASTER), "-c", str(self.folder / "conf"), "-d"], stdin=subprocess.DEVNULL,
                                        stdout=self.output, stderr=self.output)
        self._wait_for_port()

    def _folders_of_the_queue(self):
        for name in ("active", "bounce", "corrupt", "defer", "deferred", "flush", "hold", "incoming", "private", "saved", "trace"):
            (self.folder / "queue" / name).mkdir(mode=0o700)
            shutil.chown(self.folder / "queue" / name, "postfix", "root")
        for name, mode in (("maildrop", 0o730), ("public", 0o710)):
            (self.folder / "queue" / name).mkdir()
            shutil.chown(self.folder / "queue" / name, "postfix", "postdrop")
            (self.folder / "queue" / name).chmod(mode)
        (self.folder / "queue" / "pid").mkdir(mode=0o755)

    def said(self):
        log = self.folder / "log" / "mail"
        return (self.folder / "output").read_text() + (log.read_text() if log.exists() else "")

    def _wait_for_port(self):
        end = time.monotonic() + 20 * SHARED_MACHINE
        while True:
            try:
                with socket.create_connection(("127.0.0.1", self.starttls), 2) as one:
                    one.settimeout(10)
                    if one.recv(100).startswith(b"220"):
                        return
            except OSError:
                pass
            if self.process.poll() is not None or time.monotonic() > end:
                said = self.said()
                self.close()
                raise RuntimeError(f"Postfix did not start: {said}")
            time.sleep(0.05)

    def wait(self, box, count, seconds=20):
        new = self.folder / "mail" / box / "new"
        end = time.monotonic() + seconds * SHARED_MACHINE
        while time.monotonic() < end:
            mails = list(new.glob("*")) if new.exists() else []
            if len(mails) >= count:
                return [email.message_from_bytes(mail.read_bytes(), policy=email.policy.default) for mail in mails]
            time.sleep(0.02)
        raise AssertionError(self.said()[-3000:])

    def close(self):
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait(10)
        self.output.close()
        shutil.rmtree(self.folder, ignore_errors=True)


@pytest.fixture(scope="module")
def postfix():
    server = Postfix()
    yield server
    server.close()


@pytest.fixture(params=["starttls", "tls"])
def way(request, postfix):
    return {"port": getattr(postfix, request.param), "tls": request.param, "ca": postfix.ca}


def test_mails_reach_a_mailbox_over_tls_with_a_password(postfix, way, tmp_path):
    box = "director" if way["tls"] == "tls" else "dcs"
    with Courier(tmp_path / "db", way.pop("port"), **way, user="casewatch", password=postfix.folder / "password",
                 timeout=15000) as courier:
        for number in range(5):
            alert = courier.custody(alert=f"{number:016x}")
            courier.row(box, alert=alert)
        rows = courier.run(20000)
        assert {row["state"] for row in rows} == {"accepted"}, rows
        assert all(row["reply"].startswith("250 2.0.0") for row in rows)
        mails = postfix.wait(box, 5)
        assert {mail["Message-ID"] for mail in mails} == {row["message_id"] for row in rows}
        assert all("TLSv1." in mail["Received"] for mail in mails)
        assert "CRITICAL ALERT" in mails[0].get_content()


def test_a_mailbox_that_is_gone_behind_the_server_is_a_bounce_and_the_next_step_is_told(postfix, tmp_path, ends):
    """Postfix takes the mail, finds nobody, and sends its own report to the address that the mail came from."""
    (postfix.folder / "mail" / "bounce").mkdir(mode=0o777, exist_ok=True)
    (postfix.folder / "mail" / "bounce").chmod(0o777)
    council = SpoolCouncil(tmp_path, ends, postfix.starttls, secrets={"key": "k" * 32, "word": "correct horse"},
                           people={"p-director": {"email": "gone@council.example"}, "p-dcs": {"email": "dcs@council.example"}},
                           smtp={"tls": "starttls", "ca-file": str(postfix.ca), "user": "casewatch", "password-file": "word",
                                 "from": "casewatch@council.example", "bounces": str(postfix.folder / "mail" / "bounce"),
                                 "bounce-address": "bounce@council.example", "bounce-key-file": "key"}).start()
    council.hear()
    reply = council.wait_state(FAILED)[3]
    assert "5.1.1" in reply and "this mailbox is gone" in reply, reply
    wait_until(lambda: [mail for mail in postfix.wait("dcs", 1) if mail["Return-Path"].startswith("<bounce+")
                        and "alert A-1001" in str(mail["Subject"])], 20, "the next step is told")


def test_a_wrong_password_is_refused_and_said(postfix, way):
    told, = probe(**way, user="casewatch", password=str(postfix.folder / "wrong"), timeout=15000)
    assert (told.outcome, told.whose, told.code) == ("temporary", "server", 535), told


def test_without_a_password_nothing_is_taken(way):
    told, = probe(**way, timeout=15000)
    assert told.outcome == "permanent" and told.code == 554, told


def test_an_unknown_mailbox_is_permanent(postfix, way):
    told, = probe(**way, user="casewatch", password=str(postfix.folder / "password"), to="someone@council.example", timeout=15000)
    assert (told.outcome, told.whose, told.code) == ("permanent", "recipient", 550), told


def test_a_client_that_does_not_ask_for_tls_is_refused(postfix):
    told, = probe(postfix.starttls, tls="none", timeout=15000)
    assert (told.outcome, told.whose, told.code) == ("temporary", "server", 530), told


def test_another_authority_gets_nothing(postfix, way, tmp_path):
    way["ca"] = authority(tmp_path, "other")[0]
    told, = probe(**way, user="casewatch", password=str(postfix.folder / "password"), timeout=15000)
    assert (told.outcome, told.whose, told.tls) == ("temporary", "server", 0), told
