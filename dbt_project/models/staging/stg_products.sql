{{ staging('products') }}
