{{ config(touches=['order_id']) }}
{{ staging('order_events') }}
