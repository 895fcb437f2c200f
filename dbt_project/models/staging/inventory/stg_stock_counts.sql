{{ staging('stock_counts') }}
