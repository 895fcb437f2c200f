{{ staging('store_calendar') }}
