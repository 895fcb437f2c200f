{{ config(touches=['case_id']) }}
{{ staging('return_events') }}
