{{ config(materialized='table') }}
-- A store is open on a day on which it sold something, else as its calendar says. Where that says nothing, the habit of
-- the weeks before counts. Days ahead are told by the same rule (`retail_assets/demand/opening.py`).
select
    habit.store_id,
    habit.known_on as business_date,
    habit.has_traded
    or (
        habit.known_on >= coalesce(habit.opened_on, habit.known_on)
        and coalesce(calendar.is_open, list_contains(habit.usual_weekdays, isodow(habit.known_on)))
    ) as is_open
from {{ ref('int_store_habits') }} as habit
left join {{ ref('stg_store_calendar') }} as calendar
    on habit.store_id = calendar.store_id and habit.known_on = calendar.date
where habit.known_on < {{ as_of() }}
