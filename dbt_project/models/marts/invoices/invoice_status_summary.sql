select
    business_date,
    state,
    currency,
    count(*) as invoices,
    cast(sum({{ round_amount('net', 'currency') }}) as {{ amount_type() }}) as net,
    cast(sum({{ round_amount('total', 'currency') }}) as {{ amount_type() }}) as total,
    count(*) filter (total is null) as invoices_without_total
from {{ ref('int_invoices') }}
group by business_date, state, currency
