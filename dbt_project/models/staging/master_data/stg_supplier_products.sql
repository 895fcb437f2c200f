{{ config(touches=['product_id']) }}
{{ staging('supplier_products') }}
