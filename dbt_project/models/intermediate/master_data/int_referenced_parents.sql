-- Generated from what the flows declare, by `make dictionary`; do not edit.
-- Every store, product and supplier that some row names, known or not.
with named as (
    select 'store' as parent, store_id as id from {{ ref('sales_lines') }}
    union
    select 'product' as parent, product_id as id from {{ ref('sales_lines') }}
    union
    select 'supplier', supplier_id from {{ ref('stg_products') }}
    union
    select 'supplier', supplier_id from {{ ref('stg_supplier_products') }}
    union
    select 'product', product_id from {{ ref('stg_supplier_products') }}
    union
    select 'product', product_id from {{ ref('stg_promotions') }}
    union
    select 'store', store_id from {{ ref('stg_store_calendar') }}
    union
    select 'store', store_id from {{ ref('stg_stock_counts') }} where {{ has_come() }}
    union
    select 'product', product_id from {{ ref('stg_stock_counts') }} where {{ has_come() }}
    union
    select 'store', store_id from {{ ref('stg_stock_movements') }} where {{ has_come() }}
    union
    select 'product', product_id from {{ ref('stg_stock_movements') }} where {{ has_come() }}
    union
    select 'store', counterpart_store_id from {{ ref('stg_stock_movements') }} where {{ has_come() }}
    union
    select 'supplier', supplier_id from {{ ref('stg_purchase_orders') }} where {{ has_come() }}
    union
    select 'store', store_id from {{ ref('stg_purchase_orders') }} where {{ has_come() }}
    union
    select 'product', product_id from {{ ref('stg_purchase_order_lines') }}
    union
    select 'store', store_id from {{ ref('stg_return_cases') }} where {{ has_come() }}
    union
    select 'product', product_id from {{ ref('stg_return_cases') }} where {{ has_come() }}
)

select parent, id from named where id is not null
