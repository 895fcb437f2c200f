"""The queue of operations, against a plain reading of its contract: what is in it, its order, pages and filters."""

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
from hypothesis import given
from hypothesis import strategies as st

from retail_assets.flows import FLOWS
from retail_assets.intake.identity import require_same_platform
from retail_assets.platform import Platform
from retail_assets.returns import rules
from retail_assets.returns.settings import ReturnSettings
from retail_assets.returns.tables import ESCALATION_SCORES
from retail_assets.warehouse.publication import publish
from tests.lake_builder import LakeBuilder
from tests.warehouse import AS_OF, FEW, Warehouse

NOW = datetime(AS_OF.year, AS_OF.month, AS_OF.day, 1, tzinfo=UTC)
PAGE_ROWS, CLOSED_DAYS = 4, 10
MODELS = ("stg_customers", "stg_merchants", "stg_return_cases", "stg_return_events", "+ops_queue")
LABELS = ["low", "medium", "high"]


@dataclass(frozen=True)
class Case:
    """A case as it was opened, and perhaps closed."""

    case_id: str
    created_or_closed: datetime
    said_status: str | None
    said_priority: str | None
    closed: timedelta | None
    """How long ago; None where no event closed it."""
    order_reference: str | None
    customer: int | None
    merchant: int | None
    label: str | None

    @property
    def created(self) -> datetime:
        return min(self.created_or_closed, NOW - (self.closed or timedelta()))

    @property
    def priority(self) -> str:
        return self.said_priority or rules.FIRST_PRIORITY

    @property
    def status(self) -> str:
        if self.closed is not None:
            return "approved"
        return self.said_status or rules.FIRST_STATUS

    @property
    def due(self) -> datetime:
        return self.created + timedelta(hours=rules.SLA_HOURS[self.priority][1])

    @property
    def is_active(self) -> bool:
        return self.status not in rules.FINAL_STATUSES

    @property
    def is_breached(self) -> bool:
        return self.is_active and self.due < NOW

    @property
    def is_shown(self) -> bool:
        """Closed ones for some days; of one that only its own row calls closed nobody knows since when."""
        return self.is_active or (self.closed is not None and self.closed <= timedelta(days=CLOSED_DAYS))


@dataclass(frozen=True)
class Filters:
    status: str | None
    priority: str | None
    risk_label: str | None
    search: str | None
    page: int


# Letters of their own, so that what is found tells where it was looked for.
NAME, EMAIL, MERCHANT, ORDER = (
    st.text(letters, min_size=1, max_size=3) for letters in ("aA ", "bB@.", "éÉ'", "xX%_\\")
)
PEOPLE = st.lists(st.tuples(st.none() | NAME, st.none() | EMAIL), min_size=3, max_size=3)
# Few different moments, so that every rule of the order decides somewhere; some at the very edge.
HOURS = st.sampled_from([1, 7, 23, 24, 71, 72, 100, 119, 120, 121, 239, 240, 500])
CLOSED = st.sampled_from(
    [None, None, timedelta(hours=1), timedelta(days=CLOSED_DAYS), timedelta(days=CLOSED_DAYS, seconds=1)]
)
CASES = st.lists(
    st.builds(
        Case,
        case_id=st.integers(0, 999).map(lambda number: f"R-{number:03}"),
        created_or_closed=HOURS.map(lambda hours: NOW - timedelta(hours=hours)),
        said_status=st.sampled_from([*rules.STATUSES, None]),
        said_priority=st.sampled_from([*rules.PRIORITIES, None]),
        closed=CLOSED,
        order_reference=st.none() | ORDER,
        customer=st.none() | st.integers(0, 2),
        merchant=st.none() | st.integers(0, 2),
        label=st.sampled_from([None, *LABELS]),
    ),
    min_size=1,
    max_size=60,
    unique_by=lambda case: case.case_id,
)  # fmt: skip
# Often without one, so that what is searched for is found.
FILTERS = st.lists(
    st.builds(
        Filters,
        st.sampled_from([*[None] * 12, *rules.STATUSES]),
        st.sampled_from([*[None] * 8, *rules.PRIORITIES]),
        st.sampled_from([*[None] * 6, *LABELS]),
        st.sampled_from([None, ""]) | st.one_of(NAME, EMAIL, MERCHANT, ORDER).map(lambda text: text[:2]),
        st.sampled_from([1, 1, 2, 3]),
    ),
    min_size=60,
    max_size=60,
)


def published(
    folder: Path, cases: Sequence[Case], people: Sequence[tuple], merchants: Sequence[str | None]
) -> Path:
    """The DuckDB file of operations after a night with these cases."""
    warehouse, lake = Warehouse(folder), LakeBuilder(folder)
    own = ReturnSettings(return_queue_page_rows=PAGE_ROWS, return_queue_closed_days=CLOSED_DAYS)
    warehouse.platform = Platform(warehouse.settings, FLOWS, {ReturnSettings: own})
    require_same_platform(warehouse.settings)
    lake.load("return_cases", [
        {"case_id": case.case_id, "created_at": case.created,
         "status": case.said_status, "priority": case.said_priority, "order_reference": case.order_reference,
         "customer_id": None if case.customer is None else f"C{case.customer}",
         "merchant_id": None if case.merchant is None else f"M{case.merchant}"}
        for case in cases
    ])  # fmt: skip
    closed = [case for case in cases if case.closed is not None]
    lake.load("return_events", [
        {"event_id": f"E-{case.case_id}", "case_id": case.case_id, "at": NOW - (case.closed or timedelta()),
         "type": "status_changed", "actor": "u-1", "actor_role": "ops", "payload": "approved"}
        for case in closed
    ])  # fmt: skip
    lake.load("customers", [
        {"customer_id": f"C{number}", "name": name, "email": email} for number, (name, email) in enumerate(people)
    ])  # fmt: skip
    lake.load("merchants", [
        {"merchant_id": f"M{number}", "display_name": name} for number, name in enumerate(merchants)
    ])  # fmt: skip
    nothing = dict.fromkeys(ESCALATION_SCORES.columns)
    lake.part("escalation_scores", AS_OF.isoformat(), [
        nothing | {"case_id": case.case_id, "scored_on": AS_OF, "scored_at": NOW, "scored_moment": NOW,
                   "score": 0.5, "label": case.label}
        for case in cases if case.label
    ])  # fmt: skip
    lake.write_ledger()
    warehouse.build(*MODELS, as_of=AS_OF)
    publish(platform=warehouse.platform, as_of=AS_OF, run_id="night")
    return warehouse.platform.lake.published.resolve() / "operations" / "operations.duckdb"


def in_order(cases: Sequence[Case]) -> list[Case]:
    shown = [case for case in cases if case.is_shown]
    return sorted(
        shown,
        key=lambda case: (
            not case.is_breached, -rules.PRIORITIES.index(case.priority), case.due, case.created, case.case_id
        ),
    )  # fmt: skip


def found(
    cases: Sequence[Case], filters: Filters, people: Sequence[tuple], merchants: Sequence[str]
) -> list[Case]:
    """Those of the queue that pass all filters."""

    def passes(case: Case) -> bool:
        name, email = people[case.customer] if case.customer is not None else (None, None)
        merchant = merchants[case.merchant] if case.merchant is not None else None
        searched = [
            text.lower() for text in (case.order_reference, name, email, merchant) if text is not None
        ]
        return (
            filters.status in (None, case.status)
            and filters.priority in (None, case.priority)
            and filters.risk_label in (None, case.label)
            and (not filters.search or any(filters.search.lower() in text for text in searched))
        )

    return [case for case in in_order(cases) if passes(case)]


def pages(cases: Sequence[Case]) -> list[tuple[int, str]]:
    return [(place // PAGE_ROWS + 1, case.case_id) for place, case in enumerate(cases)]


@FEW
@given(CASES, PEOPLE, st.lists(MERCHANT, min_size=3, max_size=3), FILTERS)
def test_it_is_what_its_contract_says(
    cases: list[Case], people: list[tuple], merchants: list[str], filters: list[Filters]
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        database = published(Path(folder), cases, people, merchants)
        with duckdb.connect(str(database), read_only=True) as connection:

            def ask(query: str, *values: object) -> list[tuple]:
                return connection.execute(query, values).fetchall()

            whole = ask(
                "select page, case_id, position, is_breached, risk_label, sla_due_at from ops_queue order by position"
            )
            assert [row[:2] for row in whole] == pages(in_order(cases))
            assert [row[2:] for row in whole] == [
                (place, case.is_breached, case.label, case.due)
                for place, case in enumerate(in_order(cases), start=1)
            ]
            for one in filters:
                page = ask(
                    "select page, case_id from ops_queue_page("
                    "status := ?, priority := ?, risk_label := ?, search := ?, page := ?)",
                    one.status, one.priority, one.risk_label, one.search, one.page,
                )  # fmt: skip
                expected = pages(found(cases, one, people, merchants))
                assert page == [row for row in expected if row[0] == one.page], one
            assert ask("select case_id from ops_queue_page()") == [
                (case,) for page, case in pages(in_order(cases)) if page == 1
            ]
