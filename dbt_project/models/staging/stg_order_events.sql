{{ staging('order_events') }}
