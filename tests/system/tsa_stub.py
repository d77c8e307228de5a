"""A time stamp authority (RFC 3161) for tests: OpenSSL makes its certificates and its answers (`openssl ts -reply`)."""

import http.server
import subprocess
import threading

CONFIGURATION = """\
[ca]
[req]
distinguished_name = name
prompt = no
[name]
CN = Test authority
[authority]
basicConstraints = critical,CA:true
[stamper]
extendedKeyUsage = critical,timeStamping
[tsa]
default_tsa = one
[one]
serial = {folder}/serial
signer_cert = {folder}/stamper.pem
signer_key = {folder}/stamper.key
certs = {folder}/ca.pem
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256
ordering = no
tsa_name = no
ess_cert_id_chain = no
"""


def openssl(*arguments, **options):
    return subprocess.run(["openssl", *arguments], check=True, capture_output=True, timeout=60, **options)


class TimeStamps:
    """`broken`: what it answers with is cut short; `refuses`: it answers with a status of 503."""

    def __init__(self, folder):
        self.folder, self.asked, self.refuses = folder, 0, False
        folder.mkdir()
        (folder / "openssl.cnf").write_text(CONFIGURATION.format(folder=folder))
        (folder / "serial").write_text("01\n")
        self.ca = self.certify("ca", "authority", None)
        self.certify("stamper", "stamper", "ca")
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), self.handler())
        self.url = f"http://127.0.0.1:{self.server.server_port}/"

    def certify(self, name, extensions, by):
        at = {part: str(self.folder / f"{name}.{part}") for part in ("key", "csr", "pem")}
        config = str(self.folder / "openssl.cnf")
        openssl("req", "-new", "-newkey", "rsa:2048", "-nodes", "-keyout", at["key"], "-out", at["csr"], "-config", config,
                "-subj", f"/CN={name} of the test")
        signed = ["-CA", str(self.folder / f"{by}.pem"), "-CAkey", str(self.folder / f"{by}.key"), "-CAcreateserial"] if by \
            else ["-signkey", at["key"]]
        openssl("x509", "-req", "-in", at["csr"], "-out", at["pem"], "-days", "2", "-extfile", config, "-extensions", extensions,
                *signed)
        return self.folder / f"{name}.pem"

    def answer(self, query):
        self.asked += 1
        (self.folder / "query").write_bytes(query)
        openssl("ts", "-reply", "-config", str(self.folder / "openssl.cnf"), "-section", "one", "-queryfile",
                str(self.folder / "query"), "-out", str(self.folder / "answer"))
        return (self.folder / "answer").read_bytes()

    def handler(self):
        stamps = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                query = self.rfile.read(int(self.headers["content-length"]))
                body = b"" if stamps.refuses else stamps.answer(query)
                self.send_response(503 if stamps.refuses else 200)
                self.send_header("content-type", "application/timestamp-reply")
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        return Handler

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()
