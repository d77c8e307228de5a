"""Each kind of file of a configuration, broken in each of the ways that editors, copies and disks break files: it is refused with its
place, and nothing ends over it: not the check, and not a daemon that is told to read it anew."""

import os
import re
import shutil
import signal
import subprocess

import pytest
import yaml

from processes import BUILD, ROOT, Process, wait_until

KINDS = ["conf/casewatchd.yaml", "conf/directory.yaml", "conf/bank-holidays.json", "conf/lists/answering.yaml", "conf/lists/daily-missing.yaml",
         "conf/templates/alert.txt.mustache", "rules/custody.yaml", "rules/registers.yaml"]
WAYS = {
    "empty": lambda path, whole: path.write_bytes(b""),
    "blank": lambda path, whole: path.write_bytes(b" \n\n"),
    "a scalar": lambda path, whole: path.write_bytes(b"42\n"),
    "a list": lambda path, whole: path.write_bytes(b"- 1\n- a: 2\n"),
    "a tab": lambda path, whole: path.write_bytes(whole + b"\tx: 1\n"),
    "Latin-1": lambda path, whole: path.write_bytes(whole + b"# caf\xe9\n"),
    "UTF-16": lambda path, whole: path.write_bytes(whole.decode().encode("utf-16")),
    "a byte of zero": lambda path, whole: path.write_bytes(whole + b"\0"),
    "a second document": lambda path, whole: path.write_bytes(whole + b"\n---\n" + whole),
    "brackets": lambda path, whole: path.write_bytes(whole + b"\nzz: " + b"[" * 5000 + b"\n"),
    "a directory": lambda path, whole: path.mkdir(),
    "a link to nowhere": lambda path, whole: path.symlink_to("/nowhere"),
    "a pipe": lambda path, whole: os.mkfifo(path),
    "a gigabyte": lambda path, whole: (path.touch(), os.truncate(path, 1 << 30)),
}
TEMPLATE_MAY_BE = {"a scalar", "a list", "a tab", "a second document", "brackets"}  # any text is one


@pytest.fixture
def house(tmp_path):
    for name in ("conf", "rules"):
        shutil.copytree(os.path.join(ROOT, name), tmp_path / name)
    (tmp_path / "conf/casewatchd.yaml").write_text(yaml.safe_dump({
        "council": "Example Council", "database": "casewatch.db", "spool": "spool", "rules": "../rules", "lists": "lists",
        "calendar": {"file": "bank-holidays.json"}}))
    return tmp_path


def tool(house, *arguments):
    return subprocess.run([os.path.join(BUILD, "casewatch"), *arguments, "--config", str(house / "conf/casewatchd.yaml")],
                          capture_output=True, text=True, timeout=120)


class Broken:
    def __init__(self, path, way):
        self.path, self.way, self.whole = path, way, path.read_bytes()

    def __enter__(self):
        self.path.unlink()
        WAYS[self.way](self.path, self.whole)

    def __exit__(self, *error):
        self.path.rmdir() if self.path.is_dir() else self.path.unlink()
        self.path.write_bytes(self.whole)


@pytest.mark.parametrize("kind", KINDS)
def test_whatever_breaks_a_file_of_the_configuration_is_said_with_its_place(house, kind):
    assert tool(house, "check").returncode == 0
    for way in WAYS:
        if kind.endswith(".mustache") and way in TEMPLATE_MAY_BE:
            continue
        with Broken(house / kind, way):
            done = tool(house, "check")
        assert done.returncode == 1, (way, done.returncode, done.stdout, done.stderr)
        assert re.search(r"^/\S+:\d+:\d+: .", done.stdout + done.stderr, re.M), (way, done.stdout, done.stderr)


def test_a_running_daemon_refuses_a_broken_file_of_each_kind_and_goes_on(house, ends):
    daemon = ends(Process([os.path.join(BUILD, "casewatchd"), "--config", str(house / "conf/casewatchd.yaml")]))
    daemon.wait_for(">ready$", 30)
    for kind in KINDS:
        with Broken(house / kind, "empty"):
            said = len(daemon.drain())
            daemon.signal(signal.SIGHUP)  # the tool would look at the file first
            daemon.wait_for(re.escape(os.path.basename(kind)) + ".*(empty|too early)", 30, after=said)
        assert daemon.running()
    done = tool(house, "reload")
    assert done.returncode == 0, (done.stdout, done.stderr)
    wait_until(lambda: "reload" not in tool(house, "status").stdout, 30, "the refused reloads to be over")
