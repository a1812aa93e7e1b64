"""The page in a real browser: before and after stand side by side, are read without colour, and nothing is fetched."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import clearprop as cp
from clearprop.diagnosing.pictures import answers_picture, costs_picture
from explaining.browser import Browser, chromium

from .problems import case, once, setup

needs_browser = pytest.mark.skipif(chromium() is None, reason="needs Chromium: apt-get install chromium")


@pytest.fixture(scope="module")
def diagnosis() -> cp.Diagnosis:
    return cp.diagnose(**{**case("lr-too-high-3").arguments, "learning_rate": 3.0})


@pytest.fixture(scope="module")
def page(diagnosis: cp.Diagnosis, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("page") / "diagnosed.html"
    path.write_text(diagnosis.to_html(), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with Browser() as opened:
        yield opened


@needs_browser
def test_before_and_after_stand_side_by_side(browser: Browser, page: Path) -> None:
    browser.open(page, width=1200)
    for picture in ("answers", "cost"):
        boxes = browser.value(
            f"[...document.querySelectorAll('#lr-too-high figure.{picture}')]"
            ".slice(0, 2).map(f => { const b = f.getBoundingClientRect(); return [b.x, b.y, b.width] })"
        )
        (before_x, before_y, width), (after_x, after_y, _) = boxes
        assert before_y == after_y
        assert after_x >= before_x + width
        assert width > 200


@needs_browser
def test_every_word_of_a_picture_lies_inside_it(browser: Browser, page: Path) -> None:
    browser.open(page, width=1200)
    outside = browser.value(
        "[...document.querySelectorAll('svg text')].filter(t => { const a = t.getBoundingClientRect(), "
        "b = t.ownerSVGElement.getBoundingClientRect(); "
        "return a.left < b.left - 1 || a.right > b.right + 1 || a.top < b.top - 1 || a.bottom > b.bottom + 1 })"
        ".map(t => t.textContent)"
    )
    assert outside == []


@needs_browser
def test_the_pictures_have_no_colour_and_are_drawn(browser: Browser, page: Path, tmp_path: Path) -> None:
    browser.open(page, width=1200)
    browser.value("document.querySelector('.side').scrollIntoView()")
    pixels = np.asarray(Image.open(io.BytesIO(browser.picture(tmp_path / "seen.png"))).convert("RGB")).astype(int)
    assert (np.ptp(pixels, axis=2) < 30).mean() > 0.99  # greys
    assert (pixels.max(axis=2) < 100).mean() > 0.005  # lines and numbers


@needs_browser
def test_a_phone_shows_the_whole_width_and_nothing_is_fetched(browser: Browser, page: Path) -> None:
    before = len(browser.requests)
    browser.open(page, width=390)
    assert browser.value("document.documentElement.scrollWidth") <= 390
    assert [url for url in browser.requests[before:] if not url.startswith("file:")] == []
    assert browser.complaints == []


def test_the_page_holds_no_script_and_no_address(diagnosis: cp.Diagnosis) -> None:
    text = diagnosis.to_html()
    assert "<script" not in text
    assert set(re.findall(r"""(?:https?:)?//[^\s"'<)]+""", text)) == {"http://www.w3.org/2000/svg"}
    assert diagnosis._repr_html_().startswith("<style>")


def test_the_page_says_what_the_text_says(diagnosis: cp.Diagnosis) -> None:
    text = diagnosis.to_html()
    for sentence in [symptom.sentence for symptom in diagnosis.symptoms] + [cause.advice for cause in diagnosis.causes]:
        assert sentence in text
    assert text.count("before: unchanged") == text.count("after: changed") == 2 * len(diagnosis.cures)


def test_the_squares_hold_the_counts_of_class_and_answer() -> None:
    arm = once(setup())
    y, answers = arm.setup.judges.y, arm.outcomes[0].outputs.argmax(axis=1)
    numbers = [int(text) for text in re.findall(r">(\d+)</text>", answers_picture(arm))]
    counts = [int(np.sum((y == k) & (answers == a))) for k in (0, 1) for a in (0, 1)]
    names_of_rows_and_columns = [0, 0, 1, 1]
    assert sorted(numbers) == sorted([*names_of_rows_and_columns, *(count for count in counts if count)])


def test_classes_have_their_names_beside_the_squares() -> None:
    y = np.array(["fair", "a storm of many words"])[np.arange(40) % 2]
    picture = answers_picture(once(setup(y=y)))
    assert re.findall(r">([a-z …]{4,})</text>", picture) == [
        "answer", "class", "a storm of ma…", "a storm of ma…", "fair", "fair"
    ]  # fmt: skip


def test_what_diverged_has_pictures_too() -> None:
    arm = once(setup(x=np.full((40, 3), np.nan)))
    assert "no number left to show" in answers_picture(arm)
    assert "no epoch with a cost" in costs_picture(arm, (arm,))


def test_real_numbers_are_dots_beside_their_targets() -> None:
    real = once(setup(y=np.linspace(-1, 1, 40)[:, None], layers=[3, 4, 1], output="identity", cost="squared_error"))
    assert answers_picture(real).count("<circle") == 40
