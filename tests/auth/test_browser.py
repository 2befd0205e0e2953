"""A real Chromium walks through the consent page and sees how it ended."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from syncdoctor.auth.flow import reconnect
from syncdoctor.errors import Guarded, SyncdoctorError

if TYPE_CHECKING:
    from selenium.webdriver import Chrome

TOOLS = ("chromium", "chromedriver")
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not all(map(shutil.which, TOOLS)), reason="needs chromium and chromedriver"),
]
FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--window-size=900,800",
)


@pytest.fixture
def chromium(tmp_path: Path) -> Iterator[Chrome]:
    from selenium.webdriver import Chrome, ChromeOptions, ChromeService

    options = ChromeOptions()
    options.binary_location = str(shutil.which("chromium"))
    for flag in (*FLAGS, f"--user-data-dir={tmp_path / 'profile'}"):
        options.add_argument(flag)
    driver = Chrome(options=options, service=ChromeService(str(shutil.which("chromedriver"))))
    driver.set_page_load_timeout(20)
    yield driver
    driver.quit()


def sign_in(bench: Any, chromium: Chrome, organisation: str | None, *, allow: bool = True) -> Any:
    """Run the flow with the browser in front; what came of it, or the failure."""
    from selenium.webdriver.common.by import By

    seen = threading.Event()

    def browse(url: str) -> None:
        chromium.get(url)
        if organisation is not None:
            choice = f"input[name=organisation][value='{organisation}']"
            chromium.find_element(By.CSS_SELECTOR, choice).click()
        decision = "allow" if allow else "cancel"
        chromium.find_element(By.CSS_SELECTOR, f"button[value={decision}]").click()
        seen.set()

    try:
        result: Any = reconnect(
            bench.sign_in(),
            bench.vault,
            bench.config,
            open_browser=browse,
            choose=lambda found: found[0],
            announce=lambda line: None,
        )
    except SyncdoctorError as error:
        result = error
    assert seen.wait(20)
    return result


def scheme(chromium: Chrome, value: str) -> None:
    features = [{"name": "prefers-color-scheme", "value": value}]
    chromium.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})


def ground(chromium: Chrome) -> str:
    script = "return getComputedStyle(document.body).backgroundColor"
    return str(chromium.execute_script(script))


def test_the_page_says_what_was_joined_in_light_and_dark(
    bench: Any, chromium: Chrome, tmp_path: Path
) -> None:
    done = sign_in(bench, chromium, None)
    assert chromium.title == "Xero is connected · syncdoctor"
    assert done.organisation.name in chromium.page_source
    assert bench.stored() is not None
    grounds = {}
    for value in ("light", "dark"):
        scheme(chromium, value)
        grounds[value] = ground(chromium)
        chromium.save_screenshot(str(tmp_path / f"joined-{value}.png"))
    assert grounds["light"] != grounds["dark"]
    log: list[dict[str, str]] = chromium.execute("getLog", {"type": "browser"})["value"]
    assert [entry for entry in log if entry["level"] == "SEVERE"] == []


def test_the_page_says_that_it_is_another_organisation(
    bench: Any, chromium: Chrome, tmp_path: Path
) -> None:
    old = bench.grant()
    bench.sandbox.world.switch_on("organisation-disconnected")
    name = bench.connection.organisation.name
    other = next(n for n in bench.organisations if n != name)
    error = sign_in(bench, chromium, bench.organisations[other])
    assert isinstance(error, Guarded)
    assert "This is another organisation" in chromium.page_source
    assert "What to do" in chromium.page_source
    scheme(chromium, "light")
    chromium.save_screenshot(str(tmp_path / "other-light.png"))
    scheme(chromium, "dark")
    chromium.save_screenshot(str(tmp_path / "other-dark.png"))
    assert bench.stored() == old


def test_the_page_says_that_it_was_declined(bench: Any, chromium: Chrome, tmp_path: Path) -> None:
    sign_in(bench, chromium, None, allow=False)
    assert "The sign-in was declined" in chromium.page_source
    assert "syncdoctor reconnect acme/xero" in chromium.page_source
    chromium.save_screenshot(str(tmp_path / "declined.png"))
    assert bench.stored() is None
