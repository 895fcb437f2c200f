-- Generated from what the flows declare, by `make dictionary`; do not edit.
-- Written by the materialization `feed`, row by row.
-- depends_on: {{ ref('stg_products') }}
-- depends_on: {{ ref('stg_stores') }}
-- depends_on: {{ ref('stg_suppliers') }}
-- depends_on: {{ ref('stg_supplier_products') }}
-- depends_on: {{ ref('stg_customers') }}
-- depends_on: {{ ref('stg_promotions') }}
-- depends_on: {{ ref('stg_store_calendar') }}
-- depends_on: {{ ref('stg_sales') }}
-- depends_on: {{ ref('stg_order_events') }}
-- depends_on: {{ ref('stg_stock_counts') }}
-- depends_on: {{ ref('stg_stock_movements') }}
-- depends_on: {{ ref('stg_purchase_orders') }}
-- depends_on: {{ ref('stg_purchase_order_lines') }}
-- depends_on: {{ ref('stg_merchants') }}
-- depends_on: {{ ref('stg_return_cases') }}
-- depends_on: {{ ref('stg_return_events') }}
-- depends_on: {{ ref('stg_return_notes') }}
-- depends_on: {{ ref('stg_return_documents') }}
-- depends_on: {{ ref('stg_refund_manifests') }}
-- depends_on: {{ ref('stg_decisions') }}
select
    replace(effects.model, 'stg_', '') as feed,
    effects.key,
    effects.effect,
    effects.sequence,
    effects.record,
    effects.by_sequence,
    effects.document,
    effects.brought,
    effects.had
from {{ target.database }}.state.row_effects as effects
