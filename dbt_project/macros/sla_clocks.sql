{# When what was promised is due. Clocks run from the creation of a case. Where `sla_paused_in` names statuses, they stand
   still in these; where there is an `sla_calendar`, they run in its hours only. #}

{# Whether they ever stand still. #}
{% macro clocks_stand_still() -%}
    {{ return(execute and (setting('sla_calendar') or setting('sla_paused_in')) | length > 0) }}
{%- endmacro %}

{# For int_return_cases, whose `cases` and `history` it reads: what was promised when, as `promised`. A clock shows
   microseconds: of all time, or of the calendar's hours. A case that waits with time left has no due time. #}
{% macro promised_times() -%}
{%- set calendar = fromjson(setting('sla_calendar')) if setting('sla_calendar') else none -%}
-- How long a case was in a status; without an end where it still is. Dropped documents, without a step, change none.
stays as (
    select
        *,
        lead(since) over (partition by case_id order by step) as until
    from (
        select
            entry.case_id,
            entry.step,
            entry.status,
            epoch_us(greatest(coalesce(entry.happened_at, created_at), created_at)) as since
        from {{ ref('return_case_history') }} as entry
        inner join cases on entry.case_id = cases.case_id
        where {{ touched('entry.case_id') }} and entry.step is not null
    ) as entered
),

{% if calendar -%}
{%- set minutes = calendar.windows | map('last') | sum - calendar.windows | map(attribute=1) | sum -%}
{%- set longest = constant('return_sla_hours').values() | map('last') | max * 60 -%}
-- The calendar's hours as long as some clock may run, and what the clock shows when each begins.
hours as (
    select
        opens,
        closes,
        cast(sum(closes - opens) over (order by opens) as bigint) - (closes - opens) as shown
    from (
        select
            epoch_us(timezone('{{ setting("time_zone") }}', day + to_minutes(opening))) as opens,
            epoch_us(timezone('{{ setting("time_zone") }}', day + to_minutes(closing))) as closes
        from (
            select unnest(generate_series(
                make_timestamp(min(since)) - interval 2 day,
                make_timestamp(max(since))
                + to_days({{ 7 * ((longest * 1.1 / minutes) | int + 3 + calendar.holidays | length) }}),
                interval 1 day
            ))::date as day
            from stays
        ) as calendar
        inner join (
            values {% for window in calendar.windows %}({{ window | join(', ') }}){{ ", " if not loop.last }}{% endfor %}
        ) as open (weekday, opening, closing) on isodow(day) = weekday
        {%- if calendar.holidays %}
        where day not in {{ sql_list(calendar.holidays) }}
        {%- endif %}
    ) as instants
    where closes > opens  -- one that is skipped when clocks go forward is none
),

{% endif -%}
-- What the clock shows at the beginning and end of each stay in which it runs.
runs as (
    select
        case_id,
        step,
        {%- if calendar %}
        coalesce(begins.shown + least(since, begins.closes) - begins.opens, 0) as began,
        if(until is null, null, coalesce(ends.shown + least(until, ends.closes) - ends.opens, 0)) as ended
        {%- else %}
        since as began,
        until as ended
        {%- endif %}
    from stays
    {%- if calendar %}
    asof left join hours as begins on since >= begins.opens
    asof left join hours as ends on until >= ends.opens
    {%- endif %}
    {%- if setting('sla_paused_in') %}
    where status not in {{ sql_list(setting('sla_paused_in').split(',')) }}
    {%- endif %}
),

-- What it shows when the promised hours are over: in the first stay that is long enough.
due as (
    select
        run.case_id,
        {%- for promise in ('first_response', 'resolution') %}
        cast(
            min_by(began + {{ promise }} - ran, step) filter (where ended is null or ran + ended - began >= {{ promise }})
            as bigint
        ) as {{ promise }}{{ "," if not loop.last }}
        {%- endfor %}
    from (
        select
            *,
            coalesce(
                sum(ended - began) over (
                    partition by case_id order by step rows between unbounded preceding and 1 preceding
                ), 0
            ) as ran
        from runs
    ) as run
    inner join history on run.case_id = history.case_id
    inner join (
        select
            priority,
            first_response_hours * 3600000000 as first_response,
            resolution_hours * 3600000000 as resolution
        from (values {{ return_sla() }}) as sla (priority, rank, first_response_hours, resolution_hours)
    ) as sla on history.priority = sla.priority
    group by run.case_id
),

promised as (
    select
        cases.case_id,
        {%- for promise, column in [('first_response', 'first_response_due_at'), ('resolution', 'sla_due_at')] %}
        {%- set moment = promise ~ '_in.opens + ' ~ promise ~ ' - ' ~ promise ~ '_in.shown' if calendar else promise %}
        timezone('UTC', make_timestamp({{ moment }})) as {{ column }}{{ "," if not loop.last }}
        {%- endfor %}
    from cases
    left join due on cases.case_id = due.case_id
    {%- if calendar %}
    asof left join hours as first_response_in on first_response > first_response_in.shown
    asof left join hours as resolution_in on resolution > resolution_in.shown
    {%- endif %}
)
{%- endmacro %}
