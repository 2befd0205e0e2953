"""A batch taken apart: one exchange for each of its records that has an error of its own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from syncdoctor.engine.bodies import parse_text
from syncdoctor.engine.provider import Provider
from syncdoctor.engine.read import has_error, reader_of
from syncdoctor.model import Exchange

# A batch has at most some hundred records at any provider.
MAX_RECORDS = 1_000


def failed_records(exchange: Exchange, provider: Provider) -> list[Exchange]:
    """The records of a batch that failed, each as if it had been answered alone.

    Empty unless the answer is a batch of more than one record with errors told by record.
    """
    reader = reader_of(provider.envelope)
    shape = exchange.body
    if isinstance(shape, str):
        shape = parse_text(shape, exchange.headers.get("content-type", "").lower())[1]
    if not isinstance(shape, dict) or reader.records.isdisjoint(shape):
        return []
    alone = [
        part
        for key in shape
        if key in reader.records
        for part in _alone(key, shape[key])
        if has_error(part, reader)
    ]
    around = {key: value for key, value in shape.items() if not isinstance(value, dict | list)}
    return [replace(exchange, body={**around, **part}) for part in alone[:MAX_RECORDS]]


def _alone(key: str, value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, list) and len(value) > 1:
        for record in value:
            yield {key: [record]}
    elif isinstance(value, dict) and len(value) == 1:
        # XML: <Invoices><Invoice/><Invoice/></Invoices>
        ((name, records),) = value.items()
        if isinstance(records, list):
            for record in records:
                yield {key: {name: [record]}}
