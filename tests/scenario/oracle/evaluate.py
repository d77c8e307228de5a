"""f(accepted events, rules, calendar, now): every period in which an alert stands."""
from .clocks import Deadline, Recurring
from .history import History, canonical, standing
from .kinds import Rules
from .order import LEAVES


# They say of records and of ids, and begin nobody's history.
OF_RECORDS = ("event.withdrawn", "person.merged", "person.unmerged")


def party_histories(events, who, of, types, states):
    """Events by party: those that name it, whose subject it is, and the ends of what started with it."""
    found = {}

    def add(id_, e):
        if e not in found.setdefault(id_, []):
            found[id_].append(e)
    subjects = {"worker": ("supervision.held", "appraisal.held"), "provider": ("provider.registration_changed",)}[of]
    named = []
    for e in events:
        name = types.parties.get(e.type, {}).get(of)
        if name and e.data.get(name):
            add(e.data[name], e)
            named.append((e, e.data[name]))
        elif e.type in subjects:
            add(who(e.subject), e)
    for state in states.values():
        begins = {s.type for s in state.begin}
        for end in events:
            if end.type in {s.type for s in state.end}:
                for start, party in named:
                    if start.type in begins and who(start.subject) == who(end.subject) and \
                            all(start.data.get(k) == end.data.get(k) for k in state.keys):
                        add(party, end)
    for e in events:
        if e.type in LEAVES:
            for start, party in named:
                if who(start.subject) == who(e.subject):
                    add(party, e)
    return found


def alerts(accepted, rules, states, types, calendar, now):
    """(alerts, warnings, unsure, later) as they stand by the text at `now`, periods of the past included. Unsure are the rules and
    subjects of which something need not be said: it began and ended at one instant, or was known by its date alone. Later are those
    that are known only later than they are so."""
    first = {}
    for e in accepted:
        first.setdefault((e.source, e.id), e)
    known = [e for e in first.values() if e.time <= now]
    for e in known:
        e.settle(calendar)
    known = [e for e in known if e.time <= now]
    happened = standing(known)
    who = canonical(happened)
    for e in happened:  # linked ids are one history, and one in a key: also those of a worker or provider
        for name in types.parties.get(e.type, {}).values():
            if e.data.get(name):
                e.data[name] = e.judged[name] = who(e.raw["data"][name])
    own = {}
    for e in happened:
        if e.subject is not None and e.type not in OF_RECORDS:
            own.setdefault(who(e.subject), []).append(e)
    histories = {None: own}
    for of in {r.of for r in rules} - {None}:
        histories[of] = party_histories(happened, who, of, types, states)
    out, warned, unsure, later = [], [], set(), set()
    for of, group in histories.items():
        for subject, events in group.items():
            history = History(subject, of, events, who, calendar, types, states, now)
            history.number()
            found = []
            # A start after its end shows only then that the end was none.
            later |= {(r.id, subject) for r in rules if history.contradictions}
            for rule in rules:
                if rule.of != of:
                    continue
                if rule.kind in ("deadline", "recurring"):
                    one = (Deadline if rule.kind == "deadline" else Recurring)(rule, history, found)
                    found += one.play()
                else:
                    one = Rules(rule, history, found)
                    found += getattr(one, rule.kind)()
                warned += one.warned
                looks_back = [s.type for s in rule.on + rule.stop + rule.closes_on + rule.ends_on
                              if s.where and ("open(" in s.where.text or "seen(" in s.where.text)]
                if any(e.by_date and e.type in looks_back for e in events):
                    later.add((rule.id, subject))  # judged as of the end of its date
                if rule.kind == "overlap" and any(e.by_date for e in one.triggers()):
                    later.add((rule.id, subject))  # proved at the midnight after its date
                # Where an end known by date only is of the date on which an alert opened, it may have been known by then.
                ends = [e for e in one.matching(rule.stop, True) + [e for _, e in one.closers() if e] if e.by_date]
                if one.unsure or any(e.time <= a.opened[0] <= e.day_ends for e in ends for a in found if a.rule == rule.id):
                    unsure.add((rule.id, subject))
            unsure |= {(a.rule, a.subject) for a in found if a.empty()}
            out += [a for a in found if a.opened <= (now, 2, 10**9) and not a.empty()]
    return out, warned, unsure, later
