"""A Debian booted in a container, with the libraries that the package names and nothing of casewatch."""

import fcntl
import hashlib
import json
import os
import re
import signal
import subprocess
import time

from processes import SHARED_MACHINE

CAP_NET_ADMIN = 12  # linux/capability.h
UNIT = 'casewatchd.service'
PACKAGES = ('systemd,systemd-sysv,dbus,tzdata,ca-certificates,libevent-2.1-7,librdkafka1,libsqlite3-0,libcurl4,libyaml-0-2,'
            'libical3,liblz4-1,libssl3,libxml2')


class Failure(Exception):
    pass


def make_root(work, build):
    """A Debian with systemd and the libraries; kept as an archive, because making it takes most of the time. Its name says of
    which packages it is, so that a library more is not looked for in an old one."""
    archive = os.path.join(build, f'system-root.{hashlib.sha256(PACKAGES.encode()).hexdigest()[:12]}.tar')
    with open(archive + '.lock', 'w', encoding='ascii') as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not os.path.exists(archive):
            made = os.path.join(build, f'system-root.{os.getpid()}.tar')  # mmdebstrap makes an archive of this ending
            subprocess.run(['mmdebstrap', '--quiet', '--variant=minbase', f'--include={PACKAGES}', 'bookworm', made], check=True)
            os.rename(made, archive)
    root = os.path.join(work, 'root')
    os.mkdir(root)
    subprocess.run(['tar', '-C', root, '-xf', archive], check=True)
    return root


def private_network():
    """A network of its own, where this machine may set one up: within a container that may not, its loopback would stay down."""
    with open('/proc/self/status', encoding='ascii') as file:
        capable = int(re.search(r'^CapEff:\s*(\w+)', file.read(), re.M)[1], 16)
    return ['--private-network'] if capable >> CAP_NET_ADMIN & 1 else []


class Machine:
    """A booted container. Commands run in it; it ends with the test, whatever happens."""

    def __init__(self, root):
        self.root = root
        environment = dict(os.environ, SYSTEMD_NSPAWN_UNIFIED_HIERARCHY='0')
        self.console = open(root + '.console', 'wb')
        self.nspawn = subprocess.Popen(
            ['systemd-nspawn', '-q', '-D', root, '--register=no', '--keep-unit', '--boot', *private_network(), '--console=pipe'],
            stdin=subprocess.DEVNULL, stdout=self.console, stderr=self.console, env=environment)
        self.leader = None
        try:
            wait_for(self.is_up, 90, 'the container to boot')
        except BaseException:
            self.end()
            raise

    def is_up(self):
        if self.nspawn.poll() is not None:
            raise Failure('the container ended at once; see ' + self.console.name)
        with open(f'/proc/{self.nspawn.pid}/task/{self.nspawn.pid}/children', encoding='ascii') as file:
            children = file.read().split()
        if not children:
            return False
        self.leader = children[0]
        return self.run('systemctl', 'is-system-running', check=False).strip() in ('running', 'degraded')

    def into(self, *command):
        return ['nsenter', '-t', self.leader, '-m', '-u', '-i', '-p', '-n', '--', *command]

    def do(self, *command, **options):
        """(exit status, what was said)."""
        done = subprocess.run(self.into(*command), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              text=True, check=False, timeout=180, **options)
        return done.returncode, done.stdout

    def run(self, *command, check=True):
        status, said = self.do(*command)
        if check and status:
            raise Failure(f'{" ".join(command)}: exit {status}\n{said}')
        return said

    def status(self, command, *more):
        """The exit status of a command."""
        return self.do(command, *more)[0]

    def unit(self, name):
        return self.run('systemctl', 'show', '-P', name, UNIT).strip()

    def journal(self, *fields):
        lines = self.run('journalctl', '--no-pager', '-q', '-o', 'json', '-u', UNIT, *fields, check=False).splitlines()
        return [json.loads(line) for line in lines if line.startswith('{')]

    def path(self, inside):
        return os.path.join(self.root, inside.lstrip('/'))

    def write(self, inside, text, mode=0o644):
        os.makedirs(os.path.dirname(self.path(inside)), exist_ok=True)
        with open(self.path(inside), 'w', encoding='utf-8') as file:
            file.write(text)
        os.chmod(self.path(inside), mode)

    def change(self, inside, pattern, words):
        """A file with every line that the pattern finds changed; there must be one."""
        with open(self.path(inside), encoding='utf-8') as file:
            text = file.read()
        changed, count = re.subn(pattern, words, text, flags=re.M)
        expect(count > 0, f'{inside} has {pattern}')
        with open(self.path(inside), 'w', encoding='utf-8') as file:
            file.write(changed)

    def end(self):
        self.nspawn.send_signal(signal.SIGTERM)
        try:
            self.nspawn.wait(20)
        except subprocess.TimeoutExpired:
            self.nspawn.send_signal(signal.SIGTERM)  # the second ends it without ceremony
            self.nspawn.wait(20)
        self.console.close()


def wait_for(condition, seconds, what):
    seconds *= SHARED_MACHINE
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return
        time.sleep(0.1)
    raise Failure(f'waited {seconds} s in vain for {what}')


def expect(condition, what):
    if not condition:
        raise Failure('expected: ' + what)
