"""What the pages say is so: links lead somewhere, pins are pins, licences are listed, settings are current."""

from __future__ import annotations

import re
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

from pipeline.recipe.load import load_recipe
from tests.contract.checkout import ROOT, tracked

PAGES = [path for path in tracked() if path.suffix == ".md"]
TEXTS = (".md", ".py", ".toml", ".txt", ".json", ".yml", "")
REQUIREMENT = re.compile(r"(?P<name>[A-Za-z0-9_-]+)(\[\w+\])?==(?P<version>[\w.]+)")


def requirements() -> dict[str, str]:
    """Package -> pinned version, over both files of requirements."""
    lines = [line for name in ("requirements.txt", "requirements-dev.txt") for line in lines_of(ROOT / name)]
    matches = [REQUIREMENT.fullmatch(line) for line in lines]
    assert all(matches), f"not pinned: {[line for line, match in zip(lines, matches, strict=True) if not match]}"
    return {match["name"]: match["version"] for match in matches if match}


def lines_of(path: Path) -> list[str]:
    """The requirements in a file, without comments and includes."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return [line.strip() for line in lines if line.strip() and not line.startswith(("#", "-r"))]


def test_what_is_installed_is_what_is_pinned() -> None:
    installed = {name: version(name).partition("+")[0] for name in requirements()}
    assert installed == requirements()


def test_the_three_opencvs_are_one() -> None:
    pins = requirements()
    assert len({pins[f"opencv-{kind}"] for kind in ("python", "contrib-python", "python-headless")}) == 1


@pytest.mark.parametrize("package", requirements())
def test_third_party_lists_every_package_with_its_version(package: str) -> None:
    rows = [row for row in (ROOT / "THIRD_PARTY.md").read_text(encoding="utf-8").splitlines() if row.startswith("| ")]
    naming = [row for row in rows if re.search(rf"(^\| |, ){re.escape(package)}[ ,]", row)]
    assert [requirements()[package] in row for row in naming] == [True]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_links_lead_somewhere(page: Path) -> None:
    links = re.findall(r"\]\(([^)#\s]+)[^)]*\)", page.read_text(encoding="utf-8"))
    local = [link for link in links if not link.startswith(("http://", "https://", "mailto:"))]
    assert [link for link in local if not (page.parent / link).exists()] == []


def test_no_page_or_source_names_a_path_of_somebodys_machine() -> None:
    own = re.compile(r"(?<![\w./-])/(work|home|root|Users)/\w")
    texts = [path for path in tracked() if path.suffix in TEXTS and path != Path(__file__)]
    assert [path.name for path in texts if own.search(path.read_text(encoding="utf-8"))] == []


@pytest.mark.parametrize("page", ["settings", "models"])
def test_the_written_pages_are_current(tmp_path: Path, page: str) -> None:
    command = [sys.executable, str(ROOT / "docs" / f"write_{page}.py"), str(tmp_path / "page.md")]
    subprocess.run(command, cwd=ROOT, env={"PYTHONPATH": str(ROOT)}, check=True)
    written = (ROOT / "docs" / f"{page}.md").read_text(encoding="utf-8")
    assert written == (tmp_path / "page.md").read_text(encoding="utf-8"), "run `make docs`"


@pytest.mark.parametrize("preset", sorted((ROOT / "presets").glob("*.toml")), ids=lambda path: path.stem)
def test_every_preset_loads(preset: Path) -> None:
    assert load_recipe(preset).title


def test_make_explains_its_commands() -> None:
    listed = subprocess.run(["make", "--silent"], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    commands = re.findall(r"^  make (\w+) +\w.*\.$", listed, re.MULTILINE)
    checks = ["test", "long", "check", "lint", "types", "bench", "evaluate", "reliability"]
    assert commands == ["help", "setup", "demo", "app", *checks, "docs", "clean"]
