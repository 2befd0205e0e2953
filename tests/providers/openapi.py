"""Vendors' descriptions in OpenAPI 3.0, made fit for judges of JSON Schema."""

from __future__ import annotations

from typing import Any


def json_schema(node: Any) -> Any:
    """OpenAPI 3.0's ``nullable`` as a JSON Schema type, at any depth."""
    if isinstance(node, list):
        return [json_schema(item) for item in node]
    if not isinstance(node, dict):
        return node
    made = {key: json_schema(value) for key, value in node.items()}
    if made.pop("nullable", None) is True and isinstance(made.get("type"), str):
        made["type"] = [made["type"], "null"]
        if "enum" in made:
            made["enum"] = [*made["enum"], None]
    return made
