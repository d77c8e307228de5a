"""Rule files as shipped, into plain objects. `settings` are put in where `$name` stands."""
import datetime, json, pathlib, re, yaml
from . import condition
from .clock import Duration


class Types:
    """What the event catalogue (docs/schemas) says of each type: its fields and parties."""

    def __init__(self, folder):
        self.fields, self.needed, self.parties = {}, {}, {}
        for path in pathlib.Path(folder).glob("*.json"):
            data = json.loads(path.read_text()).get("properties", {}).get("data", {})
            data = data.get("anyOf", [data])[0]  # where no field is required, null is the alternative
            properties = data.get("properties", {})
            says = {name: p.get("$comment", "") for name, p in properties.items()}
            self.fields[path.stem] = set(properties)
            self.needed[path.stem] = set(data.get("required", []))
            self.parties[path.stem] = {kind: name for name, words in says.items() for kind in ("worker", "provider")
                                       if f"history of this {kind}" in words}
            self.fields[path.stem + " key"] = [name for name, words in says.items() if words.startswith("key: ")]

    # "x.ended, x.closed, x.completed of an x.started or x.opened; custody.released; dol.order_ended"

    def stem(self, type_, endings):
        for ending in endings:
            if type_.endswith("." + ending):
                return type_[:-len(ending) - 1]
        return {"custody.released": "custody", "dol.order_ended": "dol.order"}.get(type_) if "ended" in endings else \
            {"custody.detained": "custody", "dol.order_made": "dol.order"}.get(type_)

    def ends_interval(self, type_):
        stem = self.stem(type_, ("ended", "closed", "completed"))
        return stem is not None and (type_ in ("custody.released", "dol.order_ended") or
                                     any(f"{stem}.{b}" in self.fields for b in ("started", "opened")))

    def starts_interval(self, event, end):
        """A change to missing begins an episode where nothing else did."""
        if event.type == "missing.status_changed":
            return end == "missing.ended" and event.data.get("kind") == "missing"
        stem = self.stem(event.type, ("started", "opened"))
        return stem is not None and stem == self.stem(end, ("ended", "closed", "completed"))

    def carries(self, type_, name):
        return name in self.fields.get(type_, ())


class Selector:
    def __init__(self, type_, where):
        self.type, self.where = type_, where


class Rule:
    pass


class State:
    pass


PAIRS = (("opened", "closed"), ("started", "ended"), ("started", "completed"))
KINDS = ("event", "guard", "count", "deadline", "recurring", "overlap", "state", "load")


def as_list(x):
    return [] if x is None else x if isinstance(x, list) else [x]


def selectors(x, where=None, ends=False):
    """An event type, a list of them, or maps with their own `where`; a `where` beside them goes for all. What ends or
    prevents an alert must be readable."""
    out = []
    for one in as_list(x):
        conditions = [w for w in ((one.get("where") if isinstance(one, dict) else None), where) if w]
        type_ = one["event"] if isinstance(one, dict) else one
        whole = " && ".join(f"({w})" for w in conditions)
        for t in as_list(type_):
            out.append(Selector(t, condition.parse(whole, ends) if whole else None))
    return out


def durations(x):
    return [Duration(d) for d in as_list(x)]


def filler(settings):
    """Puts settings in: `$name` as a whole value, or within a condition."""
    def within(m):
        value = settings[m[1]]
        return str(value).lower() if isinstance(value, (bool, int, float)) else f'"{value}"'

    def put(x):
        if isinstance(x, str) and x.startswith("$"):
            return settings[x[1:]]
        if isinstance(x, str):
            return re.sub(r"\$([\w-]+)", within, x)
        if isinstance(x, list):
            return [put(i) for i in x]
        if isinstance(x, dict):
            return {k: put(v) for k, v in x.items()}
        return x
    return put


class Every:
    """One length of a recurring clock, and when it counts."""

    def __init__(self, x):
        x = x if isinstance(x, dict) else {"length": x}
        self.length = Duration(x["length"])
        self.when = condition.parse(x["when"]) if "when" in x else None
        self.after = Duration(x["after"]) if "after" in x else None


def read_rule(r, settings, types):
    r = filler(settings)(r)
    out = Rule()
    out.id, out.of = r["id"], r.get("of")
    out.kind = next(k for k in KINDS if k in r)
    body = r[out.kind]
    out.key = body.get("key") or body.get("distinct")
    out.distinct = body.get("distinct")
    out.closes_on, out.ends_on = selectors(r.get("closes-on"), None, True), selectors(r.get("ends-on"), None, True)
    out.until_age = r.get("until-age")
    out.effective = [r.get("effective-from"), r.get("effective-until")]
    out.effective = [datetime.date.fromisoformat(str(d)) if d else None for d in out.effective]
    begin = body.get("start") if out.kind in ("deadline", "recurring", "overlap") else body.get("event")
    out.start_alert = None
    if isinstance(begin, dict) and "alert" in begin:
        out.start_alert, begin = (begin["alert"], begin["is"]), None
    recurring = out.kind == "recurring"  # its `where` is about what is held again and again
    out.on = selectors(begin, None if recurring else body.get("where")) if out.kind != "load" else []
    out.stop = selectors(body["event"], body.get("where"), True) if recurring else selectors(body.get("stop"), None, True)
    out.before = selectors(body.get("unless-before"), body.get("where-before"), True)
    out.moves, out.due = selectors(body.get("moves")), (body.get("due") or "").replace("data.", "") or None
    out.while_ = condition.parse(body["while"]) if "while" in body else None
    out.when = condition.parse(body["when"]) if "when" in body else None
    out.at_least = body.get("at-least")
    out.within = Duration(body["within"]) if "within" in body else None
    out.first, out.every = durations(body.get("first")), [Every(e) for e in as_list(body.get("every"))]
    out.warn, out.warn_before = durations(body.get("warn")), durations(body.get("warn-before"))
    out.daily = body.get("daily")
    out.from_ = None
    if "from" in body and out.kind == "state":
        m = re.fullmatch(r"birth \+ (\d+) years?(?: (\d+) months?)?", body["from"])
        out.from_ = (int(m[1]), int(m[2] or 0))
    # first() is of the whole history: what it says may be known only after the event that is judged by it.
    out.reads_first = any(s.where and "first(" in s.where.text for s in out.on + out.stop + out.before + out.closes_on + out.ends_on)
    out.load_open, out.more_than = body.get("open"), body.get("more-than")
    out.load_where = condition.parse(body["where"]) if out.kind == "load" and "where" in body else None
    return out


def read_state(id_, begins, ends, keys, types):
    s = State()
    s.id, s.begin, s.end, s.keys = id_, begins, ends, keys
    s.key_optional = bool(keys) and not all(k in types.needed.get(b.type, ()) for b in begins for k in keys)
    return s


def load(folder, types):
    """(rules, states by name). Named states first; a pair of types defines the rest by itself."""
    rules, states = [], {}
    for path in sorted(pathlib.Path(folder).glob("*.yaml")):
        if path.name.endswith(".test.yaml"):
            continue
        doc = yaml.safe_load(path.read_text())
        settings = {k: v["value"] if isinstance(v, dict) else v for k, v in (doc.get("settings") or {}).items()}
        for s in doc.get("states") or []:
            s = filler(settings)(s)
            states[s["id"]] = read_state(s["id"], selectors(s["from"]), selectors(s["to"]), as_list(s.get("key")), types)
        rules += [read_rule(r, settings, types) for r in doc.get("rules") or []]
    states["safety_plan"] = read_state("safety_plan", selectors("safety_plan.signed_off"), selectors("safety_plan.ended"),
                                       ["plan"], types)
    for type_ in [t for t in types.fields if not t.endswith(" key")]:
        for begin, end in PAIRS:
            stem = type_[:-len(begin) - 1]
            if type_ == f"{stem}.{begin}" and f"{stem}.{end}" in types.fields and stem not in states:
                keys = types.fields[type_ + " key"]
                if stem == "allocation":
                    keys = ["role", "worker"]
                states[stem] = read_state(stem, selectors(type_), selectors(f"{stem}.{end}"), keys, types)
    return in_order(rules), states


def in_order(rules):
    """Rules that start from another's alerts come after it."""
    out, left = [], list(rules)
    while left:
        ready = [r for r in left if not r.start_alert or any(o.id == r.start_alert[0] for o in out)]
        assert ready, "rules start each other in a ring"
        out += ready
        left = [r for r in left if r not in ready]
    return out
