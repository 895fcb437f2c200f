{# Documents of which a later file of the newest night took away at least as many rows as it brings, or all that an earlier
   file had brought. #}
{% test none_shrank(model) %}
{{ config(severity='warn') }}
select feed, document, by_sequence, by_name, by_source, count(*) as rows_removed, any_value(document_rows) as rows_left
from {{ model }}
where happened_on = {{ as_of() }} and effect = 'removed'
group by feed, document, sequence, by_sequence, by_name, by_source
having count(*) >= any_value(document_rows) or count(*) = any_value(document_rows_before)
{% endtest %}
