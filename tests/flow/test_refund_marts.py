"""What happens to a photo after it was scored changes refund_items in SQL; the predictions stay as they are."""

from datetime import date

import pytest

from tests.lake_builder import LakeBuilder
from tests.warehouse import AS_OF, Rows, Warehouse

LATER = date(2026, 11, 21)
MODELS = ("+refund_items", "+refund_items_daily")


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    return Warehouse(tmp_path_factory.mktemp("refunds"))


@pytest.fixture(scope="module")
def lake(warehouse: Warehouse) -> LakeBuilder:
    """Three photos: 1 in the folder of case A, 2 and 3 loose; a manifest of the night links 2 to A."""
    lake = LakeBuilder(warehouse.settings.data_dir)
    photos = [lake.drop({}, folder="refunds") for _ in range(3)]
    lake.part(
        "refund_images",
        AS_OF.isoformat(),
        [
            {
                "sequence": n,
                "name": f"{n}A\u0308.jpg",
                "folder_case_id": "A" if n == 1 else None,
                "admitted_on": AS_OF,
            }
            for n in photos
        ],
    )
    lake.part(
        "refund_item_predictions",
        AS_OF.isoformat(),
        [
            {
                "sequence": n,
                "predicted_class": "Jeans",
                "confidence": 0.5,
                "needs_review": True,
                "model_version": "1",
            }
            for n in photos
        ],
    )
    lake.part(
        "refund_item_categories", "categories", [{"item_category": "denim", "class": "Jeans", "position": 1}]
    )
    # The space of B does not break the line; names come as a Mac writes them, and as Excel does.
    cases = [
        {"case_id": case, "created_at": "2026-11-19 10:00:00+00", "item_category": category}
        for case, category in (("A", "Denim"), ("B", "\u00a0denim "))
    ]
    lake.load("return_cases", cases)
    lake.load("refund_manifests", [{"file_name": "2ä.jpg", "case_id": "A"}], folder="refunds")
    return lake


def items(warehouse: Warehouse, lake: LakeBuilder, *, as_of: date = AS_OF) -> Rows:
    lake.write_ledger()
    warehouse.build(*MODELS, as_of=as_of)
    return warehouse.rows(
        "select sequence, case_id, linked_by, item_class, needs_review, declared_class, is_mismatch "
        "from marts.refund_items order by sequence"
    )


def test_what_comes_later_reaches_the_photo(warehouse: Warehouse, lake: LakeBuilder) -> None:
    assert items(warehouse, lake) == [
        (1, "A", "folder", "Jeans", True, "Jeans", False),
        (2, "A", "manifest", "Jeans", True, "Jeans", False),
        (3, None, None, "Jeans", True, None, None),
    ]

    lake.decide("relabel_item", 1, "Belts")
    lake.decide("relabel_item", 2, "Shirts", accepted=False)
    lake.load("refund_manifests", [{"file_name": "2ä.JPG", "case_id": "B"}], folder="refunds")
    lake.load("refund_manifests", [{"file_name": "3ä.jpg", "case_id": "B"}], folder="refunds", on=LATER)
    assert items(warehouse, lake, as_of=LATER) == [
        (1, "A", "folder", "Belts", False, "Jeans", True),
        (2, "B", "manifest", "Jeans", True, "Jeans", False),
        (3, "B", "later_manifest", "Jeans", True, "Jeans", False),
    ]
    daily = "select item_class, photos, cases, photos_to_review, mismatches from marts.refund_items_daily order by all"
    assert warehouse.rows(daily) == [("Belts", 1, 1, 0, 1), ("Jeans", 2, 1, 2, 0)]

    lake.withdraw(2)
    lake.decide("relabel_item", 1, "Jeans")
    assert items(warehouse, lake, as_of=LATER) == [
        (1, "A", "folder", "Jeans", False, "Jeans", False),
        (3, "B", "later_manifest", "Jeans", True, "Jeans", False),
    ]
