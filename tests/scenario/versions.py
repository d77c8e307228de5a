"""Rules written as two versions, one up to a date and one from then on, of the same words or of other numbers.

Used by shuffle.py (of the same words nothing changes), why_not.py and explain.py (what they say is so of versions, too).
"""
import copy
import datetime
import pathlib
import re

import yaml

KINDS = ("event", "guard", "count", "deadline", "recurring", "overlap", "state", "load")
NUMBERS = ("within", "first", "every", "at-least", "more-than")

yaml.SafeDumper.ignore_aliases = lambda *_: True  # what two versions share is written out in each


def split(rule, day):
    """Two versions of the same words; a rule that has dates of its own is left as it is."""
    if {"effective-from", "effective-until"} & set(rule):
        return [rule]
    return [{**rule, "effective-until": day}, {**copy.deepcopy(rule), "effective-from": day}]


def other(value, settings, by):
    """Another number of the same unit; a setting by its value, as a version has words of its own."""
    if isinstance(value, list):
        return [other(v, settings, by) for v in value]
    if isinstance(value, dict):
        return {k: other(v, settings, by) if k == "length" else v for k, v in value.items()}
    if isinstance(value, str) and value.startswith("$"):
        value = settings[value[1:]]["value"]
    if isinstance(value, int):
        return max(1, value + by)
    number, unit = re.fullmatch(r"(\d+) (.+)", value).groups()
    return f"{max(1, int(number) + by)} {unit}"


def changed(rule, settings, r):
    """The rule with other numbers: how long, how often, how many."""
    kind = next(k for k in KINDS if k in rule)
    by = r.choice([1, 3] if "warn" in rule[kind] else [-1, 1, 3])  # an early warning comes before the clock runs out
    return {**rule, kind: {k: other(v, settings, by) if k in NUMBERS else v for k, v in rule[kind].items()}}


def days(first, count):
    return [(first + datetime.timedelta(days=n)).date() for n in range(count)]


def written(source, target, days, r):
    """Every rule file of source in target, each rule with two versions of other numbers from one of the days on."""
    for path in sorted(pathlib.Path(source).glob("*.yaml")):
        whole = yaml.safe_load(path.read_text())
        if path.name.endswith(".test.yaml"):
            continue
        settings, versions = whole.get("settings", {}), []
        for rule in whole.get("rules", []):
            first, *then = split(rule, r.choice(days))
            versions += r.sample([first, *(changed(v, settings, r) for v in then)], 1 + len(then))
        if versions:
            whole["rules"] = versions
        (pathlib.Path(target) / path.name).write_text(yaml.safe_dump(whole, sort_keys=False, allow_unicode=True, width=10000))


def configured(config, folder, days, r):
    """A configuration that is the other in all but its rules, which have two versions each."""
    config, folder = pathlib.Path(config), pathlib.Path(folder)
    said = yaml.safe_load(config.read_text())
    for word in ("database", "directory", "templates", "lists", "spool"):
        said[word] = str((config.parent / said[word]).resolve())
    said["calendar"]["file"] = str((config.parent / said["calendar"]["file"]).resolve())
    (folder / "rules").mkdir()
    written(config.parent / said["rules"], folder / "rules", days, r)
    said["rules"] = str(folder / "rules")
    (folder / "versions.yaml").write_text(yaml.safe_dump(said, sort_keys=False))
    return str(folder / "versions.yaml")
