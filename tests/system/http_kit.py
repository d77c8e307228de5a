"""Events by HTTP, as a sender in a council's case system would send them."""

import http.client
import json
import socket
import time

TOKEN = "a-token-of-the-case-system"


def event(number, **more):
    return {"specversion": "1.0", "id": f"h{number}", "source": "/lcs", "type": "missing.ended", "subject": f"C{number}",
            "time": "2020-01-01T10:00:00Z", "data": {"episode": f"E{number}"}, **more}


class BySocket(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("casewatch", timeout=60)
        self.path = str(path)

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


class Answer:
    def __init__(self, response):
        self.status, self.headers, self.body = response.status, response.headers, response.read()
        self.media = (self.headers["Content-Type"] or "").split(";")[0]

    def json(self):
        return json.loads(self.body)


class Sender:
    """`to`: a port, or the path of a socket."""

    def __init__(self, to, token=TOKEN):
        self.to, self.token = to, token

    def ask(self, body, media="application/cloudevents+json", headers=None, path="/events", method="POST"):
        to = http.client.HTTPConnection("127.0.0.1", self.to, timeout=60) if isinstance(self.to, int) else BySocket(self.to)
        headers = {"Content-Type": media, **({"Authorization": f"Bearer {self.token}"} if self.token else {}), **(headers or {})}
        try:
            to.request(method, path, body=body, headers={name: value for name, value in headers.items() if value is not None})
            return Answer(to.getresponse())
        finally:
            to.close()

    def send(self, event):
        return self.ask(json.dumps(event))

    def send_batch(self, events):
        return self.ask(json.dumps(events), media="application/cloudevents-batch+json")

    def send_until_taken(self, event, seconds=60):
        """As a sender does: again, until an answer says that it need not."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            try:
                answer = self.send(event)
                if answer.status in (200, 202):
                    return answer
            except (OSError, http.client.HTTPException):
                pass
            time.sleep(0.05)
        raise AssertionError(f"not taken within {seconds} s: {event['id']}")
