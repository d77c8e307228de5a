"""Events for any rules: of the types that a rule names or reads, with what their schemas allow and what its conditions ask for.

Whatever ships is tried without anybody writing here what belongs to it: a new rule, a new type, a new field.
"""
import datetime, json, pathlib, re

OTHERS = {"provider.registration_changed": "PR", "supervision.held": "W", "appraisal.held": "W", "task.created": "T",
          "task.changed": "T", "task.completed": "T", "indicator.reported": "I"}
NEVER = ("child.updated", "event.withdrawn", "person.merged", "person.unmerged", "source.complete")


def texts(x):
    """The conditions in whatever a rule holds."""
    if isinstance(x, (list, tuple)):
        for one in x:
            yield from texts(one)
    elif hasattr(x, "text"):
        yield x.text
    elif hasattr(x, "__dict__"):
        yield from texts(list(vars(x).values()))


def selected(x):
    """The types in whatever a rule holds."""
    if isinstance(x, (list, tuple)):
        for one in x:
            yield from selected(one)
    elif hasattr(x, "type") and hasattr(x, "where"):
        yield x.type


class Inventor:
    def __init__(self, rules, states, schemas):
        self.rules, self.states = {r.id: r for r in rules}, states
        self.schemas = {}
        for path in pathlib.Path(schemas).glob("*.json"):
            data = json.loads(path.read_text()).get("properties", {}).get("data", {})
            self.schemas[path.stem] = data.get("anyOf", [data])[0]
        self.types = {r.id: sorted(self.types_of(r, set())) for r in rules}
        self.words = {}
        for text in [t for r in rules for t in texts(r)] + [t for s in states.values() for t in texts(s)]:
            for field, said in re.findall(r'data\.(\w+) *(?:==|!=|in) *(\[[^\]]*\]|"[^"]*")', text):
                self.words.setdefault(field, set()).update(re.findall(r'"([^"]*)"', said))
            for said, field in re.findall(r'"([^"]*)" in data\.(\w+)', text):
                self.words.setdefault(field, set()).add(said)

    def types_of(self, rule, seen):
        if rule.id in seen:
            return set()
        seen.add(rule.id)
        found = {t for v in vars(rule).values() for t in selected(v)}
        named = {rule.load_open} if rule.load_open else set()
        for text in texts(rule):
            named |= set(re.findall(r'open\("([^"]+)"', text))
            found |= set(re.findall(r'(?:seen|first)\("([^"]+)"\)', text))
        for state in named & set(self.states):
            found |= {s.type for s in self.states[state].begin + self.states[state].end}
        if rule.start_alert:
            found |= self.types_of(self.rules[rule.start_alert[0]], seen)
        return {t for t in found if t in self.schemas and t not in NEVER}

    def families(self, r, history):
        """Some rules, each with its types; what begins something twice as often."""
        out = []
        for id_ in r.sample(sorted(self.rules), r.choice([1, 1, 2, 3])):
            types = self.types[id_]
            begins = [s.type for s in self.rules[id_].on if s.type in self.schemas]
            out.append([(t, lambda t=t: self.data(r, history, t)) for t in types + [t for t in begins if t not in NEVER]])
        # What reads a date of birth alone is judged at any event.
        return [f for f in out if f] or [[(t, lambda t=t: self.data(r, history, t)) for t in ("visit.made", "vpg.discussed")]]

    def subject(self, r, type_, history):
        return history.key(OTHERS[type_], 1 if type_.startswith("task") else 2) if type_ in OTHERS else None

    def data(self, r, history, type_):
        schema = self.schemas[type_]
        needed = set(schema.get("required", []))
        data = {name: self.value(r, history, name, p) for name, p in schema.get("properties", {}).items()
                if name in needed or r.random() < 0.6}
        if data.get("kind") == "single":
            data.setdefault("referral", history.key("re"))  # required for single
        return data

    def value(self, r, history, name, p):
        p = p.get("anyOf", [p])[0]
        words = sorted(self.words.get(name, ()))
        if "enum" in p:
            return r.choice(p["enum"])
        if p.get("type") == "boolean":
            return r.random() < 0.5
        if p.get("type") in ("number", "integer"):
            return r.randint(0, 10)
        if p.get("type") == "array":
            items = p.get("items", {})
            some = (words or items.get("enum") or items.get("examples") or ["x"])[:4]
            return r.sample(some, r.randint(0, min(2, len(some))))
        if p.get("pattern", "").startswith("^[0-9]{4}") or name in ("due", "until", "date"):
            return (history.when() + datetime.timedelta(days=r.choice([-3, -1, 0, 1, 3, 6, 15, 30]))).strftime("%Y-%m-%d")
        if words or p.get("examples"):
            return r.choice(words + [r.choice(p.get("examples") or ["other"])])
        return history.key(name[:2])
