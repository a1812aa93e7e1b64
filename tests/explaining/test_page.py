"""The page in a real browser: formulas are set, folds open, nothing is fetched, a phone shows it whole."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import clearprop as cp
from clearprop.reports import mathml, pieces

from .browser import Browser, chromium

needs_browser = pytest.mark.skipif(chromium() is None, reason="needs Chromium: apt-get install chromium")


def small(**keywords: Any) -> cp.Explanation:
    network = cp.Network.initialize([2, 3, 2], hidden="sigmoid", precision="float64", seed=1)
    return cp.explain(network, [1.0, 0.5], [1, 0], **keywords)


def digits() -> cp.Explanation:
    network = cp.Network.initialize([64, 32, 10], precision="float64", seed=1)
    names = [*"abcdefgh", "<i>", "{&}"]
    return cp.explain(network, np.linspace(0, 1, 64), 8, image=(8, 8), classes=names)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with Browser() as opened:
        yield opened


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("page") / "explained.html"
    path.write_text(small(calculus=True).to_html(), encoding="utf-8")
    return path


OPEN_ALL = "document.querySelectorAll('details').forEach(d => d.open = true)"


@needs_browser
def test_formulas_are_set_as_formulas(browser: Browser, page: Path) -> None:
    browser.open(page)
    browser.value(OPEN_ALL)
    assert browser.value("document.querySelectorAll('math').length") > 200
    # a fraction that is set is taller than the line that it was typed in
    heights = browser.value("[...document.querySelectorAll('mfrac')].map(f => f.getBoundingClientRect().height)")
    assert len(heights) > 20
    assert min(heights) > 15
    assert browser.value("document.querySelectorAll('merror').length") == 0
    assert "\\" not in browser.value("document.body.innerText")
    assert browser.complaints == []


@needs_browser
def test_folds_open_from_overview_to_layer_to_neuron_to_product(browser: Browser, page: Path) -> None:
    browser.open(page)
    product = "#forward-2 .step table td"
    assert browser.value(f"document.querySelector({product!r}).checkVisibility()") is False
    for fold in ("#forward-2", "#forward-2 > .equation", "#forward-2 > .equation > .step"):
        assert browser.value(f"document.querySelector({fold!r}).open") is False
        browser.click(f"{fold} > summary")
        assert browser.value(f"document.querySelector({fold!r}).open") is True
    assert browser.value(f"document.querySelector({product!r}).checkVisibility()") is True


@needs_browser
def test_nothing_leaves_the_page(browser: Browser, page: Path) -> None:
    browser.requests.clear()
    browser.open(page)
    browser.value(OPEN_ALL)
    browser.picture(page.with_suffix(".png"))
    assert browser.requests == [page.as_uri()]


@needs_browser
@pytest.mark.parametrize("width", [360, 390])
def test_a_phone_shows_it_without_scrolling_sideways(browser: Browser, page: Path, width: int) -> None:
    browser.open(page, width=width, height=800)
    browser.value(OPEN_ALL)
    assert browser.value("document.documentElement.scrollWidth") <= width
    sizes = browser.value("[...document.querySelectorAll('summary')].map(s => s.getBoundingClientRect().height)")
    assert min(sizes) >= 28  # a finger hits it


@needs_browser
def test_the_picture_of_the_page_is_not_empty(browser: Browser, page: Path) -> None:
    browser.open(page)
    seen = np.asarray(Image.open(io.BytesIO(browser.picture(page.with_suffix(".png")))).convert("L"))
    assert (seen < 128).mean() > 0.005


@needs_browser
def test_pictures_are_shown_and_names_are_no_markup(browser: Browser, tmp_path: Path) -> None:
    path = tmp_path / "digits.html"
    path.write_text(digits().to_html(), encoding="utf-8")
    browser.open(path)
    browser.value(OPEN_ALL)
    loaded = browser.value("[...document.images].map(i => [i.naturalWidth, i.naturalHeight, i.complete])")
    assert loaded == [[8, 8, True]] * 2
    assert browser.value("document.querySelectorAll('i').length") == 0


def test_the_page_holds_no_script_and_no_address() -> None:
    page = small(calculus=True).to_html()
    assert "<script" not in page
    addresses = set(re.findall(r"""(?:https?:)?//[^\s"'<)]+""", page))
    assert addresses == {"http://www.w3.org/1998/Math/MathML"}  # the name of MathML, which nobody fetches
    assert re.findall(r' on\w+="', page) == []


def test_the_links_of_a_page_lead_to_steps_of_it() -> None:
    page = small().to_html()
    targets = re.findall(r'href="#([^"]+)"', page)
    ids = re.findall(r' id="([^"]+)"', page)
    assert len(targets) > 50
    assert set(targets) <= set(ids)
    assert len(ids) == len(set(ids))


def test_a_notebook_shows_the_page_as_a_part_of_its_own() -> None:
    shown = small()._repr_html_()
    assert shown.startswith("<style>")
    assert "<html" not in shown
    assert "Backward through layer 1" in shown


def test_a_formula_is_cut_only_outside_brackets() -> None:
    assert pieces(r"C = -\left(1 + 2\right) + 3 - e^{1 - 2}") == ["C", r"= -\left(1 + 2\right)", "+ 3", "- e^{1 - 2}"]
    assert '<mo form="prefix">' in mathml(r"\left(-3\right)")


@pytest.mark.parametrize("notation", ["books", "nielsen", "3blue1brown", "code"])
def test_every_notation_makes_a_page(notation: str) -> None:
    page = small(notation=notation).to_html()
    assert (page.count("<math") > 100) == (notation != "code")
    assert (page.count("<code") > 100) == (notation == "code")
