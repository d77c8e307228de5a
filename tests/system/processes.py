"""Processes of the tests: started by a test, read line by line, ended by their own id, never waited for without a limit."""

import contextlib
import ctypes
import functools
import os
import queue
import re
import resource
import signal
import socket
import subprocess
import threading
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.path.abspath(os.environ.get("CASEWATCH_BUILD", os.path.join(ROOT, "build")))


@functools.cache
def patience():
    """How much slower than usual the programs under test may be: five times with sanitizers."""
    with open(os.path.join(BUILD, "casewatchd"), "rb") as program:
        return 5 if b"__asan_init" in program.read() else 1


# What takes a second alone takes half a minute on a machine that many share. A wait that ends well costs nothing, so each may be so
# many times longer than whoever wrote it thought; what a test says of time, it says by the clocks of what it tests.
SHARED_MACHINE = 4
MEMORY_MOST = 6_000_000_000  # bytes of a program that a test starts


def tool(name):
    """A helper program of tests/tools/."""
    return os.path.join(BUILD, "tests", name)


def wait_until(condition, seconds, what):
    """Polls; the only way tests here wait for something that says nothing."""
    seconds *= SHARED_MACHINE
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        found = condition()
        if found:
            return found
        time.sleep(0.02)
    raise AssertionError(f"not within {seconds} s: {what}")


@contextlib.contextmanager
def held_port():
    """A port on which nobody answers, and which no other test is given meanwhile: bound, and not listened on. A server that sets
    SO_REUSEADDR can still have it."""
    with socket.socket() as held:
        held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        held.bind(("127.0.0.1", 0))
        yield held.getsockname()[1]


def end_with_parent():
    """A test run that is killed leaves nothing behind (prctl PR_SET_PDEATHSIG), and one that eats memory without end fails alone."""
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)
    if patience() == 1:  # sanitizers reserve more than there is
        resource.setrlimit(resource.RLIMIT_DATA, (MEMORY_MOST, MEMORY_MOST))


class Process:
    """A program whose output is kept, line by line, with the time at which each line came."""

    def __init__(self, arguments, **options):
        self.arguments = arguments
        self.lines = []  # (monotonic seconds, text)
        self._arrived = queue.Queue()
        self._popen = subprocess.Popen(
            arguments,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=options.pop("stderr", subprocess.STDOUT),
            text=True,
            errors="replace",
            bufsize=1,
            start_new_session=True,
            preexec_fn=end_with_parent,
            **options,
        )
        self.pid = self._popen.pid
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self):
        for line in self._popen.stdout:
            self._arrived.put((time.monotonic(), line.rstrip("\n")))
        self._arrived.put(None)

    def _take(self, seconds):
        try:
            item = self._arrived.get(timeout=max(seconds, 0))
        except queue.Empty:
            return False
        if item is None:
            self._arrived.put(None)
            return False
        self.lines.append(item)
        return True

    def drain(self):
        while self._take(0):
            pass
        return [text for _, text in self.lines]

    def wait_for(self, pattern, seconds=20, after=0):
        """The first match in a line from the `after`th on. The line's time is kept in .matched_at, its number in .matched."""
        seconds *= SHARED_MACHINE
        until = time.monotonic() + seconds
        number = after
        while True:
            while number < len(self.lines):
                match = re.search(pattern, self.lines[number][1])
                if match:
                    self.matched_at, self.matched = self.lines[number][0], number
                    return match
                number += 1
            if not self._take(until - time.monotonic()):
                self.drain()
                if number < len(self.lines):
                    continue
                shown = "\n".join(text for _, text in self.lines[-30:])
                raise AssertionError(f"not within {seconds} s: {pattern!r}; the last lines of {self.arguments[0]}:\n{shown}")

    def say(self, line):
        self._popen.stdin.write(line + "\n")
        self._popen.stdin.flush()

    def feed(self, lines):
        """Writes them from a thread, as fast as they are read, and then ends the input."""

        def write():
            try:
                self._popen.stdin.write("".join(line + "\n" for line in lines))
                self._popen.stdin.close()
            except (BrokenPipeError, ValueError):
                pass  # it ended first; whoever waits for it sees that

        threading.Thread(target=write, daemon=True).start()

    def close_input(self):
        self._popen.stdin.close()

    def signal(self, number):
        self._popen.send_signal(number)

    def running(self):
        return self._popen.poll() is None

    def stands(self):
        """Whether it was stopped by a signal."""
        with open(f"/proc/{self.pid}/stat", encoding="utf-8") as file:
            return file.read().rpartition(")")[2].split()[0] == "T"

    def finish(self, seconds=10):
        """Waits for its end and returns the exit status."""
        status = self._popen.wait(timeout=seconds * SHARED_MACHINE)
        self._reader.join(timeout=5)
        self.drain()
        return status

    def kill(self):
        if self.running():
            self.signal(signal.SIGCONT)
            self.signal(signal.SIGKILL)
        self._popen.wait(timeout=10)
        self._reader.join(timeout=5)
        self.drain()
