"""The consent page: what it shows, what it escapes, and a real browser on it."""

from __future__ import annotations

import shutil
from urllib.parse import urlencode

import httpx2
import pytest

from syncdoctor.sandbox.server import Running
from syncdoctor.sandbox.world import CLIENT_ID, World

REDIRECT = "http://localhost:8765/callback"
SHARP = "<script>alert('1')</script>\"&"


@pytest.fixture
def url(sandbox: Running) -> str:
    sandbox.world.register_client(
        "xero", "SECRET", secret="s", redirect_uris=[REDIRECT], name=SHARP
    )
    query = {
        "response_type": "code",
        "client_id": "SECRET",
        "redirect_uri": REDIRECT,
        "scope": f"accounting.invoices {SHARP.replace(' ', '')}",
        "state": SHARP,
    }
    return f"{sandbox.app_urls('xero')['authorize']}?{urlencode(query)}"


def test_the_page_offers_every_organisation_and_escapes_everything(
    sandbox: Running, url: str
) -> None:
    provider = sandbox.world.room("xero").provider
    provider.add_organisation(f"Ltd {SHARP}")  # type: ignore[attr-defined]
    page = httpx2.get(url, trust_env=False)
    assert page.status_code == 200
    for name in ("Demo Company (UK)", "Harbour Street Bakery Ltd", "Ltd &lt;script&gt;"):
        assert name in page.text
    assert "<script" not in page.text
    assert "View and manage invoices and credit notes" in page.text
    assert page.text.count('type="radio"') == 4


def test_the_page_cannot_be_framed_and_runs_nothing(url: str) -> None:
    headers = httpx2.get(url, trust_env=False).headers
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "script-src" not in policy
    assert headers["cache-control"] == "no-store"


def test_a_request_is_answered_once(url: str) -> None:
    with httpx2.Client(trust_env=False) as browser:
        page = browser.get(url).text
        request = page.split('name="request" value="')[1].split('"')[0]
        organisation = page.split('name="organisation" value="')[1].split('"')[0]
        form = {"request": request, "organisation": organisation, "decision": "allow"}
        assert browser.post(url, data=form).status_code == 302
        again = browser.post(url, data=form)
        assert again.status_code == 400
        assert "answered before" in again.text
        form["decision"] = "cancel"
        assert browser.post(url, data=form).status_code == 400


def test_only_loopback_names_are_answered(sandbox: Running) -> None:
    answer = httpx2.get(sandbox.url, headers={"host": "evil.example"}, trust_env=False)
    assert answer.status_code == 400


def test_a_world_without_organisations_says_so() -> None:
    from syncdoctor.providers.xero.sandbox import XeroSandbox

    with Running(World([XeroSandbox(organisations=())])) as empty:
        query = {
            "response_type": "code",
            "client_id": CLIENT_ID,
            "redirect_uri": REDIRECT,
            "code_challenge": "c" * 43,
            "code_challenge_method": "S256",
        }
        page = httpx2.get(
            f"{empty.app_urls('xero')['authorize']}?{urlencode(query)}", trust_env=False
        )
        assert "There is no organisation to choose." in page.text


@pytest.mark.browser
def test_a_real_browser_allows_access(sandbox: Running, url: str) -> None:
    from selenium import webdriver
    from selenium.webdriver.common.by import By

    # The app's own address, so that the browser has somewhere to go back to.
    target = sandbox.url + "/"
    sandbox.world.register_client("xero", "SECRET", secret="s", redirect_uris=[target], name=SHARP)
    options = webdriver.ChromeOptions()
    for argument in (
        "--headless=new",
        "--no-sandbox",
        "--disable-dev-shm-usage",
        "--no-proxy-server",
    ):
        options.add_argument(argument)
    binary = shutil.which("chromium") or shutil.which("google-chrome")
    if binary:
        options.binary_location = binary
    driver = webdriver.Chrome(
        options=options, service=webdriver.ChromeService(shutil.which("chromedriver"))
    )
    try:
        driver.get(
            url.replace(urlencode({"redirect_uri": REDIRECT}), urlencode({"redirect_uri": target}))
        )
        labels = driver.find_elements(By.TAG_NAME, "label")
        assert [label.text for label in labels][1] == "Harbour Street Bakery Ltd"
        labels[1].click()
        driver.find_element(By.CSS_SELECTOR, "button.go").click()
        assert driver.current_url.startswith(target + "?code=")
    finally:
        driver.quit()
    provider = sandbox.world.room("xero").provider
    assert provider.state()["connections"] == 1
