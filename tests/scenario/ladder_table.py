#!/usr/bin/env python3
"""Each proof that docs/ladder.md names is there: a scenario, a test of a program, or a file; and no row has none."""
import pathlib, re, sys

TOP = pathlib.Path(__file__).parents[2]


def there():
    names = {p.stem for p in (TOP / "tests/scenario/cases").glob("*.json")}
    for folder in ("tests", "conf/templates"):
        names |= {p.name for p in (TOP / folder).rglob("*") if p.is_file()}
    for path in [*(TOP / "tests/unit").glob("*_test.c"), *(TOP / "tests/system").glob("test_*.py"), *(TOP / "tests/scenario").glob("*.py")]:
        names |= set(re.findall(r"^(?:static void|def) (?:test_)?(\w+)\(", path.read_text(), re.M))
    return names


def main():
    known, wrong, rows = there(), [], 0
    for number, line in enumerate((TOP / "docs/ladder.md").read_text().splitlines(), 1):
        cells = line.split(" | ")
        if not line.startswith("| ") or len(cells) != 2 or cells[0] == "| sentence":
            continue
        rows += 1
        proofs = re.findall(r"`([^`]+)`", cells[1])
        wrong += [f"docs/ladder.md:{number}: there is no {name}" for name in proofs if name not in known]
        wrong += [f"docs/ladder.md:{number}: no proof"] * (not proofs)
    print("\n".join(wrong) or f"{rows} sentences about who is told, and when, have their proof")
    return 1 if wrong or not rows else 0


if __name__ == "__main__":
    sys.exit(main())
