"""The Debian package, made of the programs that are built already: compiling them again would take minutes and show no
more."""

import fcntl
import hashlib
import os
import pathlib
import re
import shutil
import subprocess

from processes import BUILD, ROOT

SOURCES = ("debian", "systemd", "docs", "conf", "rules", "Makefile", "README.md", "CHANGELOG.md")


def plain_build():
    """With sanitizers the daemon needs libraries and system calls that its unit rightly withholds."""
    libraries = subprocess.run(["ldd", os.path.join(BUILD, "casewatchd")], capture_output=True, text=True,
                               check=True).stdout
    return os.path.join(ROOT, "build") if "libasan" in libraries or "libtsan" in libraries else BUILD


def build(folder):
    """Builds the package into the folder, and returns its file."""
    subprocess.run(["make", "-s", "-C", ROOT, "deb", f"DEB={folder}", f"BUILT={os.path.abspath(plain_build())}",
                    "DEB_OPTIONS=noautodbgsym"], check=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                   text=True, timeout=300)
    return next(pathlib.Path(folder).glob("casewatch_*.deb"))


def state():
    """What the package is made of, as it is now."""
    digest = hashlib.sha256()
    for name in SOURCES:
        top = pathlib.Path(ROOT, name)
        for path in [top] if top.is_file() else sorted(path for path in top.rglob("*") if path.is_file()):
            digest.update(str(path).encode() + path.read_bytes())
    for name in ("casewatchd", "casewatch"):
        digest.update(pathlib.Path(plain_build(), name).read_bytes())
    return digest.hexdigest()[:16]


def package():
    """The package of this tree; tests side by side share one."""
    folder = pathlib.Path(plain_build(), "deb-of-tests")
    folder.mkdir(exist_ok=True)
    with open(folder / "lock", "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        mine = folder / state()
        if not mine.exists():
            for old in folder.glob("????????????????"):
                shutil.rmtree(old)
            building = folder / "building"
            build(building)
            building.rename(mine)
    return next(mine.glob("casewatch_*.deb"))


def unpacked(folder, deb=None):
    """Its files, and those of dpkg under DEBIAN/."""
    subprocess.run(["dpkg-deb", "-R", str(deb or package()), str(folder)], check=True)
    return pathlib.Path(folder)


def as_version(version, folder, deb=None, change=None):
    """The package as another version: its programs are the same, unless `change`, which is called with the unpacked
    tree, takes others."""
    tree = unpacked(pathlib.Path(folder, "tree"), deb)
    control, preinst = tree / "DEBIAN" / "control", tree / "DEBIAN" / "preinst"
    control.write_text(re.sub(r"(?m)^Version: .*$", f"Version: {version}", control.read_text()))
    preinst.write_text(re.sub(r"(?m)^version='.*'$", f"version='{version}'", preinst.read_text()))
    if change:
        change(tree)
    made = pathlib.Path(folder, f"casewatch_{version}_amd64.deb")
    subprocess.run(["dpkg-deb", "--root-owner-group", "-Znone", "-b", str(tree), str(made)], check=True,
                   stdout=subprocess.DEVNULL)
    shutil.rmtree(tree)
    return made
