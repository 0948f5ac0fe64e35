"""Headless Chromium for the tests of pages: opens them from the disk and asks them."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.reports.pages import Page

FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
)
WIDE, NARROW = 1400, 420


class Browser:
    """Opens pages from the disk and asks them."""

    def __init__(self, driver: Any) -> None:
        self.driver = driver

    def open(self, path: Path, width: int = WIDE, scheme: str = "light") -> None:
        """Load a page and wait until it has drawn everything."""
        from selenium.webdriver.support.ui import WebDriverWait

        send = self.driver.execute_cdp_cmd
        media = [{"name": "prefers-color-scheme", "value": scheme}]
        send("Emulation.setEmulatedMedia", {"features": media})
        size = {"width": width, "height": 1000, "deviceScaleFactor": 1, "mobile": False}
        send("Emulation.setDeviceMetricsOverride", size)
        self.driver.get(path.as_uri())
        ready = "return document.documentElement.dataset.ready"
        WebDriverWait(self.driver, 60).until(lambda driver: driver.execute_script(ready) == "yes")

    def ask(self, script: str, *arguments: object) -> Any:
        """What a line of JavaScript returns."""
        return self.driver.execute_script(f"return {script}", *arguments)

    def choose(self, **chosen: object) -> None:
        """Choose options by the ids of their selectors, and wait until it is drawn."""
        for name, value in chosen.items():
            script = """const [id, value, done] = arguments, node = document.getElementById(id);
                node.value = value;
                node.dispatchEvent(new Event("change"));
                const wait = () => document.documentElement.dataset.ready === "yes"
                    ? done(node.value) : setTimeout(wait, 20);
                setTimeout(wait, 20);"""
            taken = self.driver.execute_async_script(script, name.replace("_", "-"), str(value))
            assert taken == str(value), f"{name} has no option {value}"

    def complaints(self) -> list[str]:
        """What the console was told since the last time."""
        return [entry["message"] for entry in self.driver.get_log("browser")]


@contextmanager
def chromium_browser(profile: Path) -> Iterator[Browser]:
    """A browser with a profile of its own; skips the test where there is none."""
    webdriver = pytest.importorskip("selenium.webdriver", reason="selenium is not installed")
    names = ("chromium", "chromium-browser", "google-chrome")
    chromium = next(filter(None, map(shutil.which, names)), None)
    driver = shutil.which("chromedriver")
    if not chromium or not driver:
        pytest.skip("no Chromium here: apt-get install chromium chromium-driver")
    options = webdriver.ChromeOptions()
    for flag in (*FLAGS, f"--user-data-dir={profile}"):
        options.add_argument(flag)
    options.binary_location = chromium
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    service = webdriver.ChromeService(driver)
    started = webdriver.Chrome(options=options, service=service)
    started.set_script_timeout(30)
    try:
        yield Browser(started)
    finally:
        started.quit()


def drawn(browser: Browser) -> dict[str, int]:
    """Shapes in each figure."""
    marks = ".main-svg .points path, .main-svg .point path, .main-svg .js-line, .main-svg .hm image"
    marks += ", .main-svg .heatmaplayer image, .main-svg .boxlayer path"
    script = """Object.fromEntries([...document.querySelectorAll(".figure")].map((node) =>
        [node.id, node.querySelectorAll(arguments[0]).length]))"""
    return dict(browser.ask(script, marks))


def check(browser: Browser, page: Path) -> None:
    """Nothing is fetched, nothing complains, everything is drawn, nothing sticks out."""
    assert browser.ask('performance.getEntriesByType("resource").map((one) => one.name)') == []
    assert browser.complaints() == []
    found = drawn(browser)
    assert set(found) == Page(page.read_text(encoding="utf-8")).figures
    assert {name for name, shapes in found.items() if not shapes} == set()
    assert browser.ask("document.documentElement.scrollWidth <= window.innerWidth")


def cut_off(browser: Browser) -> set[int]:
    """Of axis titles and annotations, which are placed by hand: how many of a figure stick out."""
    script = """[...document.querySelectorAll(".figure")].map((node) => {
        const own = node.getBoundingClientRect();
        return [...node.querySelectorAll(".xtitle, .ytitle, .legendtext, .annotation-text")]
            .map((text) => text.getBoundingClientRect())
            .filter((box) => box.left < own.left - 3 || box.right > own.right + 3).length;
    })"""
    return set(browser.ask(script))
