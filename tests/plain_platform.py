"""A platform with the plain handlers, and the short words in which tests of admission are written."""

import os
from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl

from retail_assets.config import Settings
from retail_assets.decisions.deciding import Entry, decide
from retail_assets.decisions.kinds import Decision
from retail_assets.intake.admission import admit
from retail_assets.intake.handlers import Handlers
from retail_assets.intake.reconcile import Discrepancy, reconcile
from retail_assets.intake.report import AdmissionReport
from retail_assets.lake import Lake
from tests.plain_handlers import plain_handlers

NIGHT = date(2026, 11, 20)
HEADER = "order_id,line_number,quantity\n"
FIRST, SECOND = HEADER + "1,1,5\n1,2,3\n", HEADER + "1,1,6\n"
DECISIONS = "decision_id,at,actor,kind,subject,verdict,reason,payload\n"


class PlainPlatform:
    """Files go in, drops come out."""

    def __init__(self, settings: Settings, handlers: Handlers | None = None) -> None:
        self.settings = settings
        self.lake = Lake(settings.data_dir)
        self.handlers = handlers or plain_handlers(settings)

    def drop(
        self, name: str, content: str | bytes, *, folder: str = "sales", modified: int = 0, done: bool = True
    ) -> Path:
        path = self.handlers.inboxes[folder].path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        if modified:
            os.utime(path, (modified, modified))
        if done:
            (path.parent / f"{path.name}.done").touch()
        return path

    def admit(self, as_of: date = NIGHT, **options) -> AdmissionReport:
        settings = options.pop("settings", self.settings)
        return admit(settings=settings, handlers=self.handlers, as_of=as_of, **options)

    def decide(
        self, kind: str, subject: int | str, *, actor: str = "admin", number: int = 1, **more: str
    ) -> Entry:
        at = datetime(2026, 11, 20, 9, number, tzinfo=UTC)
        decision = Decision(f"d{number}", at, actor, kind, str(subject), **more)
        return decide(settings=self.settings, handlers=self.handlers, as_of=NIGHT, decision=decision)

    def table(self, name: str) -> pl.DataFrame:
        """A table of the exported ledger."""
        return pl.read_parquet(self.lake.ledger / f"{name}.parquet")

    def states(self) -> list[str]:
        return self.table("drops")["state"].to_list()

    def reasons(self) -> list[str | None]:
        return self.table("drops")["reason"].to_list()

    def rows(self, feed: str = "sales") -> pl.DataFrame:
        """The rows of loaded drops, in the order in which drops count."""
        loads = self.table("loads").filter(pl.col("feed") == feed).sort("position", "sequence")
        return pl.concat([pl.read_parquet(self.lake.rows(feed, key)) for key in loads["content_key"]])

    def inbox(self) -> list[str]:
        return sorted(path.name for inbox in self.handlers.inboxes.values() for path in inbox.path.glob("*"))

    def discrepancies(self) -> list[Discrepancy]:
        return reconcile(self.settings, self.handlers)
