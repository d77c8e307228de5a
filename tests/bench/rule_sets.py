"""Rule sets of any size for the benchmark: the three of tests/bench/rules, and others spread over all event types.

As in a council's own set most rules look at types of which few events come; an event of a type costs by the rules that name
it. The others are deadlines and event rules on each type of docs/schemas in turn, about one in eight of them on types that
the bench's events have."""
import pathlib
import re
import shutil

BUSY = ("missing.started", "missing.ended", "referral.accepted", "assessment.authorised", "custody.detained", "custody.released")


def types(root):
    names = sorted(path.stem for path in (root / "docs" / "schemas").glob("*.*.json"))
    return [name for name in names if name not in BUSY and not name.startswith(("alert.", "mute.", "person.", "event.", "source."))]


def rule(number, name, stop):
    kind = (f"event: {{event: {name}}}" if number % 2 else f"deadline: {{start: {name}, stop: {stop}, within: 5 working days}}")
    return (f"  - id: bench.rule-{number}\n    title: Rule {number} of the benchmark\n    basis: benchmark\n    severity: normal\n"
            f"    {kind}\n    tell:\n      - {{role: team-manager}}\n    message: custody-overnight\n    actions: [Done]\n"
            f"    text: |\n      Nothing.\n")


def write(folder, root, count):
    folder = pathlib.Path(folder)
    folder.mkdir()
    shutil.copy(root / "tests" / "bench" / "rules" / "three.yaml", folder)
    names = types(root)
    quiet = [(names[i % len(names)], names[(i * 7 + 1) % len(names)]) for i in range(count)]
    lines = ["rules:\n"]
    for i in range(count - 3):
        name, stop = quiet[i]
        if i % 20 == 19:  # a tenth of what makes work: an alert at each would measure the printing of alerts
            name, stop = "custody.detained", "custody.released"
            lines.append(rule(2 * i, name, stop))
        else:
            lines.append(rule(i * 2 + i % 2, name, stop if stop != name else names[0]))
    (folder / "others.yaml").write_text("".join(lines), encoding="utf-8")
    return folder


def alone(folder, root, family, rule_id):
    """One shipped rule by itself, with the settings of its file that it uses."""
    folder = pathlib.Path(folder)
    folder.mkdir()
    text = (root / "rules" / f"{family}.yaml").read_text(encoding="utf-8")
    head, *rules = re.split(r"(?m)^(?=  - id: )", text)
    kept = "".join(rule for rule in rules if rule.startswith(f"  - id: {rule_id}\n"))
    settings = [line for line in head.splitlines(True) if not (setting := re.match(r"  ([\w-]+):", line)) or f"${setting[1]}" in kept]
    (folder / f"{family}.yaml").write_text("".join(settings) + kept, encoding="utf-8")
    return folder
