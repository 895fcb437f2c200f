{{ staging('stock_movements') }}
