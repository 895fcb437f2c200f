{{ config(touches=['product_id'], history=true) }}
{{ staging('products') }}
