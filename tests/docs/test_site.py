"""The documentation, built once: whole, without warnings, and without a network."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

import algorithms
from benchmarks.cli import COMMANDS
from benchmarks.theory.checks import MODULES

ROOT = Path(__file__).parents[2]
LOADS = {"script": "src", "img": "src", "link": "href", "iframe": "src"}


class Page(HTMLParser):
    """What a page links to, what it loads, and its anchors."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.loads: list[str] = []
        self.anchors: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        self.anchors.add(found.get("id", ""))
        if tag == "a" and "href" in found:
            self.links.append(found["href"])
        if LOADS.get(tag) in found:
            self.loads.append(found[LOADS[tag]])


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    words = ["-m", "sphinx", "--fail-on-warning", "--quiet", "docs", str(folder)]
    built = subprocess.run(
        [sys.executable, *words], cwd=ROOT, capture_output=True, text=True, timeout=300
    )
    assert built.returncode == 0, built.stderr
    return folder


@pytest.fixture(scope="module")
def pages(site) -> dict[Path, Page]:
    return {path: Page(path.read_text()) for path in site.rglob("*.html")}


def test_every_command_has_its_section(site):
    text = (site / "commands.html").read_text()
    for name in COMMANDS:
        assert f'id="{name}"' in text
        assert f"usage: python -m benchmarks {name}" in text


def test_what_users_import_has_its_entry(site, pages):
    wanted = {f"algorithms.{name}" for name in algorithms.__all__}
    assert (
        wanted - pages[site / "api.html"].anchors - {"algorithms.ALGORITHMS"} == set()
    )


def test_every_public_class_has_its_entry(pages):
    shown = {anchor for page in pages.values() for anchor in page.anchors}
    missing = set()
    for package in ("algorithms", "analysis", "benchmarks"):
        for path in sorted((ROOT / package).rglob("*.py")):
            module = ".".join(path.relative_to(ROOT).with_suffix("").parts)
            if module.removeprefix("benchmarks.theory.") in MODULES:
                continue  # exact checks: the page of equations has them
            for node in ast.parse(path.read_text()).body:
                if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                    own = module.removesuffix(".__init__")
                    names = {f"{own}.{node.name}", f"{package}.{node.name}"}
                    missing |= {f"{own}.{node.name}"} if not names & shown else set()
    assert missing == set()


def test_every_inner_link_resolves(pages):
    broken = []
    for path, page in pages.items():
        for link in page.links:
            parts = urlsplit(link)
            if parts.scheme or link == "#":
                continue
            target = path if not parts.path else path.parent / unquote(parts.path)
            there = target.resolve()
            known = pages.get(there)
            anchor = unquote(parts.fragment)
            if not there.exists() or (known and anchor and anchor not in known.anchors):
                broken.append((path.name, link))
    assert broken == []


def test_no_page_loads_from_another_host(site, pages):
    assert [
        load for page in pages.values() for load in page.loads if "//" in load
    ] == []
    for style in site.rglob("*.css"):
        text = style.read_text()
        assert not re.search(r"(url\(|@import)\s*['\"]?(https?:)?//", text)
