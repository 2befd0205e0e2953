from __future__ import annotations

import time

import pytest

from syncdoctor.engine.bodies import MAX_DEPTH, html_lines, parse_text


@pytest.mark.parametrize(
    ("text", "content_type", "kind"),
    [
        ("", "", "empty"),
        ("  \n", "application/json", "empty"),
        ('{"a": 1}', "", "json"),
        ("{not json", "", "text"),
        ("<a><b>1</b></a>", "text/xml", "xml"),
        ("<html><body>502</body></html>", "", "html"),
        ("<!DOCTYPE html><p>x", "", "html"),
        ("<p>broken", "", "html"),
        ("plain words", "text/plain", "text"),
    ],
)
def test_kinds(text: str, content_type: str, kind: str) -> None:
    assert parse_text(text, content_type)[0] == kind


def test_xml_becomes_what_json_would_be() -> None:
    text = """<?xml version="1.0"?><r:Response xmlns:r="urn:x"><Status>OK</Status>
      <Invoices><Invoice status="ERROR"><Errors><Error><Message>One</Message></Error>
      <Error><Message>Two</Message></Error></Errors></Invoice></Invoices></r:Response>"""
    shape = parse_text(text, "text/xml")[1]
    assert shape["Status"] == "OK"
    assert shape["Response"]["Status"] == "OK"
    invoice = shape["Invoices"]["Invoice"]
    assert invoice["status"] == "ERROR"
    assert invoice["Errors"]["Error"] == [{"Message": "One"}, {"Message": "Two"}]


@pytest.mark.parametrize(
    "text",
    [
        '<!DOCTYPE a [<!ENTITY e "boom">]><a>&e;</a>',
        '<!DOCTYPE a [<!ENTITY e SYSTEM "file:///etc/passwd">]><a>&e;</a>',
        "<a>" * (MAX_DEPTH + 2) + "</a>" * (MAX_DEPTH + 2),
    ],
)
def test_entities_and_endless_depth_are_refused(text: str) -> None:
    kind, shape, _ = parse_text(text, "text/xml")
    assert (kind, shape) == ("html", None)


def test_a_form_gives_names_and_the_text() -> None:
    kind, shape, text = parse_text("error=denied&error_description=No+way", "")
    assert kind == "text"
    assert shape == {"error": "denied", "error_description": "No way"}
    assert text is not None


def test_html_gives_the_title_and_what_is_seen() -> None:
    page = (
        "<html><head><title>Access &amp; more</title><style>p{}</style></head><body>"
        "<script>var hidden = 1;</script><!-- hidden --><p>Error <b>400</b>:</p>"
        "<div>redirect_uri_mismatch</div></body></html>"
    )
    assert html_lines(page) == ["Access & more", "Error 400 :", "redirect_uri_mismatch"]


@pytest.mark.parametrize(
    "text", ["<" * 90_000, "<script" * 14_000, "<!--" * 20_000, "<p " * 30_000]
)
def test_pages_made_to_be_slow_are_not(text: str) -> None:
    start = time.process_time()
    html_lines(text)
    assert time.process_time() - start < 2


def test_a_form_that_is_none_is_told_at_once() -> None:
    start = time.process_time()
    assert parse_text("a=1&" * 20_000 + "a <", "")[1] is None
    assert time.process_time() - start < 2


def test_a_long_json_text_is_read_whole() -> None:
    assert parse_text('{"a": "' + "x" * 300_000 + '"}', "")[0] == "json"
