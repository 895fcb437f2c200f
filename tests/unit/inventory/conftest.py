"""A platform on which a night has proposed orders, and people who decide about them."""

from datetime import UTC, date, datetime
from typing import Any

import polars as pl
import pytest

from retail_assets.database import migrate, platform_engine
from retail_assets.decisions.judging import COLUMNS
from retail_assets.decisions.log import record_decisions
from retail_assets.intake import ledger
from retail_assets.intake.claim_batches import Claim
from retail_assets.inventory.tables import NEWEST, REORDER_POINTS, REORDER_PROPOSALS, TRANSFER_PROPOSALS
from retail_assets.platform import Platform

NIGHT = date(2026, 11, 20)
ROLES = {"otto": ["operations"], "rita": ["reviewer"]}
TEXTS = dict.fromkeys(COLUMNS, pl.String) | {"at": pl.Datetime("us", "UTC")}


class Buyers:
    """Proposals of nights, and decisions about them."""

    def __init__(self, platform: Platform) -> None:
        migrate(platform.settings)
        self.platform, self.lake, self._number = platform, platform.lake, 0

    def propose(self, *rows: dict[str, Any], night: date = NIGHT) -> list[str]:
        """Put proposals of a night in place; they differ from 36 units of P1 for S1 from V1 at 2.50 as stated."""
        usual = {"planned_on": night, "store_id": "S1", "product_id": "P1", "supplier_id": "V1", "order_quantity": 36,
                 "pack_size": 6, "min_order_quantity": 12, "unit_cost": 2.5, "currency": "EUR"}  # fmt: skip
        filled = [usual | row for row in rows]
        named = [{"proposal_id": f"RO-{night:%Y%m%d}-{r['store_id']}-{r['product_id']}"} | r for r in filled]
        schema = dict(REORDER_PROPOSALS.schema)
        table = pl.DataFrame(named, schema={name: schema[name] for name in named[0]}, strict=False)
        table = pl.concat([REORDER_PROPOSALS.empty(), table], how="diagonal")
        REORDER_PROPOSALS.write(self.lake, night.isoformat(), table)
        points = pl.concat([REORDER_POINTS.empty(), table.drop("proposal_id")], how="diagonal")
        REORDER_POINTS.write(self.lake, NEWEST, points)
        return table["proposal_id"].to_list()

    def propose_transfer(self, night: date = NIGHT) -> str:
        """Put 12 units of P1 from S1 to S2 in place as a night's only proposal."""
        schema = dict(TRANSFER_PROPOSALS.schema)
        row = {"transfer_id": f"TR-{night:%Y%m%d}-S1-S2-P1", "planned_on": night, "product_id": "P1",
               "origin_store_id": "S1", "destination_store_id": "S2", "quantity": 12}  # fmt: skip
        table = pl.DataFrame([row], schema={name: schema[name] for name in row}, strict=False)
        table = pl.concat([TRANSFER_PROPOSALS.empty(), table], how="diagonal")
        TRANSFER_PROPOSALS.write(self.lake, night.isoformat(), table)
        self.propose({"store_id": "S9"}, night=night)
        return table["transfer_id"][0]

    def decide(self, kind: str, subject: str, payload: str | None = None, *, actor: str = "otto") -> str:
        """The sentence that comes of a decision, `refused: …` where it is refused."""
        self._number += 1
        at = datetime(2026, 11, 20, 9, tzinfo=UTC)
        row = [f"D{self._number}", at, actor, kind, subject, None, None, payload]
        claim = Claim(
            f"b/{self._number}", "decisions", f"{self._number}.json", 3, 0, NIGHT, at, by_platform=False
        )
        with platform_engine(self.platform.settings) as engine, engine.begin() as connection:
            ledger.add_claims(connection, [claim])
            [drop] = ledger.find_drops(connection, [self._number])
            [line] = record_decisions(
                connection,
                pl.DataFrame([row], schema=TEXTS, orient="row"),
                drop=drop,
                kinds=self.platform.decision_kinds,
                roles=ROLES,
            )
        outcome, _, message = line.partition("): ")[2].partition(". ")
        return message if outcome == "accepted" else f"refused: {message}"


@pytest.fixture
def buyers(platform: Platform) -> Buyers:
    return Buyers(platform)
