{{ staging('purchase_order_lines') }}
