"""A stand-in for GOV.UK Notify, written from its public documentation; loopback only.

It takes texts and emails at POST /v2/notifications/sms and …/email, says what became of them at GET
/v2/notifications?reference=…, and checks each request's token as Notify does. What becomes of a text, and what goes wrong, is said by the test:
  stub.status = "delivered"          what it says of every text that is asked about
  stub.plan("429", "503", "lose")    of the next requests to send: an error, or the text is kept and no answer comes
"""

import base64
import hashlib
import hmac
import http.server
import json
import re
import threading
import time
import urllib.parse
import uuid

SERVICE = "0a1b2c3d-4e5f-4a6b-8c7d-9e0f1a2b3c4d"
SECRET = "d2f7a1c3-1b2c-4d5e-8f90-a1b2c3d4e5f6"
KEY = f"casewatch-{SERVICE}-{SECRET}"
TEMPLATE = "11111111-2222-4333-8444-555555555555"
ERRORS = {"400": ("BadRequestError", "Can’t send to this recipient using a team-only API key"),
          "403": ("AuthError", "Invalid token: API key not found"),
          "429": ("RateLimitError", "Exceeded rate limit for key type LIVE of 3000 requests per 60 seconds"),
          "500": ("Exception", "Internal server error"), "503": ("Exception", "Service unavailable")}


def decode(part):
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def token_fault(header):
    """None, or what Notify would say of the token."""
    found = re.fullmatch(r"Bearer ([\w-]+)\.([\w-]+)\.([\w-]+)", header or "")
    if not found:
        return "Unauthorized: authentication token must be provided"
    signed = hmac.new(SECRET.encode(), f"{found[1]}.{found[2]}".encode(), hashlib.sha256).digest()
    head, claims = json.loads(decode(found[1])), json.loads(decode(found[2]))
    if head != {"typ": "JWT", "alg": "HS256"} or not hmac.compare_digest(signed, decode(found[3])):
        return "Invalid token: signature, api token not found"
    if claims["iss"] != SERVICE:
        return "Invalid token: service not found"
    return None if abs(claims["iat"] - time.time()) <= 30 else "Error: Your system clock must be accurate to within 30 seconds"


class NotifyStub:
    def __init__(self):
        self.texts, self.emails, self.questions, self.faults = [], [], 0, []  # faults: what a real Notify would have refused
        self.requests = []  # (path, Authorization, body)
        self.status = "sending"
        self._plan, self._lock = [], threading.Lock()
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                outer._post(self, json.loads(body))

            def do_GET(self):
                outer._get(self)

            def log_message(self, *arguments):
                pass

            def answer(self, status, value):
                body = json.dumps(value).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def error(self, status, kind, words):
                self.answer(status, {"status_code": status, "errors": [{"error": kind, "message": words}]})

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def plan(self, *faults):
        with self._lock:
            self._plan.extend(faults)

    def _post(self, handler, body):
        with self._lock:
            fault = self._plan.pop(0) if self._plan else None
        refused = token_fault(handler.headers["Authorization"])
        if refused:
            self.faults.append(refused)
            return handler.error(403, "AuthError", refused)
        self.requests.append((handler.path, handler.headers["Authorization"], body))
        of_email = handler.path == "/v2/notifications/email"
        if handler.path not in ("/v2/notifications/sms", "/v2/notifications/email") or body.get("template_id") != TEMPLATE:
            self.faults.append(f"{handler.path} {body}")
            return handler.error(400, "BadRequestError", "Template not found")
        if fault in ERRORS:
            return handler.error(int(fault), *ERRORS[fault])
        text = {"id": str(uuid.uuid4()), "reference": body["reference"], "text": body["personalisation"]["text"],
                "to": body["email_address" if of_email else "phone_number"], **body["personalisation"]}
        with self._lock:
            (self.emails if of_email else self.texts).append(text)
        if fault == "lose":
            handler.close_connection = True
            return None
        return handler.answer(201, {"id": text["id"], "reference": text["reference"], "content": {"body": text["text"],
                                    "from_number": "COUNCIL"}, "uri": f"{self.url}/v2/notifications/{text['id']}",
                                    "template": {"id": TEMPLATE, "version": 1, "uri": ""}})

    def _get(self, handler):
        refused = token_fault(handler.headers["Authorization"])
        if refused:
            self.faults.append(refused)
            return handler.error(403, "AuthError", refused)
        url = urllib.parse.urlparse(handler.path)
        wanted = urllib.parse.parse_qs(url.query).get("reference", [""])[0]
        with self._lock:
            self.questions += 1
            found = [text for text in self.texts + self.emails if text["reference"] == wanted]
        return handler.answer(200, {"notifications": [
            {"id": text["id"], "body": text["text"], "reference": text["reference"], "phone_number": text["to"], "type": "sms",
             "template": {"id": TEMPLATE, "version": 1}, "status": self.status, "created_at": "2026-01-01T00:00:00.000000Z"}
            for text in reversed(found)], "links": {"current": self.url + handler.path}})

    def __enter__(self):
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        return self

    def __exit__(self, *error):
        self._server.shutdown()
        self._server.server_close()
