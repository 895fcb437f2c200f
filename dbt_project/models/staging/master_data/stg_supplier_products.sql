{{ staging('supplier_products') }}
