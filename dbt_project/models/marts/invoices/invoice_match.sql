-- The three-way match: what a row of an invoice bills, what was ordered and what has come. Quantities are those of all
-- lines of the order for the product, since one line may be billed in several rows and by several invoices.
with orders as (
    select
        po_id,
        line_number as po_line_number,
        product_id,
        supplier_id as order_supplier_id,
        currency as order_currency,
        status as order_status,
        unit_cost as order_price,
        sum(ordered_quantity) over (partition by po_id, product_id) as ordered_quantity,
        sum(received_quantity) over (partition by po_id, product_id) as received_quantity
    from {{ ref('purchase_orders') }}
),

rows_of_invoices as (
    select
        line.invoice_id,
        line.line_number,
        line.business_date,
        line.state,
        line.supplier_id,
        line.vendor,
        line.invoice_number,
        line.invoice_date,
        line.currency,
        line.description,
        line.quantity,
        invoice.sequence,
        matched.invoice_id is not null as is_checked,
        matched.po_id,
        matched.po_line_number,
        matched.matched_by,
        matched.similarity,
        matched.billed_quantity,
        orders.product_id,
        orders.order_supplier_id,
        orders.order_currency,
        orders.order_status,
        orders.order_price,
        orders.ordered_quantity,
        orders.received_quantity,
        -- Of the order's lines for a product each invoice counts once; one that repeats another, or was rejected, never.
        invoice.state = 'confirmed' or (invoice.state = 'preview' and invoice.duplicate_of is null) as counts,
        case
            when coalesce(line.price_base_quantity, 1) = 1 then line.unit_price
            else {{ ratio('line.unit_price', 'line.price_base_quantity', 6) }}
        end as price_of_one,
        abs(coalesce(line.amount, cast(line.quantity as decimal(20, 6)) * price_of_one)) as row_amount
    from {{ ref('invoice_lines') }} as line
    inner join {{ ref('invoices') }} as invoice on line.invoice_id = invoice.invoice_id
    left join {{ source('lake', 'invoice_order_lines') }} as matched
        on line.invoice_id = matched.invoice_id and line.line_number = matched.line
    left join orders on matched.po_id = orders.po_id and matched.po_line_number = orders.po_line_number
),

added_up as (
    select
        *,
        case
            when po_line_number is null then null
            when counts then coalesce(sum(billed_quantity) filter (counts) over earlier, 0)
            -- Whatever does not count comes after all that does.
            else coalesce(sum(billed_quantity) filter (counts) over all_of_product, 0)
                + coalesce(sum(billed_quantity) over earlier_of_invoice, 0)
        end as invoiced_before,
        invoiced_before + billed_quantity as invoiced_quantity,
        case when billed_quantity > 0 then row_amount - abs(quantity) * order_price end as amount_above_order,
        order_currency = currency as is_same_currency
    from rows_of_invoices
    window
        all_of_product as (partition by po_id, product_id),
        earlier as (
            partition by po_id, product_id order by sequence, line_number
            rows between unbounded preceding and 1 preceding
        ),
        earlier_of_invoice as (
            partition by invoice_id, po_id, product_id order by line_number
            rows between unbounded preceding and 1 preceding
        )
),

judged as (
    select
        *,
        least(greatest(invoiced_quantity - ordered_quantity, 0), greatest(billed_quantity, 0)) as above_ordered,
        least(greatest(invoiced_quantity - received_quantity, 0), greatest(billed_quantity, 0)) as above_received,
        case
            when not is_checked then 'not_checked'
            when po_id is null then 'no_order'
            when po_line_number is null then 'unknown_line'
        end as unmatched,
        case when order_supplier_id is distinct from supplier_id then 'other_supplier' end as supplier_verdict,
        case order_status
            when 'cancelled' then 'order_cancelled'
            when 'draft' then 'order_draft'
        end as status_verdict,
        case when is_same_currency is not true then 'currency_differs' end as currency_verdict,
        case
            when billed_quantity is null then 'no_quantity'
            when billed_quantity < 0 and invoiced_quantity < 0 then 'credit_above_invoiced'
        end as quantity_verdict,
        case
            when is_same_currency is not true or billed_quantity < 0 then null
            when order_price is null or row_amount is null then 'price_unknown'
            when amount_above_order > greatest(
                abs(quantity) * order_price * {{ setting('invoice_price_tolerance') }},
                {{ setting('invoice_price_tolerance_amount') }}
            ) then 'price_above'
        end as price_verdict,
        case
            when above_ordered > ordered_quantity * {{ setting('invoice_quantity_tolerance') }}
                then 'quantity_above_ordered'
        end as ordered_verdict,
        case
            when above_received > received_quantity * {{ setting('invoice_quantity_tolerance') }}
                then 'quantity_above_received'
        end as received_verdict
    from added_up
)

select
    invoice_id,
    line_number,
    business_date,
    state,
    counts,
    supplier_id,
    vendor,
    invoice_number,
    invoice_date,
    po_id,
    po_line_number,
    product_id,
    description,
    matched_by,
    similarity,
    currency,
    billed_quantity as quantity,
    invoiced_before,
    invoiced_quantity,
    ordered_quantity,
    received_quantity,
    coalesce({{ ratio('row_amount', 'abs(quantity)', 6) }}, price_of_one) as price,
    case when is_same_currency then order_price end as order_price,
    case when is_same_currency then {{ round_amount('amount_above_order', 'currency') }} end as amount_above_order,
    cast(above_ordered as {{ quantity_type() }}) as quantity_above_ordered,
    cast(above_received as {{ quantity_type() }}) as quantity_above_received,
    coalesce(
        unmatched, supplier_verdict, status_verdict, currency_verdict, quantity_verdict,
        nullif(price_verdict, 'price_unknown'), ordered_verdict, received_verdict, price_verdict, 'matched'
    ) as verdict,
    case
        when unmatched is null then nullif(
            concat_ws(
                ', ', supplier_verdict, status_verdict, currency_verdict, quantity_verdict, price_verdict,
                ordered_verdict, received_verdict
            ), ''
        )
        else unmatched
    end as deviations
from judged
