#!/usr/bin/env python3
"""A mail server for tests, with faults by script: plain sockets and threads of the standard library, loopback only.

In a test:   with Sink(folder) as sink: sink.plan("rcpt:451", "hangup-end"); ... sink.mails()
By itself:   smtp_sink.py --out DIR --port-file FILE [--tls starttls|implicit --cert F --key F] [--user U --password P]
                          [--fault F]... [--seconds N]

A fault is taken by one connection or one message, in the order of the plan:
  greet:554  hello:554  auth:535  mail:451  rcpt:550  data:451  end:451     that reply at that place
  starttls:454                                                              that reply at that place, too
  mute-PLACE                                                                no answer there, connection open
  hangup-PLACE                                                              connection closed there; -end after the mail was kept
                                  PLACE: greet hello mail rcpt data body end quit
  no-starttls no-auth                                                       not offered
  slow:2.5                                                                  so many seconds before the last reply
  ok                                                                        nothing wrong with this one
"""
import argparse
import base64
import collections
import json
import os
import pathlib
import re
import socket
import ssl
import sys
import threading
import time

from processes import SHARED_MACHINE

CONNECTION_FAULTS = ("greet:", "hello:", "auth:", "starttls:", "mute-greet", "hangup-greet", "mute-hello", "hangup-hello",
                     "no-starttls", "no-auth")
LIMIT_BYTES = 16 << 20
LIMIT_SECONDS = 120


class HangUp(Exception):
    pass


class Sink:
    def __init__(self, folder, tls=None, cert=None, key=None, user=None, password=None, port=0, pipelining=True):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.tls, self.user, self.password = tls, user, password
        self.lock = threading.Lock()
        self.queue = collections.deque()
        self.always = None          # a fault for every message while it is set
        self.by_recipient = {}      # address -> fault, for every message to it
        self.count = 0
        self.connections = 0
        self.seen = []              # (monotonic time, what): the course of things
        self.stopping = threading.Event()
        self.woken = threading.Event()
        self.open = set()
        self.context = None
        if cert:
            self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.context.load_cert_chain(cert, key)
        self.socket = socket.create_server(("127.0.0.1", port))
        self.port = self.socket.getsockname()[1]
        self.thread = threading.Thread(target=self._accept, daemon=True)
        self.thread.start()

    # For tests

    def plan(self, *faults):
        with self.lock:
            self.queue.extend(faults)

    def mails(self):
        """What was kept: a list of (envelope, bytes), in the order of arrival."""
        kept = []
        for meta in sorted(self.folder.glob("*.json")):
            kept.append((json.loads(meta.read_text()), meta.with_suffix(".eml").read_bytes()))
        return kept

    def wait(self, count, seconds=20):
        seconds *= SHARED_MACHINE
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if len(list(self.folder.glob("*.json"))) >= count:
                return self.mails()
            time.sleep(0.01)
        raise AssertionError(f"{len(self.mails())} mails arrived within {seconds} s, not {count}: {self.seen[-20:]}")

    def is_mute(self):
        return any(what == "mute" for _, what in self.seen)

    def wake(self):
        """Who is mute now hangs up."""
        woken, self.woken = self.woken, threading.Event()
        woken.set()

    def close(self):
        self.stopping.set()
        self.wake()
        try:
            self.socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.socket.close()
        with self.lock:
            still = list(self.open)
        for one in still:
            try:
                one.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            one.close()
        self.thread.join(5)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    # The server

    def _note(self, what):
        with self.lock:
            self.seen.append((round(time.monotonic(), 3), what))

    def _accept(self):
        while not self.stopping.is_set():
            try:
                one, _ = self.socket.accept()
                one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            except OSError:
                return
            with self.lock:
                self.open.add(one)
                self.connections += 1
            threading.Thread(target=self._serve, args=(one,), daemon=True).start()

    def _serve(self, one):
        try:
            one.settimeout(LIMIT_SECONDS)
            Conversation(self, one).run()
        except (HangUp, OSError, ssl.SSLError) as why:
            self._note(f"ended: {why!r}")
        finally:
            with self.lock:
                self.open.discard(one)
            one.close()

    def _take(self, for_connection):
        with self.lock:
            if self.queue and self.queue[0].startswith(CONNECTION_FAULTS) == for_connection:
                return self.queue.popleft()
            if self.always and self.always.startswith(CONNECTION_FAULTS) == for_connection:
                return self.always
        return None

    def _keep(self, envelope, body):
        with self.lock:
            self.count += 1
            number = self.count
        base = self.folder / f"{number:06d}"
        base.with_suffix(".eml").write_bytes(body)
        part = base.with_suffix(".part")
        part.write_text(json.dumps(envelope))
        os.rename(part, base.with_suffix(".json"))


class Conversation:
    """One connection, as RFC 5321 has it, with the faults of the plan."""

    def __init__(self, sink, one):
        self.sink, self.socket = sink, one
        self.rest = b""
        self.tls = False
        self.user = None
        self.fault = None
        self.connection_fault = sink._take(True) or ""

    def say(self, text):
        self.socket.sendall(text.encode() + b"\r\n")

    def line(self):
        while b"\n" not in self.rest:
            more = self.socket.recv(65536)
            if not more:
                raise HangUp("closed by the client")
            self.rest += more
            if len(self.rest) > LIMIT_BYTES:
                raise HangUp("too long")
        line, self.rest = self.rest.split(b"\n", 1)
        return line.rstrip(b"\r")

    def mute(self):
        woken = self.sink.woken
        self.sink._note("mute")
        woken.wait(LIMIT_SECONDS)
        raise HangUp("mute")

    def at(self, place, fault):
        """Whether the fault is one for this place; plays it."""
        if not fault:
            return False
        if fault.startswith(place + ":"):
            code = fault.split(":", 1)[1]
            self.say(f"{code} {place} refused by plan")
            return True
        if fault == "mute-" + place:
            self.mute()
        if fault == "hangup-" + place:
            raise HangUp(fault)
        return False

    def start_tls(self):
        self.socket = self.sink.context.wrap_socket(self.socket, server_side=True)
        self.socket.settimeout(LIMIT_SECONDS)
        self.tls, self.rest = True, b""

    def hello(self):
        offers = ["sink.example", "SIZE 16777216", "8BITMIME"]
        if self.sink.tls == "starttls" and not self.tls and self.connection_fault != "no-starttls":
            offers.append("STARTTLS")
        if self.sink.user and self.connection_fault != "no-auth" and (self.tls or not self.sink.tls):
            offers.append("AUTH PLAIN")
        for offer in offers[:-1]:
            self.say("250-" + offer)
        self.say("250 " + offers[-1])

    def auth(self, words):
        if len(words) < 3:
            self.say("334 ")
            given = self.line()
        else:
            given = words[2].encode()
        parts = base64.b64decode(given).split(b"\0")
        if self.at("auth", self.connection_fault):
            return
        if parts[-2:] == [self.sink.user.encode(), self.sink.password.encode()]:
            self.user = self.sink.user
            self.say("235 2.7.0 welcome")
        else:
            self.say("535 5.7.8 who are you")

    def run(self):
        if self.sink.tls == "implicit":
            self.start_tls()
        if self.at("greet", self.connection_fault):
            return
        self.say("220 sink.example ESMTP")
        sender, recipients = None, []
        while True:
            line = self.line().decode("ascii", "backslashreplace")
            words = line.split()
            verb = words[0].upper() if words else ""
            self.sink._note("AUTH" if verb == "AUTH" else line)
            if verb in ("EHLO", "HELO"):
                if not self.at("hello", self.connection_fault):
                    self.hello()
            elif verb == "STARTTLS" and self.sink.tls == "starttls":
                if not self.at("starttls", self.connection_fault):
                    self.say("220 go on")
                    self.start_tls()
            elif verb == "AUTH" and self.sink.user:
                self.auth(words)
            elif verb == "MAIL":
                self.fault = self.sink._take(False)
                if self.sink.user and not self.user:
                    self.say("530 5.7.0 authentication required")
                elif not self.at("mail", self.fault):
                    sender, recipients = re.search(r"<(.*?)>", line).group(1), []
                    self.say("250 2.1.0 sender ok")
            elif verb == "RCPT":
                address = re.search(r"<(.*?)>", line).group(1)
                self.fault = self.sink.by_recipient.get(address, self.fault)
                if not self.at("rcpt", self.fault):
                    recipients.append(address)
                    self.say("250 2.1.5 recipient ok")
            elif verb == "DATA":
                if not self.at("data", self.fault):
                    self.data(sender, recipients)
            elif verb == "RSET" or verb == "NOOP":
                self.say("250 ok")
            elif verb == "QUIT":
                self.at("quit", self.fault)
                self.say("221 bye")
                return
            else:
                self.say("502 not known")

    def data(self, sender, recipients):
        self.say("354 go on")
        body = []
        while True:
            line = self.line()
            if line == b".":
                break
            body.append(line[1:] if line.startswith(b".") else line)
            if self.fault == "hangup-body":
                raise HangUp("in the body")
            if self.fault == "mute-body":
                self.mute()
        if self.at("end", self.fault if self.fault and self.fault.startswith("end:") else None):
            return
        keep = self.fault != "mute-end"
        if keep:
            self.sink._keep({"from": sender, "to": recipients, "tls": self.tls, "user": self.user, "fault": self.fault,
                             "at": time.time()}, b"\r\n".join(body) + b"\r\n")
        if self.fault and self.fault.startswith("slow:"):
            self.sink.stopping.wait(float(self.fault.split(":", 1)[1]))
        elif self.at("end", self.fault):
            return
        self.say(f"250 2.0.0 queued as {self.sink.count}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", required=True)
    parser.add_argument("--port-file")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--tls", choices=["starttls", "implicit"])
    parser.add_argument("--cert")
    parser.add_argument("--key")
    parser.add_argument("--user")
    parser.add_argument("--password", default="")
    parser.add_argument("--fault", action="append", default=[])
    parser.add_argument("--always")
    parser.add_argument("--seconds", type=float, default=3600, help="ends by itself after so long")
    given = parser.parse_args()
    with Sink(given.out, given.tls, given.cert, given.key, given.user, given.password, given.port) as sink:
        sink.plan(*given.fault)
        sink.always = given.always
        if given.port_file:
            part = given.port_file + ".part"
            pathlib.Path(part).write_text(f"{sink.port}\n")
            os.rename(part, given.port_file)
        print(sink.port, flush=True)
        time.sleep(given.seconds)
    return 0


if __name__ == "__main__":
    sys.exit(main())
