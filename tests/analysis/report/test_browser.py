"""The report in a real browser: quiet, alone, and of use without scripts."""

from __future__ import annotations

import json
import re
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from analysis.build import write_report
from analysis.claims.sequences import half_width
from analysis.report import page
from tests.analysis.report.conftest import EVIL, planted_results

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
pytestmark = pytest.mark.skipif(
    CHROMIUM is None, reason="no chromium here; .ci/run installs it"
)
WIDTHS = (400, 1200, 2000)


@dataclass
class Visit:
    """A page in the browser, and what happened meanwhile."""

    page: Any
    requests: list[str] = field(default_factory=list)
    said: list[str] = field(default_factory=list)

    def visible(self, selector: str) -> str:
        return str(self.page.locator(selector).first.inner_text())

    def until(self, condition: str) -> None:
        """Wait; the driver's own way is refused by the page's policy."""
        ends = time.monotonic() + 20
        while not self.page.evaluate(condition):
            assert time.monotonic() < ends, f"never: {condition}"
            self.page.wait_for_timeout(50)


def heard(visit: Visit, dialog: Any) -> None:
    visit.said.append(dialog.message)
    dialog.dismiss()


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as driver:
        # A container's root has no sandbox of its own.
        found = driver.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"]
        )
        yield found
        found.close()


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    results = planted_results(tmp_path_factory.mktemp("seen") / "results", 6)
    return write_report(results).paths[0]


@pytest.fixture
def visit(browser: Any, report: Path) -> Iterator[Any]:
    contexts = []

    def go(width: int = 1200, text: str = "", part: str = "", **options: Any) -> Visit:
        size = {"width": width, "height": 900}
        context = browser.new_context(viewport=size, **options)
        contexts.append(context)
        visit = Visit(context.new_page())
        visit.page.on("request", lambda request: visit.requests.append(request.url))
        visit.page.on("console", lambda message: visit.said.append(message.text))
        visit.page.on("pageerror", lambda error: visit.said.append(str(error)))
        visit.page.on("dialog", lambda dialog: heard(visit, dialog))
        path = report
        if text:
            path = report.with_name("changed.html")
            path.write_text(text)
        visit.page.goto(path.as_uri() + part)
        return visit

    yield go
    for context in contexts:
        context.close()


def open_all(visit: Visit) -> None:
    visit.page.evaluate(
        "document.querySelectorAll('details').forEach(each => { each.open = true })"
    )
    for chart in visit.page.locator("figure.curves, [data-plot]").all():
        chart.scroll_into_view_if_needed()
    visit.until(
        "[...document.querySelectorAll('.chart')].every(c => c.querySelector('canvas'))"
    )


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", WIDTHS)
def test_no_request_no_error_and_nothing_beyond_the_page(visit, width, scheme):
    seen = visit(width, color_scheme=scheme)
    open_all(seen)
    assert [url.split(":")[0] for url in seen.requests] == ["file"]
    assert seen.said == []
    wider = "document.documentElement.scrollWidth - innerWidth"
    assert seen.page.evaluate(wider) <= 0
    ground = seen.page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert ground == {"light": "rgb(255, 255, 255)", "dark": "rgb(20, 24, 29)"}[scheme]


@pytest.mark.parametrize("width", [320, 390, 736])
def test_no_verdict_is_printed_over_its_neighbour(visit, width):
    seen = visit(width)
    seen.page.evaluate("""document.querySelectorAll('.claims .who + .said').forEach(
      (said, n) => {
        said.parentElement.className = n % 3 ? 'tier contradicted' : 'tier silent';
        said.innerText = n % 3 ? '✘ contradicted' : '– says nothing of it';
      })""")  # the longest of what may stand there
    over = """[...document.querySelectorAll('.claims .tier + .tier')].filter(next => {
      const said = next.previousElementSibling.querySelector('.said');
      const [one, two] = [said, next].map(each => each.getBoundingClientRect());
      return one.right > two.left && one.bottom > two.top && one.top < two.bottom;
    }).map(next => next.parentElement.innerText)"""
    assert seen.page.evaluate(over) == []


def test_verdicts_are_readable_without_scripts(visit):
    seen = visit(java_script_enabled=False)
    claim = seen.page.locator("#C1")
    assert "contradicted" in claim.locator("summary").first.inner_text()
    assert not claim.locator("blockquote").is_visible()
    claim.locator("summary").first.click()
    assert "yields performance" in claim.locator("blockquote").inner_text()
    assert claim.locator("svg.plot").first.is_visible()
    assert seen.page.locator("figure.curves svg.plot").first.is_visible()
    assert seen.page.locator("input").count() == 0
    assert "Without scripts" in seen.visible("noscript")


def test_a_name_that_is_a_script_is_text(visit):
    seen = visit()
    open_all(seen)
    assert seen.said == []
    assert EVIL in seen.page.locator("main").inner_text()
    assert seen.page.locator("figure.curves .legend li").count() > 2


def test_scripts_that_are_not_the_pages_own_are_refused(visit, report):
    """Were a name not escaped, the page's policy would still keep it from running."""
    text = report.read_text().replace("<main>", f"<main>{EVIL}", 1)
    seen = visit(text=text)
    assert len(seen.said) == 1 and "Content Security Policy" in seen.said[0]
    text = text.replace(re.findall("<meta http-equiv.*?>", text, re.S)[0], "", 1)
    assert "x" in visit(text=text).said


def first_figure(visit: Visit) -> Any:
    figure = visit.page.locator("figure.curves").first
    figure.scroll_into_view_if_needed()
    visit.until("document.querySelector('figure.curves canvas')")
    return figure


def legends(panel: Any) -> list[str]:
    return [
        " ".join(each.text_content().split())
        for each in panel.locator(".u-series:not(.u-aside) .u-label").all()
    ]


def test_arms_games_and_seeds_are_switched_on_and_off(visit):
    seen = visit()
    figure = first_figure(seen)
    chart = figure.locator("[data-curves]").first
    every = legends(chart)
    assert every[1] == "a2c-naive (n = 6)" and "a2c-proper (n = 6)" in every
    figure.get_by_label("a2c-proper (n = 6)").uncheck()
    assert legends(chart) == [x for x in every if x != "a2c-proper (n = 6)"]
    figure.get_by_label("a2c-proper (n = 6)").check()
    assert figure.locator(".panel").nth(1).is_visible()
    figure.get_by_label("MinAtar/Breakout", exact=True).uncheck()
    assert not figure.locator(".panel").nth(1).is_visible()
    figure.locator("details summary").first.click()
    figure.get_by_label("3", exact=True).uncheck()
    assert legends(chart)[1] == "a2c-naive (n = 5)"


def bands(figure: Any, kind: str) -> int:
    """Sides of bands: two series each, which have no line."""
    return int(figure.locator(kind).first.locator(".u-series.u-aside").count())


def test_chosen_seeds_have_no_interval(visit):
    """An interval of picked seeds would hold nothing that it says."""
    figure = first_figure(visit())
    before = bands(figure, "[data-differences]")
    figure.locator("details summary").first.click()
    figure.get_by_label("3", exact=True).uncheck()
    gone = before - bands(figure, "[data-differences]")
    assert gone == 2 * (figure.locator(".legend li").count() - 1)


def test_values_are_read_by_mouse_and_by_keyboard(visit):
    seen = visit()
    chart = first_figure(seen).locator("[data-curves]").first
    chart.locator(".u-over").hover()
    assert re.search(r"\d", chart.locator(".u-value").nth(0).inner_text())
    box = chart.locator("div[role=img]")
    box.focus()
    box.press("ArrowRight")
    assert "a2c-naive (n = 6)" in chart.locator("[aria-live]").inner_text()


def test_a_claim_opens_by_keyboard_and_by_link(visit):
    seen = visit()
    summary = seen.page.locator("#C1 > summary")
    summary.focus()
    summary.press("Enter")
    assert seen.page.locator("#C1 blockquote").is_visible()
    assert visit(part="#C2").page.locator("#C2 blockquote").is_visible()


def function_of_script(name: str) -> str:
    script = (Path(page.__file__).parent / "page.js").read_text()
    (made,) = re.findall(rf"const {name} = (\(\w+\) => \{{.*?\n  \}});", script, re.S)
    return str(made)


def test_a_plot_is_cut_where_its_longest_line_ends(visit):
    """Lines that are everywhere, such as that of no difference, do not count."""
    lines = [{"y": [1, None, 3, None, None]}, {"y": [1, 2, None, None, None]}]
    zero, band = {"y": [0] * 5, "everywhere": True}, {"low": [1] * 5, "high": [2] * 5}
    plot = {"x": [1, 2, 3, 4, 5], "lines": [*lines, zero], "bands": [band]}
    cut = f"({function_of_script('cut')})"
    seen = visit().page
    found = seen.evaluate(f"{cut}({json.dumps(plot)})")
    assert found["x"] == [1, 2, 3]
    drawn = [each["y"] for each in found["lines"]]
    assert drawn == [[1, None, 3], [1, 2, None], [0, 0, 0]]
    assert found["bands"] == [{"low": [1] * 3, "high": [2] * 3}]
    assert seen.evaluate(f"{cut}({json.dumps(plot | {'lines': [zero]})}).x.length") == 5


def test_the_scripts_interval_is_that_of_the_statistics(visit):
    made = function_of_script("halfWidth")
    n = list(range(2, 31))
    call = f"{n}.map({made.replace('ALPHA', '0.05')})"
    widths = visit().page.evaluate(call)
    expected = half_width(n, 1.0, 0.05)
    assert widths == pytest.approx(expected.tolist())
