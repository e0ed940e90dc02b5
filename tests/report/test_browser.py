"""The page in a real browser: no errors, no network, and the pixels of Eq. (5) and (8)."""

import json
import os

import numpy as np
import pandas as pd
import pytest
from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import Select, WebDriverWait

from phystd_tf.report.curves import score_curves
from phystd_tf.report.html_report import render_report
from phystd_tf.report.stored import TRACE_STEP, store

pytestmark = pytest.mark.browser

CHROMIUM, DRIVER = "/usr/bin/chromium", "/usr/bin/chromedriver"  # Debian's, so that Selenium downloads none
OPTIONS = (
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
)  # fmt: skip
SIZE = 24
NASTY = "</script><img src=x onerror=alert(1)>\"'&"


def _face(rng):
    """I, B, C, T, P and content of a face, with traces of usual magnitude."""
    parts = {name: rng.normal(0, scale, (SIZE, SIZE, 3)) for name, scale in (("B", 0.06), ("C", 0.03), ("T", 0.03))}
    region = np.zeros((SIZE, SIZE, 1))
    region[4:12, 6:20] = rng.uniform(0.3, 1, (8, 14, 1))
    image, content = rng.integers(0, 256, (2, SIZE, SIZE, 3)) / 255
    return {"image": image, **parts, "P": region, "content": content}


def _traces(face):
    stored = {name: store(face[name], TRACE_STEP).for_page() for name in "BCT"}
    return {**stored, "P": store(face["P"]).for_page(), "cover": store(face["P"] * face["content"]).for_page()}


@pytest.fixture(scope="module")
def faces():
    """Two spoofs, a live face, the traces of the first spoof as if warped, and the face they are put on."""
    rng = np.random.default_rng(8)
    return {name: _face(rng) for name in ("first", "second", "live", "warped", "target")}


def _sample(face, name, kind, score, transfer=None):
    components = {"image": store(face["image"]).for_page(), **_traces(face)}
    live = kind == "live"
    return {
        "clip": name, "frame": 0, "type": kind, "live": live, "score": score, "wrong": live != (score >= 0.5),
        "margin": (score - 0.5) * (1 - 2 * live), "terms": dict.fromkeys(("depth", "B", "C", "T", "P"), 0.1),
        "components": components, "transfer": transfer,
    }  # fmt: skip


@pytest.fixture(scope="module")
def page(faces, tmp_path_factory):
    transfer = {"target": 0, **_traces(faces["warped"])}
    samples = [
        _sample(faces["first"], NASTY, "paper_glasses", 0.9, transfer),
        _sample(faces["second"], "second", NASTY, 0.4),
        _sample(faces["live"], "live", "live", 0.8),
    ]
    explorer = {
        "size": SIZE, "threshold": 0.5, "samples": samples, "rules": ["a rule " + NASTY],
        "targets": [{"clip": NASTY, "image": store(faces["target"]["image"]).for_page()}],
    }  # fmt: skip
    rng = np.random.default_rng(9)
    kinds, labels = ["live"] * 60 + [NASTY] * 40 + ["print"] * 40, np.array([1] * 60 + [0] * 80)
    scores = pd.DataFrame({"type": kinds, "label": labels, "score": rng.normal(labels, 0.5)})
    tables = {"Rates: " + NASTY: [{NASTY: NASTY, **{f"a long column {n}": 0.12345 for n in range(9)}}]}
    path = tmp_path_factory.mktemp("page") / "report.html"
    text = render_report({"note": NASTY, NASTY: "x" * 200}, tables, [], score_curves(scores, 0.5), explorer)
    path.write_text(text, encoding="utf-8")
    return path, scores


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    missing = [path for path in (CHROMIUM, DRIVER) if not os.access(path, os.X_OK)]
    assert not missing, (
        f"{' and '.join(missing)}: missing; install the Debian packages chromium and chromium-driver, or leave these "
        'tests out with -m "not browser"'
    )
    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    for option in (*OPTIONS, f"--user-data-dir={tmp_path_factory.mktemp('profile')}"):
        options.add_argument(option)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = webdriver.Chrome(options=options, service=Service(DRIVER))
    yield driver
    driver.quit()


@pytest.fixture
def explorer(browser, page):
    """The newly loaded page at desktop width."""
    browser.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride", {"width": 1280, "height": 900, "deviceScaleFactor": 1, "mobile": False}
    )
    browser.get(page[0].as_uri())
    _shown(browser, NASTY)
    return browser


def _shown(browser, clip):
    get = "return document.getElementById('explorer').dataset.shown"
    WebDriverWait(browser, 60).until(lambda b: b.execute_script(get) == f"{clip}/0")


def _set(browser, name, value):
    """Moves a slider as a pointer does."""
    script = "const s = document.getElementById(arguments[0]); s.value = arguments[1]; "
    browser.execute_script(script + "s.dispatchEvent(new Event('input', {bubbles: true}))", name, value)


def _view(browser, name):
    browser.find_element(By.CSS_SELECTOR, f'input[name="view"][value="{name}"]').click()


def _pixels(browser, canvas="picture"):
    script = "const context = document.getElementById(arguments[0]).getContext('2d'); "
    script += f"return Array.from(context.getImageData(0, 0, {SIZE}, {SIZE}).data)"
    return np.array(browser.execute_script(script, canvas)).reshape(SIZE, SIZE, 4)[..., :3]


def _eq5(face, b=1.0, c=1.0, t=1.0, p=1.0, sign=-1, image=None):
    """Eq. (5), or Eq. (8), from the values themselves, in gray levels."""
    base = face["image"] if image is None else image
    trace = b * face["B"] + c * face["C"] + t * face["T"]
    return 255 * ((1 - p * face["P"]) * (base + sign * trace) + p * face["P"] * face["content"])


def _bound(b=1.0, c=1.0, t=1.0, p=1.0):
    """Gray levels: half a step of each component (P times an image up to 1.4), and the rounding of the display."""
    return 0.25 * (b + c + t) + p * (0.5 * 1.4 + 0.5) + 0.51


@pytest.mark.parametrize("weights", [{}, {"b": 2.0, "c": 0.0, "t": 0.5, "p": 0.25}, {"b": 0.0, "c": 0, "t": 0, "p": 0}])
def test_the_canvas_shows_equation_5_and_8(explorer, faces, weights):
    for name, value in weights.items():
        _set(explorer, f"weight_{name.upper()}", value)
    _set(explorer, "wipe", 0)
    first, target, warped = faces["first"], faces["target"]["image"], faces["warped"]
    exact = {
        "live": _eq5(first, **weights),
        "additive": _eq5(first, **{**weights, "p": 0.0}),
        "transfer": _eq5(warped, **weights, sign=1, image=target),
    }
    for view, levels in exact.items():
        _view(explorer, view)
        expected = np.clip(levels, 0, 255)
        assert np.abs(_pixels(explorer) - expected).max() <= _bound(**weights), view
        np.testing.assert_array_equal(_pixels(explorer), _pixels(explorer, f"view_{view}"))
    _view(explorer, "removed")
    removed = 4 * (255 * first["image"] - exact["live"]) / 2 + 127.5
    assert np.abs(_pixels(explorer) - np.clip(removed, 0, 255)).max() <= 2 * _bound(**weights) + 1


@pytest.mark.parametrize("name", "BCTP")
def test_a_slider_changes_pixels_by_the_amount_of_equation_5(explorer, faces, name):
    face = faces["first"]
    _set(explorer, "wipe", 0)
    before = _pixels(explorer)
    _set(explorer, f"weight_{name}", 0.5)
    after = _pixels(explorer)
    assert explorer.find_element(By.ID, f"value_{name}").text == "0.50"
    exact = _eq5(face, **{name.lower(): 0.5}) - _eq5(face)
    unclipped = (before > 0) & (before < 255) & (after > 0) & (after < 255)
    # Half of half a step of the moved component, and two roundings of the display.
    bound = 1.02 + (0.125 if name in "BCT" else 0.25 * 1.4 + 0.25 + 0.5 * 0.75)
    assert np.abs((after - before) - exact)[unclipped].max() <= bound
    assert np.abs(exact[unclipped]).max() > 5 * bound


def test_the_wipe_shows_the_input_on_its_left_and_the_result_on_its_right(explorer, faces):
    after = _pixels(explorer, "view_live")
    image = np.rint(255 * faces["first"]["image"])
    for percent, edge in ((0, 0), (25, 6), (100, SIZE)):
        _set(explorer, "wipe", percent)
        shown = _pixels(explorer)
        np.testing.assert_array_equal(shown[:, :edge], image[:, :edge])
        np.testing.assert_array_equal(shown[:, edge:], after[:, edge:])
    _view(explorer, "transfer")
    np.testing.assert_array_equal(_pixels(explorer), np.rint(255 * faces["target"]["image"]))
    assert "another person" in explorer.find_element(By.ID, "before_name").text


def test_all_can_be_done_by_keyboard(explorer):
    slider = explorer.find_element(By.ID, "weight_C")
    slider.send_keys(Keys.ARROW_LEFT, Keys.ARROW_LEFT)
    assert explorer.find_element(By.ID, "value_C").text == "0.90"
    explorer.find_element(By.ID, "wipe").send_keys(Keys.HOME)
    np.testing.assert_array_equal(_pixels(explorer), _pixels(explorer, "view_live"))
    explorer.find_element(By.CSS_SELECTOR, 'input[value="live"]').send_keys(Keys.ARROW_LEFT)
    assert explorer.find_element(By.CSS_SELECTOR, 'input[value="additive"]').is_selected()
    explorer.find_element(By.CSS_SELECTOR, "#gallery button").send_keys(Keys.ARROW_RIGHT)
    _shown(explorer, "second")
    assert explorer.switch_to.active_element.get_attribute("aria-pressed") == "true"
    explorer.find_element(By.ID, "next").send_keys(Keys.ENTER)
    _shown(explorer, "live")
    threshold = explorer.find_element(By.ID, "threshold")
    threshold.send_keys(Keys.HOME)
    assert explorer.find_element(By.ID, "rate_accepted").text == "100.00 %"


def test_gallery_and_filter_show_what_is_there(explorer):
    buttons = explorer.find_elements(By.CSS_SELECTOR, "#gallery button")
    assert [button.text.split("\n")[-1] for button in buttons] == ["0.900", "0.400", "0.800"]
    assert "spoof, accepted" in buttons[0].get_attribute("aria-label")
    Select(explorer.find_element(By.ID, "filter")).select_by_visible_text("errors")
    assert len(explorer.find_elements(By.CSS_SELECTOR, "#gallery button")) == 1
    assert explorer.find_element(By.ID, "count").text == "1 face"
    Select(explorer.find_element(By.ID, "filter")).select_by_visible_text("live")
    _shown(explorer, "live")
    transfer = explorer.find_element(By.CSS_SELECTOR, 'input[value="transfer"]')
    assert not transfer.is_enabled()  # nothing is transferred from a live face


def test_the_rates_are_those_of_the_scores(explorer, page):
    scores = page[1]
    live, spoof = scores[scores["label"] == 1], scores[scores["label"] == 0]
    for kind, chosen in (("all", spoof), ("print", spoof[spoof["type"] == "print"])):
        Select(explorer.find_element(By.ID, "curve_type")).select_by_visible_text(kind)
        accepted, refused = 100 * (chosen["score"] >= 0.5).mean(), 100 * (live["score"] < 0.5).mean()
        shown = [explorer.find_element(By.ID, f"rate_{name}").text for name in ("accepted", "refused", "half")]
        assert shown == [f"{rate:.2f} %" for rate in (accepted, refused, (accepted + refused) / 2)]
    assert len(explorer.find_elements(By.CSS_SELECTOR, ".charts polyline")) == 2
    # The same point on the ROC, whose axes are linear: from 44 to 326 and from 258 to 8.
    point = explorer.find_element(By.CSS_SELECTOR, "#roc circle")
    assert float(point.get_attribute("cx")) == pytest.approx(44 + 2.82 * accepted)
    assert float(point.get_attribute("cy")) == pytest.approx(8 + 2.5 * refused)


def test_a_phone_scrolls_in_one_direction_only_and_everything_has_a_name(explorer):
    explorer.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride", {"width": 390, "height": 844, "deviceScaleFactor": 1, "mobile": True}
    )
    width = "return [document.documentElement.scrollWidth, document.documentElement.clientWidth]"
    assert explorer.execute_script(width) == [390, 390]
    controls = explorer.find_elements(By.CSS_SELECTOR, "input, select, button, canvas[role=img], svg[role=img]")
    assert len(controls) > 15
    assert [control.get_attribute("id") for control in controls if not control.accessible_name] == []
    assert all(control.size["height"] >= 24 for control in controls if control.tag_name in ("button", "select"))


def test_no_error_no_request_and_no_name_that_becomes_a_part_of_the_page(explorer):
    assert explorer.get_log("browser") == []  # also from all tests before
    events = [json.loads(entry["message"])["message"] for entry in explorer.get_log("performance")]
    asked = [event["params"] for event in events if event["method"] == "Network.requestWillBeSent"]
    urls = [each["request"]["url"] for each in asked if each["documentURL"].startswith("file:")]  # not the start page's
    assert urls and all(url.startswith(("file:", "data:")) for url in urls)
    assert not explorer.find_elements(By.CSS_SELECTOR, "img[src=x]")
    assert NASTY in explorer.find_element(By.ID, "face_name").text
