"""The package under a real systemd; what is looked at stands in tests/system/systemd."""

import os
import shutil
import subprocess

from processes import ROOT


def test_the_installed_daemon_lives_under_systemd():
    missing = [tool for tool in ("mmdebstrap", "systemd-nspawn", "nsenter") if not shutil.which(tool)]
    assert not missing, f"{', '.join(missing)}: not here; make setup-test installs what this test needs"
    assert os.geteuid() == 0, "a container is booted: this test needs root"
    done = subprocess.run([os.path.join(ROOT, "tests", "system", "systemd")], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, timeout=900)
    print(done.stdout)
    assert done.returncode == 0, done.stdout[-6000:]
