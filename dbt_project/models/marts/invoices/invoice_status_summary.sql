-- Amounts whose currency is not known add up with nothing.
select
    business_date,
    state,
    coalesce(currency, 'unknown') as currency,
    count(*) as invoices,
    cast(sum(case when currency is not null then {{ round_amount('net', 'currency') }} end) as {{ amount_type() }}) as net,
    cast(
        sum(case when currency is not null then {{ round_amount('total', 'currency') }} end) as {{ amount_type() }}
    ) as total,
    count(*) filter (currency is null or total is null) as invoices_without_total
from {{ ref('int_invoices') }}
group by business_date, state, coalesce(currency, 'unknown')
