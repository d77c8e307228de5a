#!/usr/bin/env python3
"""The examples in docs/ are what the tool prints.

    tests/scenario/docs.py [--tool build/casewatch] [--write]

Runs every "$ casewatch …" of the console blocks in docs/analyst.md and docs/import.md, from the top of the tree with conf/casewatchd.yaml, and
compares what it prints with what stands below it, to the letter. "…" on a line of its own stands for any lines. --write
puts what is printed now in place of it.
"""
import argparse, os, pathlib, re, shlex, subprocess, sys

BLOCK = re.compile(r"(```console\n)(.*?)(```\n)", re.S)


def run(tool, line):
    words = shlex.split(line)
    # In another folder, so that nothing is left behind here.
    p = subprocess.run([tool] + words[1:], capture_output=True, text=True, timeout=60,
                       env=dict(os.environ, CASEWATCH_CONFIG="conf/casewatchd.yaml"))
    return (p.stdout + p.stderr).strip("\n")


def fits(wanted, printed):
    pattern = ".*?".join(re.escape(part) for part in re.split(r"(?m)^…$", wanted))
    return re.fullmatch(pattern, printed, re.S) is not None


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--tool", default="build/casewatch")
    p.add_argument("--write", action="store_true")
    args = p.parse_args()
    count = wrong = 0
    for path in [pathlib.Path("docs/analyst.md"), pathlib.Path("docs/import.md")]:
        text = path.read_text()

        def each(match):
            nonlocal count, wrong
            command, _, wanted = match.group(2).partition("\n")
            printed = run(args.tool, command[2:])
            count += 1
            if args.write and not re.search(r"(?m)^…$", wanted):
                return f"{match.group(1)}{command}\n{printed}\n{match.group(3)}"
            if not fits(wanted.strip("\n"), printed):
                wrong += 1
                print(f"not ok  {path}: {command}\n--- it prints\n{printed}")
            return match.group(0)

        changed = BLOCK.sub(each, text)
        if args.write:
            path.write_text(changed)
    print(f"{count - wrong} examples print what docs/ say, {wrong} do not")
    return 1 if wrong or not count else 0


if __name__ == "__main__":
    sys.exit(main())
