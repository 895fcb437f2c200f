-- A receipt that names its line counts there. One that names only its order goes to the order's lines of its
-- product, the first line first, each up to what it still lacks; what is left over came too much, and goes to
-- the last of them.
with receipts as (
    select po_id, po_line_number, product_id, quantity, business_date
    from {{ ref('stock_movements') }}
    where kind = 'receipt' and po_id is not null
),

lines as (
    select po_id, line_number, product_id, quantity
    from {{ ref('stg_purchase_order_lines') }}
),

-- Without a line number: receipts that name no line, or one that the order does not have.
placed as (
    select
        receipt.po_id,
        receipt.product_id,
        line.line_number,
        receipt.quantity,
        receipt.business_date
    from receipts as receipt
    left join lines as line
        on receipt.po_id = line.po_id and receipt.po_line_number = line.line_number
),

named as (
    select
        po_id,
        line_number,
        sum(quantity) as quantity,
        min(business_date) as first_received_on,
        max(business_date) as last_received_on
    from placed
    where line_number is not null
    group by po_id, line_number
),

unnamed as (
    select
        po_id,
        product_id,
        sum(quantity) as quantity,
        min(business_date) as first_received_on,
        max(business_date) as last_received_on
    from placed
    where line_number is null
    group by po_id, product_id
),

lacking as (
    select
        line.po_id,
        line.line_number,
        named.quantity as named_quantity,
        named.first_received_on,
        named.last_received_on,
        unnamed.quantity as unnamed_quantity,
        unnamed.first_received_on as unnamed_first_received_on,
        unnamed.last_received_on as unnamed_last_received_on,
        greatest(line.quantity - coalesce(named.quantity, 0), 0) as lacking_quantity,
        sum(lacking_quantity) over lines_of_product - lacking_quantity as lacking_before,
        lead(line.line_number) over lines_of_product is null as is_last
    from lines as line
    left join named on line.po_id = named.po_id and line.line_number = named.line_number
    left join unnamed on line.po_id = unnamed.po_id and line.product_id = unnamed.product_id
    window lines_of_product as (partition by line.po_id, line.product_id order by line.line_number)
),

shared as (
    select
        *,
        case
            when is_last then unnamed_quantity - least(greatest(unnamed_quantity, 0), lacking_before)
            else least(greatest(unnamed_quantity - lacking_before, 0), lacking_quantity)
        end as shared_quantity
    from lacking
    where named_quantity is not null or unnamed_quantity is not null
)

-- greatest and least pass over nulls.
select
    po_id,
    line_number,
    cast(coalesce(named_quantity, 0) + coalesce(shared_quantity, 0) as {{ quantity_type() }}) as received_quantity,
    least(first_received_on, case when shared_quantity != 0 then unnamed_first_received_on end)
        as first_received_on,
    greatest(last_received_on, case when shared_quantity != 0 then unnamed_last_received_on end)
        as last_received_on
from shared
