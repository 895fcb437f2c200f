"""A page of the queue of operations, as they filter and search it: a query that comes with their DuckDB file."""

_SEARCHED = ("order_reference", "customer_name", "customer_email", "merchant_name")
_FOUND = " or ".join(f"contains(lower(queue.{column}), lower(search))" for column in _SEARCHED)
_PAGE = "(found.place - 1) // (select count(*) from ops_queue as first where first.page = 1) + 1"

QUEUE_PAGE = f"""
ops_queue_page(status := null, priority := null, risk_label := null, search := null, page := 1) as table
select found.* exclude (page, place), {_PAGE} as page
from (
    select queue.*, row_number() over (order by queue.position) as place
    from ops_queue as queue
    where
        (status is null or queue.status = status)
        and (priority is null or queue.priority = priority)
        and (risk_label is null or queue.risk_label = risk_label)
        and (search is null or search = '' or {_FOUND})
) as found
where {_PAGE} = page
order by found.position
"""
"""Filters that are null let all through; a page has as many rows as one of the whole queue."""
