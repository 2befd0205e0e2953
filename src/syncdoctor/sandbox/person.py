"""What a person does in the browser: opens the consent page, chooses, presses a button."""

from __future__ import annotations

from html.parser import HTMLParser
from urllib.parse import urljoin

from syncdoctor.errors import CouldNotCheck


class _Form(HTMLParser):
    """Reads the hidden fields and the organisations of the page."""

    def __init__(self) -> None:
        super().__init__()
        self.hidden: dict[str, str] = {}
        self.organisations: dict[str, str] = {}
        self._label: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag != "input":
            return
        if values.get("type") == "hidden":
            self.hidden[values["name"]] = values["value"]
        elif values.get("type") == "radio":
            self._label = values["value"]
            self.organisations[self._label] = ""

    def handle_data(self, data: str) -> None:
        if self._label is not None and data.strip():
            self.organisations[self._label] = data.strip()
            self._label = None


def approve(authorize_url: str, organisation: str | None = None, *, allow: bool = True) -> str:
    """Answer a consent page of the sandbox and return the address that it redirects to.

    ``organisation`` is a name or an id, the first one on the page by default. With
    ``allow=False`` the person cancels.

    Raises:
        CouldNotCheck: the page shows a problem, or does not offer that organisation.
    """
    import httpx2

    with httpx2.Client(trust_env=False, timeout=30) as browser:
        page = browser.get(authorize_url)
        if page.is_redirect:
            return urljoin(authorize_url, page.headers["location"])
        form = _Form()
        form.feed(page.text)
        if not form.hidden:
            raise CouldNotCheck(f"The consent page answered with status {page.status_code}.")
        chosen = [
            key for key, name in form.organisations.items() if organisation in (None, key, name)
        ]
        if not chosen:
            raise CouldNotCheck(f"The consent page offers no organisation {organisation!r}.")
        decision = {"organisation": chosen[0], "decision": "allow" if allow else "cancel"}
        answer = browser.post(authorize_url, data={**form.hidden, **decision})
    if not answer.is_redirect:
        raise CouldNotCheck(f"The consent page answered with status {answer.status_code}.")
    return urljoin(authorize_url, answer.headers["location"])
