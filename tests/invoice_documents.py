"""Documents of invoices as admission leaves them, for tests that need no ledger."""

import hashlib
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

import polars as pl

from retail_assets.config import Settings
from retail_assets.intake.ledger_export import EXPORTED
from retail_assets.invoices.contracts import DOCUMENT, FOLDER
from retail_assets.invoices.tables import INVOICE_DOCUMENTS
from retail_assets.lake import Lake
from tests.lake_builder import write_table

NIGHT = date(2026, 11, 20)


@dataclass
class StoredDocuments:
    """Contents by night, listed and stored."""

    settings: Settings
    rows: list[dict[str, Any]] = field(default_factory=list)

    @property
    def lake(self) -> Lake:
        return Lake(self.settings.data_dir)

    def add(self, content: bytes, *, kind: str = "pdf", on: date = NIGHT, mail: int | None = None) -> int:
        sha256 = hashlib.sha256(content).hexdigest()
        stored = self.lake.stored_file(sha256)
        stored.parent.mkdir(parents=True, exist_ok=True)
        stored.write_bytes(content)
        self.rows.append(
            {
                "sequence": len(self.rows) + 1,
                "name": f"{len(self.rows) + 1}.{kind}",
                "kind": kind,
                "bytes": len(content),
                "sha256": sha256,
                "mail_sequence": mail,
                "admitted_at": datetime(2026, 11, 20, 1, tzinfo=UTC),
                "admitted_on": on,
            }
        )
        self._write()
        return len(self.rows)

    def remove(self, sequence: int) -> None:
        self.rows = [row for row in self.rows if row["sequence"] != sequence]
        self._write()

    def _write(self) -> None:
        rows = pl.DataFrame(self.rows, schema=INVOICE_DOCUMENTS.schema)
        for (night,), some in rows.group_by("admitted_on", maintain_order=True):
            assert isinstance(night, date)
            INVOICE_DOCUMENTS.write(self.lake, night.isoformat(), some)
        ledger = [
            {
                **{name: row[name] for name in ("sequence", "name", "sha256", "admitted_at")},
                "folder": FOLDER,
                "source": DOCUMENT,
                "state": "loaded",
                "partition": row["admitted_on"],
            }
            for row in self.rows
        ]
        write_table(self.lake.ledger / "drops.parquet", EXPORTED["drops"][1], ledger)
