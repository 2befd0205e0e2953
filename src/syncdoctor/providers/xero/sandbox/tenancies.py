"""Which organisations a person linked to an app: what ``/connections`` shows.

Shape: https://github.com/XeroAPI/Xero-OpenAPI/blob/master/xero-identity.yaml (2026-11-22).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from syncdoctor.providers.common.embedded import Bearer, Consent
from syncdoctor.providers.xero.sandbox.answers import new_id


@dataclass(slots=True)
class Tenancy:
    """One link. ``serial`` is when consent was last given, in the world's count."""

    id: str
    organisation: str
    event: str
    serial: int
    created: datetime
    updated: datetime

    def shown(self, name: str) -> dict[str, str]:
        """The link as Xero shows it; times have seven decimals and no zone."""
        return {
            "id": self.id,
            "authEventId": self.event,
            "tenantId": self.organisation,
            "tenantType": "ORGANISATION",
            "tenantName": name,
            "createdDateUtc": f"{self.created:%Y-%m-%dT%H:%M:%S.%f}0",
            "updatedDateUtc": f"{self.updated:%Y-%m-%dT%H:%M:%S.%f}0",
        }


class Tenancies:
    """All links, by app, person and organisation."""

    def __init__(self) -> None:
        self._links: dict[tuple[str, str, str], Tenancy] = {}

    def __len__(self) -> int:
        return len(self._links)

    def add(self, consent: Consent) -> None:
        """Link the organisations of a consent; a link that is there already is renewed."""
        for organisation in consent.organisations:
            key = (consent.client_id, consent.user, organisation)
            link = self._links.get(key)
            if link is None:
                made = Tenancy(
                    new_id(),
                    organisation,
                    consent.event,
                    consent.serial,
                    consent.at,
                    consent.at,
                )
                self._links[key] = made
            else:
                link.event, link.serial, link.updated = consent.event, consent.serial, consent.at

    def of(self, bearer: Bearer) -> Iterator[Tenancy]:
        """The links of the token's person to the token's app."""
        wanted = (bearer.client_id, bearer.user)
        return (link for key, link in self._links.items() if key[:2] == wanted)

    def one(self, bearer: Bearer, organisation: str) -> Tenancy | None:
        """The token's link to an organisation."""
        return self._links.get((bearer.client_id, bearer.user, organisation))

    def remove(self, identifier: str) -> None:
        """Take one link away."""
        self._links = {key: link for key, link in self._links.items() if link.id != identifier}

    def remove_all(self, client_id: str, user: str) -> None:
        """Take every link of a person to an app away."""
        kept = self._links.items()
        self._links = {key: link for key, link in kept if key[:2] != (client_id, user)}
