"""The package as Debian people look at it: lintian, two builds, its files, its pages. How it lives is
in test_systemd.py."""

import email.utils
import gzip
import hashlib
import json
import os
import pathlib
import re
import shutil
import subprocess

import pytest

import package_kit
from processes import ROOT


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    return package_kit.unpacked(tmp_path_factory.mktemp("package") / "tree")


def commands():
    tool = os.path.join(package_kit.plain_build(), "casewatch")
    table = subprocess.run([tool, "--help", "--json"], capture_output=True, text=True, check=True).stdout
    return json.loads(table)["commands"]


def test_lintian_finds_nothing_also_where_it_is_pedantic():
    changes = next(package_kit.package().parent.glob("*.changes"))
    done = subprocess.run(["lintian", "--allow-root", "--pedantic", "--info", "--display-info", "--fail-on",
                           "error,warning,info,pedantic", str(changes)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "E:" not in done.stdout and "W:" not in done.stdout, done.stdout


def test_a_second_build_elsewhere_makes_the_same_bytes(tmp_path):
    first, second = package_kit.package(), package_kit.build(tmp_path / "another" / "place")
    assert first.name == second.name
    assert hashlib.sha256(first.read_bytes()).hexdigest() == hashlib.sha256(second.read_bytes()).hexdigest()


def test_a_file_compiled_elsewhere_is_the_same_object(tmp_path):
    """Some files, by the package's own flags, in two directories; `make package-test` compiles all."""
    objects = [f"build/obj/daemon/{name}.o" for name in ("base/map", "cli/help", "run/main")]
    made = []
    for place in (tmp_path / "a", tmp_path / "much" / "longer" / "way"):
        for name in ("daemon", "Makefile", "debian"):
            target = place / name
            target.parent.mkdir(parents=True, exist_ok=True)
            source = os.path.join(ROOT, name)
            (shutil.copytree if os.path.isdir(source) else shutil.copy)(source, target)
        subprocess.run(["make", "-s", "-C", str(place), "BUILD=build", f"OPT=-O2 -g -ffile-prefix-map={place}=.",
                        "WARN=-Wall", *objects], check=True, stdout=subprocess.DEVNULL)
        made.append([(place / name).read_bytes() for name in objects])
    assert made[0] == made[1]


def test_every_command_has_a_page_that_mandoc_and_man_take(tree):
    pages = {path.name[:-3]: gzip.decompress(path.read_bytes()) for path in tree.glob("usr/share/man/man?/*.gz")}
    wanted = {f"casewatch-{command['name']}.1" for command in commands()} | {
        "casewatch.1", "casewatchd.8", "casewatchd.yaml.5", "casewatch-rules.5", "casewatch-events.7"}
    assert set(pages) == wanted
    for name, page in pages.items():
        lint = subprocess.run(["mandoc", "-Tlint", "-W", "style"], input=page, capture_output=True, check=False)
        assert lint.returncode == 0, f"{name}: {lint.stdout.decode()}"
    # As lintian does: what groff warns of. One process for all; each page begins anew with its .TH.
    done = subprocess.run(["man", "--warnings", "-E", "UTF-8", "-Tutf8", "-Z", "-l", "-"],
                          input=b"\n".join(pages.values()), capture_output=True, check=False,
                          env=dict(os.environ, MANWIDTH="80", LC_ALL="C.UTF-8"))
    assert not done.stderr.strip(), done.stderr.decode()


def test_every_option_is_on_the_page_of_its_command_and_of_the_configuration(tree):
    for command in commands():
        page = (tree / f"usr/share/man/man1/casewatch-{command['name']}.1.gz").read_bytes()
        page = gzip.decompress(page).decode().replace("\\", "")
        for option in command["options"]:
            assert f"fB--{option['name']}fR" in page, f"{command['name']} --{option['name']}"
    tool = os.path.join(package_kit.plain_build(), "casewatch")
    table = subprocess.run([tool, "check", "--options"], capture_output=True, text=True, check=True).stdout
    page = gzip.decompress((tree / "usr/share/man/man5/casewatchd.yaml.5.gz").read_bytes()).decode().replace("\\", "")
    for option in re.findall(r"(?m)^\| `([^`]+)`", table):
        assert option in page, option


def complete(script, *words):
    """What bash offers for the last of the words."""
    line = ('source "$0"; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _casewatch; [ ${#COMPREPLY[@]} = 0 ] || '
            'printf "%s\\n" "${COMPREPLY[@]}"')
    done = subprocess.run(["bash", "-uc", line, str(script), *words], capture_output=True, text=True, check=True)
    return done.stdout.split("\n")[:-1]


def test_bash_completes_commands_options_words_and_files(tree, tmp_path, monkeypatch):
    script = tree / "usr/share/bash-completion/completions/casewatch"
    table = commands()
    names = {command["name"] for command in table}
    assert set(complete(script, "casewatch", "")) == names | {"help", "--help", "--version"}
    for command in table:
        offered = complete(script, "casewatch", command["name"], "--")
        own = {"--" + option["name"] for option in command["options"]}
        assert set(offered) == own | {"--config", "--council", "--json", "--help"}
    assert complete(script, "casewatch", "quarantine", "") == ["discard", "list", "release", "show"]
    assert complete(script, "casewatch", "backtest", "--threads", "") == ["1", "2", "4", "8"]
    (tmp_path / "rules with blanks").mkdir()
    monkeypatch.chdir(tmp_path)
    assert complete(script, "casewatch", "check", "--rules", "ru") == ["rules with blanks"]
    assert complete(script, "casewatch", "ack", "--as", "") == []
    assert complete(script, "casewatch", "no-such-command", "--") == []


def test_what_a_council_changes_is_kept_by_dpkg_and_its_own_files_are_not_in_the_package(tree):
    etc = {str(path.relative_to(tree)) for path in (tree / "etc").rglob("*") if path.is_file()}
    assert {"/" + path for path in etc} == set((tree / "DEBIAN/conffiles").read_text().split())
    assert "etc/casewatch/rules/custody.yaml" in etc and "etc/casewatch/bank-holidays.json" in etc
    for name in ("casewatchd.yaml", "directory.yaml"):
        assert f"etc/casewatch/{name}" not in etc and (tree / "usr/share/casewatch" / name).exists()
    assert not any("monitoring" in path for path in etc)
    assert not list((tree / "usr/share/doc/casewatch").rglob("pages"))


def test_the_version_is_one(tree):
    control = (tree / "DEBIAN/control").read_text()
    version = re.search(r"(?m)^Version: (.*)$", control)[1]
    makefile = pathlib.Path(ROOT, "Makefile").read_text(encoding="utf-8")
    assert re.search(r"(?m)^VERSION := (.*)$", makefile)[1] == version
    assert f"version='{version}'" in (tree / "DEBIAN/preinst").read_text()
    assert f"## {version} " in pathlib.Path(ROOT, "CHANGELOG.md").read_text(encoding="utf-8")
    said = subprocess.run([tree / "usr/bin/casewatch", "--version"], capture_output=True, text=True, check=True).stdout
    assert said == f"casewatch {version}\n"


def test_the_build_needs_what_setup_installs(tree):
    """The Makefile's packages and those of debian/control are one list."""
    del tree
    control = pathlib.Path(ROOT, "debian/control").read_text(encoding="utf-8")
    needs = set(re.findall(r"[a-z0-9.+-]+-dev\b|pkg-config", re.search(r"(?s)Build-Depends:(.*?)\n\n", control)[1]))
    makefile = pathlib.Path(ROOT, "Makefile").read_text(encoding="utf-8")
    listed = set(re.search(r"(?s)BUILD_PACKAGES := (.*?)\n[A-Z]", makefile)[1].replace("\\", "").split())
    assert needs - {"libcmocka-dev"} == listed - {"gcc", "libc6-dev", "tzdata"}  # build-essential, and what tests read


def test_the_bill_of_materials_names_each_library_and_holds_together(tree):
    bill = json.loads((tree / "usr/share/doc/casewatch/casewatch.spdx.json").read_text())
    idents = {package["SPDXID"]: package for package in bill["packages"]}
    assert bill["spdxVersion"] == "SPDX-2.3" and len(idents) == len(bill["packages"])
    for relation in bill["relationships"]:
        assert relation["relatedSpdxElement"] in idents
        assert relation["spdxElementId"] in idents or relation["spdxElementId"] == "SPDXRef-DOCUMENT"
    control = (tree / "DEBIAN/control").read_text()
    depends = set(re.findall(r"\b(lib[a-z0-9.+-]+)", re.search(r"(?m)^Depends: (.*)$", control)[1]))
    linked = {package["name"] for package in bill["packages"] if package.get("primaryPackagePurpose") == "LIBRARY"}
    assert depends <= linked, depends - linked
    with open(os.path.join(ROOT, "debian/changelog"), encoding="utf-8") as file:
        date = email.utils.parsedate_to_datetime(re.search(r"(?m)^ -- .*?  (.*)$", file.read())[1])
    assert bill["creationInfo"]["created"] == date.strftime("%Y-%m-%dT%H:%M:%SZ")
