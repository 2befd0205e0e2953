"""Which sales channels of a workspace may send settlements. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from syncdoctor.config_tables import Channel
from syncdoctor.engine.adapter import same_key


def why_held(channels: Sequence[Channel], name: str | None) -> str | None:
    """Why a settlement of a channel is held back; None where it may go.

    A workspace that names no channel at all lets every one through. A channel without an owner
    does not hold its settlements back: the diagnosis asks for the owner.
    """
    if not channels or name is None:
        return None
    known = next((channel for channel in channels if same_key(channel.name, name)), None)
    if known is None:
        return f"the sales channel {name}, which the workspace does not have"
    return None if known.is_active else f"the sales channel {name}, which is {known.state}"
