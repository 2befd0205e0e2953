"""HAR 1.2 → exchanges (http://www.softwareishard.com/blog/har-12-spec/, read 2026-11-22)."""

from __future__ import annotations

import base64
import binascii
import zlib
from collections.abc import Iterator
from typing import Any

from syncdoctor import redact
from syncdoctor.errors import UsageError
from syncdoctor.intake import jsonform
from syncdoctor.intake.times import moment
from syncdoctor.model import Exchange

LARGEST_BODY = 8 * 1024 * 1024  # bytes of one unpacked body
_GZIP = b"\x1f\x8b"


def is_har(value: Any) -> bool:
    """Whether a parsed JSON value is a HAR."""
    return (
        isinstance(value, dict)
        and isinstance(value.get("log"), dict)
        and isinstance(value["log"].get("entries"), list)
    )


def exchanges(value: dict[str, Any], name: str) -> Iterator[Exchange]:
    """The exchanges of a HAR, in its order.

    Raises:
        UsageError: an entry is not of the format, or its body unpacks to more than 8 MiB.
    """
    entries = value["log"]["entries"]
    if not entries:
        raise UsageError(
            f"{name} is a HAR without entries.", "Record it again with the network tab open."
        )
    for number, entry in enumerate(entries):
        if not isinstance(entry, dict) or not isinstance(entry.get("request"), dict):
            raise UsageError(f"{name}, log.entries[{number}]: this is no HAR entry.")
        yield redact.exchange(**_parts(entry, f"{name}, log.entries[{number}]"))


def _parts(entry: dict[str, Any], where: str) -> jsonform.Parts:
    found = jsonform.asked(entry["request"])
    response = entry.get("response")
    response = response if isinstance(response, dict) else {}
    found["at"] = moment(entry.get("startedDateTime"))
    if isinstance(entry.get("time"), (int, float)):
        found["elapsed_s"] = entry["time"] / 1000
    status = response.get("status")
    if not isinstance(status, int) or not 100 <= status <= 599:  # noqa: PLR2004
        # Browsers write status 0, and the reason in fields of their own.
        reason = response.get("_error") or entry.get("_error") or response.get("statusText")
        found["exception"] = str(reason or jsonform.NO_ANSWER)
        return found
    found["status"] = status
    found["headers"] = jsonform.headers(response.get("headers"))
    if location := response.get("redirectURL"):
        found["headers"].setdefault("location", str(location))
    content = response.get("content")
    found["body"] = jsonform.body(_text(content, where)) if isinstance(content, dict) else None
    return found


def _text(content: dict[str, Any], where: str) -> str | None:
    text = content.get("text")
    if not isinstance(text, str):
        return None
    if content.get("encoding") != "base64":
        return text
    try:
        data = base64.b64decode(text, validate=False)
    except (binascii.Error, ValueError):
        raise UsageError(f"{where}: the body is not base64 as it says.") from None
    return (
        unpacked(data, where).decode("utf-8", "replace").replace("\0", "\N{REPLACEMENT CHARACTER}")
    )


def unpacked(data: bytes, where: str) -> bytes:
    """A body as it was before gzip, when it is gzip.

    Raises:
        UsageError: it unpacks to more than 8 MiB, or is damaged.
    """
    if data.startswith(_GZIP):
        packer = zlib.decompressobj(wbits=31)
        try:
            data = packer.decompress(data, LARGEST_BODY + 1)
        except zlib.error:
            raise UsageError(f"{where}: the gzip body is damaged.") from None
    if len(data) > LARGEST_BODY:
        raise UsageError(f"{where}: the body unpacks to more than {LARGEST_BODY // 2**20} MiB.")
    return data
