"""Master data: as last stated, and what only other rows name."""

from datetime import timedelta

from tests.reference.night import FEEDS, Night, Rows, grouped


def named(night: Night, parent: str) -> set[str]:
    """Ids of a parent that some row up to the night names."""
    ids = set()
    for name, feed in FEEDS.items():
        rows = night.happened(name) if feed.business_time else night.feeds[name]
        ids |= {row.get(column) for column, of in feed.parents.items() if of == parent for row in rows}
    return ids - {None}


def _master(night: Night, feed: str, key: str, defaults: dict) -> Rows:
    columns = [name for name in FEEDS[feed].columns if name not in (*FEEDS[feed].personal, key)]
    rows: Rows = {
        (one,): {**dict.fromkeys(columns), **defaults, "is_inferred": True} for one in named(night, feed)
    }
    for row in night.feeds[feed]:
        stated = {name: row.get(name) for name in columns}
        rows[(row[key],)] = {
            **stated,
            **{name: value for name, value in defaults.items() if stated[name] is None},
            "is_inferred": False,
        }
    return rows


def products(night: Night) -> Rows:
    return _master(night, "products", "product_id", {"is_active": True})


def stores(night: Night) -> Rows:
    return _master(night, "stores", "store_id", {})


def suppliers(night: Night) -> Rows:
    return _master(night, "suppliers", "supplier_id", {})


def supplier_products(night: Night) -> Rows:
    rows: Rows = {}
    for (supplier, product), terms in grouped(
        night.feeds["supplier_products"], "supplier_id", "product_id"
    ).items():
        terms.sort(key=lambda row: row["valid_from"])
        for row, following in zip(terms, [*terms[1:], None], strict=True):
            until = following["valid_from"] - timedelta(days=1) if following else None
            rows[supplier, product, row["valid_from"]] = {
                **{
                    name: row.get(name)
                    for name in ("unit_cost", "currency", "lead_time_days", "supplier_sku")
                },
                "valid_to": until,
                "is_current": row["valid_from"] <= night.as_of and (until is None or until >= night.as_of),
            }
    return rows
