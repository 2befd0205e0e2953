"""What a new account in the sandbox holds. All names are invented."""

from __future__ import annotations

CREDITORS = {
    "CR000000071001": "Harbour Street Bakery Ltd",
    "CR000000071002": "Old Mill Studios Ltd",
}
ORGANISATIONS = {"CR000000071001": "OR000000071001", "CR000000071002": "OR000000071002"}
# As a person copies it from the dashboard; it is for the first creditor.
DASHBOARD_TOKEN = "sandbox_dashboard_token_of_the_bakery"  # noqa: S105 - of nobody

# Company, e-mail, the state of its mandate; None has none.
CUSTOMERS = (
    ("Northgate Schools Trust", "finance@northgate.example", "active"),
    ("Juniper & Co", "accounts@juniper.example", "active"),
    ("Riverside Cycles", "hello@riverside.example", "pending_submission"),
    ("Closed Shop Ltd", "closed@shop.example", "cancelled"),
    ("Quayside Florists", "post@quayside.example", None),
)
