"""The contract of decisions: what people decided about what the platform holds."""

import dataframely as dy

from retail_assets.contract import Feed, identifier, instant, text


class Decisions(dy.Schema):
    """One decision, an event. The kinds and who may decide are in `feeds/decisions`."""

    decision_id = identifier("Decision id.", primary_key=True)
    at = instant("When it was decided.")
    actor = identifier("Who decided, as an id.")
    kind = identifier("Kind of decision (release_file, reload_file, withdraw_file, …).")
    subject = identifier("What it is about; for files the ledger sequence number.")
    verdict = identifier("The verdict, where the kind has more than one.", nullable=True)
    reason = text("Why. Free text, not published.", nullable=True)
    payload = text("Further details as JSON.", nullable=True, max_length=100_000)


FEEDS = (
    Feed(
        "decisions",
        Decisions,
        "Decisions of people, one append-only log.",
        "at",
        personal=frozenset({"reason", "payload"}),
        # Of two decisions with one id both are judged, so that the one which is refused can be seen.
        is_log=True,
        inbox="decisions",
    ),
)
