with lines as (
    select invoice.*, unnest(invoice.lines) as line
    from {{ ref('int_invoices') }} as invoice
)

select
    invoice_id,
    line.line as line_number,
    business_date,
    state,
    supplier_id,
    vendor,
    number as invoice_number,
    "date" as invoice_date,
    currency,
    line.description as description,
    line.sku as sku,
    line.quantity as quantity,
    line.unit as unit,
    line.unit_price as unit_price,
    line.price_base_quantity as price_base_quantity,
    line.tax_rate as tax_rate,
    {{ round_amount('line.amount', 'currency') }} as amount
from lines
