"""What the tests of the courier share: the built programs, a certificate authority of their own, and a courier to command."""
import json
import os
import pathlib
import signal
import subprocess
import sys
import threading
import queue

from processes import wait_until

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("CASEWATCH_BUILD", ROOT / "build"))
WHOLE_TEST_SECONDS = 60


def program(name):
    path = BUILD / "tests" / name
    if not path.exists():
        raise RuntimeError(f"{path} is not built: make {path}")
    return str(path)


def authority(folder, name, host="127.0.0.1"):
    """A new authority and a certificate of `host` signed by it: (ca, cert, key)."""
    folder = pathlib.Path(folder)
    ca, ca_key = folder / f"{name}-ca.pem", folder / f"{name}-ca.key"
    cert, key, request = folder / f"{name}.pem", folder / f"{name}.key", folder / f"{name}.csr"
    extensions = folder / f"{name}.ext"
    kind = "IP" if host[0].isdigit() else "DNS"
    extensions.write_text(f"subjectAltName={kind}:{host}\nbasicConstraints=CA:FALSE\n")

    def openssl(*words):
        subprocess.run(["openssl", *words], check=True, capture_output=True, timeout=30)

    openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", ca_key, "-out", ca,
            "-days", "2", "-subj", f"/CN=test authority {name}")
    openssl("req", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", request, "-subj", f"/CN={host}")
    openssl("x509", "-req", "-in", request, "-CA", ca, "-CAkey", ca_key, "-CAcreateserial", "-out", cert, "-days", "2",
            "-extfile", extensions)
    return str(ca), str(cert), str(key)


class Probe:
    """What smtp_probe said of one attempt."""

    def __init__(self, line):
        words = line.split(" ", 5)
        self.outcome = words[0]
        self.whose, tls, code = (word.split("=")[1] for word in words[1:4])
        self.tls, self.code = int(tls), int(code)
        self.ms = int(words[4])
        self.text = words[5] if len(words) > 5 else ""

    def __repr__(self):
        return f"{self.outcome} whose={self.whose} tls={self.tls} code={self.code} {self.ms} ms {self.text}"


def probe(port, tls="none", ca="-", user="-", password="-", timeout=30000, to="director@council.example", count=1, host="127.0.0.1",
          wire=b"Subject: x\r\n\r\nhello\r\n", stop_after=None):
    words = [program("smtp_probe"), host, str(port), tls, ca, user, password, str(timeout), "casewatch@council.example", to,
             str(count)] + ([str(stop_after)] if stop_after else [])
    done = subprocess.run(words, input=wire, capture_output=True, timeout=WHOLE_TEST_SECONDS)
    lines = done.stdout.decode().splitlines()
    if lines and lines[0].startswith("refused"):
        return lines[0]
    assert done.returncode == 0, done.stderr.decode()
    return [Probe(line) for line in lines]


class Courier:
    """courier_run under command."""

    def __init__(self, database, port, **options):
        words = [program("courier_run"), str(database), str(port)] + [f"{name}={value}" for name, value in options.items()]
        self.process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=ROOT,
                                        text=True)
        self.nobodies = []
        self.lines = queue.Queue()
        self.log = []
        threading.Thread(target=self._read, daemon=True).start()
        threading.Thread(target=self._read_log, daemon=True).start()

    def _read(self):
        for line in self.process.stdout:
            self.lines.put(line.rstrip("\n"))
        self.lines.put(None)

    def _read_log(self):
        for line in self.process.stderr:
            self.log.append(line.rstrip("\n"))

    def do(self, command, seconds=WHOLE_TEST_SECONDS):
        """Sends a command; the lines it printed."""
        self.process.stdin.write(command + "\n")
        self.process.stdin.flush()
        if command.startswith("event "):
            return []
        printed = []
        while True:
            line = self.lines.get(timeout=seconds)
            if line is None:
                if command == "crash":
                    return printed
                raise AssertionError(f"ended at {command!r}: {printed} {self.log[-20:]}")
            if line.startswith("nobody "):
                self.nobodies.append(tuple(line.split()[1:]))
            elif line.startswith("done "):
                return printed
            else:
                printed.append(line)

    def event(self, id, type, time, data, subject="CHILD-1001", **more):
        self.do("event " + json.dumps({"specversion": "1.0", "id": id, "source": "lcs", "type": type, "subject": subject,
                                       "time": time, "data": data, **more}))

    def custody(self, alert="00000000000000aa", state="standing", rule="custody.threshold", subject="CHILD-1001"):
        self.do(f'alert {alert} {rule} {subject} {state} []')
        return alert

    def row(self, role="director", kind="alert", purpose="opened", alert="00000000000000aa", critical=1, step=1, deadline="-",
            person=""):
        self.do(f"row {kind} {purpose} {alert} {role} {critical} {step} {deadline} {person}".strip())

    def rows(self):
        return [json.loads(line[4:]) for line in self.do("show") if line.startswith("row ")]

    def figures(self):
        return json.loads(self.do("figures")[0][8:])

    def run(self, ms=10000):
        self.do(f"run {ms}")
        return self.rows()

    def run_until(self, fact, what):
        """Its loop turns until that is so; what is under way then stays under way."""
        def turned():
            self.do("run 20")
            return fact()
        return wait_until(turned, 20, what)

    def close(self):
        if self.process.poll() is None:
            self.process.stdin.close()
            try:
                status = self.process.wait(WHOLE_TEST_SECONDS)
            except subprocess.TimeoutExpired:
                self.process.send_signal(signal.SIGKILL)
                raise
            assert status == 0, self.log[-30:]

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        if kind:
            print("\n".join(self.log[-40:]), file=sys.stderr)
            self.process.kill()
            self.process.wait(10)
        else:
            self.close()
