"""What one council on one machine pays for what only several machines need (row `alone`): of the instructions of the daemon's turns in days of the
simulator, those in what names rows and messages alike on every machine. The gate and the log's time are a branch each, and not seen."""
import re
import subprocess

from councils_row import target
from processes import BUILD, ROOT

PAID = ("outbox_same_of", "outbox_same_together", "outbox_message_name")  # each is called, or the row fails
ALL = "loop_turn"
MOST = 1.03


def inclusive(profile, name):
    """Instructions in the function and all it calls, of callgrind_annotate's lines "N (P%)  FILE:FUNCTION [OBJECT]"."""
    found = [int(count.replace(",", "")) for count, function in re.findall(r"(?m)^\s*([\d,]+) \([^)]*\)\s+\S+?:(\w+)(?:'\d+)?(?:\.\w+)*(?: \[|$)", profile)
             if function == name]
    if not found:
        raise AssertionError(f"{name} is not in the profile: was it renamed, or is it not called any more?")
    return max(found)


def row(folder, days, say, quick):
    out = folder / "alone.callgrind"
    subprocess.run(["valgrind", "--tool=callgrind", f"--callgrind-out-file={out}", f"{BUILD}/casewatch-sim", "--seed", "3", "--days", str(days),
                    "--faults", "0"], check=True, capture_output=True, cwd=ROOT, timeout=1800)
    profile = subprocess.run(["callgrind_annotate", "--inclusive=yes", "--threshold=100", str(out)], check=True, capture_output=True, text=True,
                             timeout=600).stdout
    out.unlink()
    whole, paid = inclusive(profile, ALL), {name: inclusive(profile, name) for name in PAID}
    ratio = whole / (whole - sum(paid.values()))
    say(f"  {whole / 1e6:.1f}M instructions of the daemon's turns in {days} days; of them "
        + ", ".join(f"{name} {count / 1e6:.1f}M" for name, count in paid.items())
        + f": {ratio:.3f} of what it would be without{target(f'at most {MOST}', ratio <= MOST, not quick)}")
