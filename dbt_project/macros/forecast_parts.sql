{# Origins of demand_forecast and when their part was written, by its file's time; no file is opened for it. #}
{% macro forecast_parts() -%}
    (
        select try_cast(parse_filename(file.filename, true) as date) as origin, file.last_modified as changed_at
        from read_blob({{ sql_string(lake_pattern('snapshot/tables/demand_forecast/*.parquet')) }}) as file
        where try_cast(parse_filename(file.filename, true) as date) is not null
    )
{%- endmacro %}

{# Origins whose horizon reaches into days of which something else is known now, and those that are new, written anew or
   taken away. #}
{% macro origins_to_judge_again(since) %}
select coalesce(part.origin, judged.origin) as origin
from {{ forecast_parts() }} as part
full join (select distinct origin, changed_at from {{ this }}) as judged on part.origin = judged.origin
where
    part.changed_at is distinct from judged.changed_at
    or exists (
        select 1 from ({{ logged_changes(['daily_demand'], 'business_date', since) }}) as changed
        where
            changed.business_date >= part.origin
            and changed.business_date < part.origin + {{ setting('demand_horizon_days') }}
    )
{% endmacro %}
