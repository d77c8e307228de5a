"""A council whose daemon hears of a child in a cell by a file, for the tests of what it sends by: one place for the
configuration that all channels share."""

import json
import os
import time

import yaml

import stored_events
from processes import BUILD, ROOT, Process, wait_until

PENDING, SENDING, ACCEPTED, DELIVERED, RETRY, FAILED, UNCERTAIN, GIVEN = range(8)


class SpoolCouncil:
    """`smtp`, `notify`, `webhook`: mappings of the configuration, beside what is usual; `smtp` None: no mail server.
    `people`: what of the directory's people is different, by id; None takes the person's field away."""

    def __init__(self, path, ends, port=None, people=None, smtp=(), rules=os.path.join(ROOT, "rules"), secrets=None, **more):
        self.path, self.ends = path, ends
        self.config = path / "casewatchd.yaml"
        config = {"council": "Example Council", "database": "casewatch.db", "spool": "spool", "rules": str(rules),
                  "directory": "directory.yaml", "templates": f"{ROOT}/conf/templates",
                  "calendar": {"file": f"{ROOT}/conf/bank-holidays.json"}, **more}
        if smtp is not None:
            config["smtp"] = {"host": "127.0.0.1", "port": port, "tls": "none", "from": "casewatch@example.org",
                              "domain": "example.org", **dict(smtp)}
        self.database = path / config["database"]
        self.config.write_text(yaml.safe_dump(config))
        for name, content in (secrets or {}).items():
            (path / name).write_text(content + "\n")
            (path / name).chmod(0o600)
        directory = yaml.safe_load(open(os.path.join(ROOT, "conf/directory.yaml"), encoding="utf-8"))
        for person in directory["people"]:
            for field, value in (people or {}).get(person["id"], {}).items():
                if value is None:
                    person.pop(field, None)
                else:
                    person[field] = value
        (path / "directory.yaml").write_text(yaml.safe_dump(directory))

    def start(self, **environment):
        self.process = self.ends(Process([os.path.join(BUILD, "casewatchd"), "--config", str(self.config)],
                                         env={**os.environ, **environment}))
        self.process.wait_for(">ready$", 30)
        return self

    def tool(self, *arguments):
        """The tool's answer: (exit status, what it printed)."""
        program = self.ends(Process([os.path.join(BUILD, "casewatch"), *arguments, "--config", str(self.config)]))
        return program.finish(30), "\n".join(program.drain())

    def hear(self, number=1, kind="custody.threshold_met", data=None):
        """A child in a cell: the director is told at once."""
        hidden = self.path / "spool" / f".{number}.part"
        hidden.write_text(json.dumps({"specversion": "1.0", "id": f"e{number}", "source": "/custody", "subject": f"CHILD-77{number}",
                                      "type": kind, "data": data or {"custody": f"K{number}"},
                                      "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())}) + "\n")
        hidden.rename(self.path / "spool" / f"{number}.jsonl")

    def query(self, sql, *values):
        base = stored_events.connect(self.database)
        try:
            return base.execute(sql, values).fetchall()
        finally:
            base.close()

    def rows(self, person="p-director"):
        """(channel, state, attempts, reply) of what the person is told first."""
        return self.query("SELECT channel, state, attempts, reply FROM outbox WHERE person = ? AND purpose = 'opened' ORDER BY id",
                          person)

    def wait_state(self, *states, seconds=40):
        return wait_until(lambda: next((row for row in self.rows() if row[1] in states), None), seconds, f"one of the states {states}")

    def audited(self, what):
        return [detail for (detail,) in self.query("SELECT detail FROM audit WHERE what = ? ORDER BY id", what)]


def mails_to(sink, address):
    return [body for meta, body in sink.mails() if address in meta["to"]]


def to_director(sink):
    return mails_to(sink, "director.childrens.care@example.org")
