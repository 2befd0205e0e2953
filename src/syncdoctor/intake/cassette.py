"""Cassettes of vcrpy (YAML or JSON) and of Ruby's VCR → exchanges.

The formats: https://vcrpy.readthedocs.io/en/latest/usage.html and
https://benoittgt.github.io/vcr/#/cassettes, read 2026-11-22.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator
from typing import Any

from syncdoctor import redact
from syncdoctor.errors import UsageError
from syncdoctor.intake import jsonform
from syncdoctor.intake.har import unpacked
from syncdoctor.intake.times import moment
from syncdoctor.model import Exchange

LARGEST = 16 * 1024 * 1024  # bytes of YAML: reading it takes many times its size
_LISTS = ("interactions", "http_interactions")


def is_cassette(value: Any) -> bool:
    """Whether a parsed value is a cassette."""
    return isinstance(value, dict) and any(isinstance(value.get(key), list) for key in _LISTS)


def load(data: str, name: str) -> Any:
    """The cassette of a YAML text.

    Raises:
        UsageError: it is not YAML, or too large or too deep to be a cassette.
    """
    if len(data) > LARGEST:
        raise UsageError(f"{name} is a cassette of more than {LARGEST // 2**20} MiB.")
    import yaml

    try:
        return yaml.load(data, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506 - both are safe
    except yaml.MarkedYAMLError as error:
        line = f", line {error.problem_mark.line + 1}" if error.problem_mark else ""
        raise UsageError(f"{name}{line}: this is not the YAML of a cassette.") from None
    except (yaml.YAMLError, RecursionError, ValueError):
        raise UsageError(f"{name}: this is not the YAML of a cassette.") from None


def exchanges(value: dict[str, Any], name: str) -> Iterator[Exchange]:
    """The exchanges of a cassette, in its order.

    Raises:
        UsageError: an interaction has no request, or its body cannot be unpacked.
    """
    held = next(value[key] for key in _LISTS if isinstance(value.get(key), list))
    if not held:
        raise UsageError(f"{name} is a cassette without interactions.")
    for number, interaction in enumerate(held):
        where = f"{name}, interaction {number + 1}"
        if not isinstance(interaction, dict) or not isinstance(interaction.get("request"), dict):
            raise UsageError(f"{where}: there is no request in it.")
        yield redact.exchange(**_parts(interaction, where))


def _parts(interaction: dict[str, Any], where: str) -> jsonform.Parts:
    found = jsonform.asked(interaction["request"])
    response = interaction.get("response")
    response = response if isinstance(response, dict) else {}
    status = response.get("status")
    code = status.get("code") if isinstance(status, dict) else status
    found["status"] = code if isinstance(code, int) else None
    found["headers"] = jsonform.headers(response.get("headers"))
    found["body"] = jsonform.body(_text(response.get("body"), where))
    found["at"] = moment(str(interaction.get("recorded_at") or found["headers"].get("date") or ""))
    if found["status"] is None:
        found["exception"] = jsonform.NO_ANSWER
    return found


def _text(body: Any, where: str) -> str | None:
    if isinstance(body, dict):
        if isinstance(packed := body.get("base64_string"), str):
            try:
                body = base64.b64decode(packed)
            except (binascii.Error, ValueError):
                raise UsageError(f"{where}: the body is not base64 as it says.") from None
        else:
            body = body.get("string")
    if isinstance(body, bytes):
        return (
            unpacked(body, where)
            .decode("utf-8", "replace")
            .replace("\0", "\N{REPLACEMENT CHARACTER}")
        )
    return body if isinstance(body, str) else None
