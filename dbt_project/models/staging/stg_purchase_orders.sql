{{ staging('purchase_orders') }}
