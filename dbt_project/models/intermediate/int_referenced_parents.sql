-- Every store, product and supplier that some row names, known or not.
with named as (
    select 'store' as parent, store_id as id from {{ ref('sales_lines') }}
    union
    select 'store', store_id from {{ ref('stg_stock_counts') }} where business_date <= {{ as_of() }}
    union
    select 'store', store_id from {{ ref('stg_stock_movements') }} where business_date <= {{ as_of() }}
    union
    select 'store', counterpart_store_id from {{ ref('stg_stock_movements') }} where business_date <= {{ as_of() }}
    union
    select 'store', store_id from {{ ref('stg_purchase_orders') }} where business_date <= {{ as_of() }}
    union
    select 'store', store_id from {{ ref('stg_store_calendar') }}
    union
    select 'store', store_id from {{ ref('stg_return_cases') }} where business_date <= {{ as_of() }}
    union
    select 'product', product_id from {{ ref('sales_lines') }}
    union
    select 'product', product_id from {{ ref('stg_stock_counts') }} where business_date <= {{ as_of() }}
    union
    select 'product', product_id from {{ ref('stg_stock_movements') }} where business_date <= {{ as_of() }}
    union
    select 'product', product_id from {{ ref('stg_purchase_order_lines') }}
    union
    select 'product', product_id from {{ ref('stg_supplier_products') }}
    union
    select 'product', product_id from {{ ref('stg_promotions') }}
    union
    select 'product', product_id from {{ ref('stg_return_cases') }} where business_date <= {{ as_of() }}
    union
    select 'supplier', supplier_id from {{ ref('stg_products') }}
    union
    select 'supplier', supplier_id from {{ ref('stg_supplier_products') }}
    union
    select 'supplier', supplier_id from {{ ref('stg_purchase_orders') }} where business_date <= {{ as_of() }}
)

select parent, id from named where id is not null
