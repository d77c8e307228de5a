#!/usr/bin/env python3
"""Two years of a large council, judged by the daemon's own pipeline with little room in memory and with much: the same alerts,
told to the same people at the same times.

  tests/scenario/months.py --build build [--events 400000] [--children 20000] [--little 16] [--much 512]
"""
import argparse
import os
import sqlite3
import subprocess
import sys
import tempfile

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..')
# Numbers are given in the order in which histories of one instant are judged, which is nobody's business.
LOOKED_AT = {
    'alerts': 'SELECT a.id, a.rule, h.name, a.severity, a.state, a.opened, a.closed, a.told, a.step, a.because FROM alert a '
              'JOIN history h ON h.id = a.history ORDER BY a.id',
    'messages': 'SELECT purpose, alert, rule, subject, step, role, created, not_before, deadline, payload FROM outbox '
                'ORDER BY alert, created, purpose, role, step, payload',
}


def live(build, folder, events, children, cache):
    database = os.path.join(folder, f'{cache}.db')
    writer = subprocess.Popen([os.path.join(build, 'tests', 'bench_casework'), str(events), str(children), '2'],
                              stdout=subprocess.PIPE)
    done = subprocess.run([os.path.join(build, 'tests', 'months'), database, os.path.join(ROOT, 'conf', 'casewatchd.yaml'),
                           str(cache)], stdin=writer.stdout, capture_output=True, text=True, check=False)
    writer.wait()
    if done.returncode:
        sys.exit(done.stderr)
    print(f'cache of {cache} MiB: {done.stdout.strip()}', flush=True)
    return database, int(done.stdout.split()[3])


def main():
    wanted = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    wanted.add_argument('--build', default='build')
    for name, usual in (('events', 400_000), ('children', 20_000), ('little', 16), ('much', 512)):
        wanted.add_argument(f'--{name}', type=int, default=usual)
    options = wanted.parse_args()
    with tempfile.TemporaryDirectory(prefix='casewatch-months-') as folder:
        little, folds = live(options.build, folder, options.events, options.children, options.little)
        much, fewer = live(options.build, folder, options.events, options.children, options.much)
        if folds <= fewer:
            sys.exit(f'nothing had to leave memory ({folds} folds and {fewer}): nothing was tried; take more children')
        for name, query in LOOKED_AT.items():
            one, other = (sqlite3.connect(database).execute(query) for database in (little, much))
            count = 0
            for count, (a, b) in enumerate(zip(one, other), 1):
                if a != b:
                    sys.exit(f'{name}: with {options.little} MiB\n  {a}\nwith {options.much} MiB\n  {b}')
            if one.fetchone() or other.fetchone():
                sys.exit(f'{name}: more of them with one cache than with the other')
            print(f'{name}: {count:,} the same')
        print(f'{folds:,} histories folded with {options.little} MiB, {fewer:,} with {options.much}')


main()
