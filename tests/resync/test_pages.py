"""Look-ups over pages: the next one is asked for while anything is missing, and nowhere else."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from syncdoctor.engine.adapter import Ref, Remote, Request
from syncdoctor.model import Exchange
from syncdoctor.resync.dispatch import Dispatcher
from syncdoctor.resync.pages import Wanted, answers, next_page
from syncdoctor.wire.client import Answer

ASKED = Request("GET", "invoices", {"page": "1", "view": "all"})


def answer(link: str = "", status: int = 200, body: Any = None) -> Answer:
    return Answer(Exchange(), status, {"link": link} if link else {}, body)


@pytest.mark.parametrize(
    ("link", "page"),
    [
        ('<https://x/v2/invoices?page=2&view=all>; rel="next"', "2"),
        ('<https://x/y?page=1>; rel="prev", <https://evil/z?page=3>; rel="next"', "3"),
        ("<https://x/y?page=4>; rel=next", "4"),
        ('<https://x/y?page=9>; title="a"; rel="next", <https://x?page=1>; rel="first"', "9"),
    ],
)
def test_only_the_query_of_the_next_link_is_taken(link: str, page: str) -> None:
    further = next_page(ASKED, answer(link))
    assert further is not None
    assert (further.method, further.path, further.params["page"]) == ("GET", "invoices", page)


@pytest.mark.parametrize(
    "last",
    [
        answer(),
        answer('<https://x/y?page=1>; rel="prev"'),
        answer('<https://x/y?page=1&view=all>; rel="next"'),  # the page that was asked for
        answer('<https://x/y?page=2>; rel="next"', 503),
    ],
)
def test_there_is_no_further_page(last: Answer) -> None:
    assert next_page(ASKED, last) is None


class Pages:
    """Three pages of five records, each linked to the next."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def send(
        self,
        method: str,
        path: str = "",
        *,
        params: Mapping[str, str] | None = None,
        json: Any = None,
        headers: Mapping[str, str] | None = None,
        idempotency_key: str | None = None,
    ) -> Answer:
        del method, path, json, headers, idempotency_key
        page = int((params or {})["page"])
        self.asked.append(str(page))
        names = [f"R-{number}" for number in range(page * 5 - 4, page * 5 + 1)]
        link = f'<https://x/y?page={page + 1}>; rel="next"' if page < 3 else ""
        return answer(link, body=names)

    def close(self) -> None:
        pass


@pytest.mark.parametrize(
    ("wanted", "found", "pages"),
    [
        (["r-2"], ["R-2"], ["1"]),
        (["R-2", "R-7"], ["R-2", "R-7"], ["1", "2"]),
        (["R-2", "nowhere"], ["R-2"], ["1", "2", "3"]),
    ],
)
def test_pages_are_read_until_all_is_found(
    wanted: list[str], found: list[str], pages: list[str]
) -> None:
    provider = Pages()
    looked_for = Wanted([Ref("invoice", key) for key in wanted])
    with Dispatcher(lambda: provider, 1) as dispatcher:
        for future in answers(dispatcher, [ASKED], looked_for, lambda _body: ()):
            looked_for.take(Remote(key, key, None, {}) for key in future.result().body)
    assert [remote.key for remote in looked_for.found] == found
    assert provider.asked == pages


def test_another_number_of_a_contact_finds_it_too() -> None:
    looked_for = Wanted([Ref("contact", "Ada", "A-1")])
    looked_for.take([Remote("1", "Ada Lovelace", "A-1", {}), Remote("2", "Bob", None, {})])
    assert [remote.id for remote in looked_for.found] == ["1"]
    assert not looked_for.complete
