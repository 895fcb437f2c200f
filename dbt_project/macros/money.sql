{# Amounts are exact: prices times quantities in wide decimals (DuckDB's product of two narrow ones overflows),
   rounded half away from zero to the currency's minor unit. Currencies not listed have two digits (ISO 4217).
   Every branch is cast by itself: their common type would lose the digits after the point. #}
{% macro round_amount(amount, currency) -%}
    case
        {%- for digits in [0, 3, 4] %}
        when {{ currency }} in ({{ currencies_with_digits(digits) }})
            then cast(round({{ amount }}, {{ digits }}) as {{ amount_type() }})
        {%- endfor %}
        else cast(round({{ amount }}, 2) as {{ amount_type() }})
    end
{%- endmacro %}

{% macro currencies_with_digits(digits) -%}
    '{{ constant('currency_digits')[digits | string] | join("', '") }}'
{%- endmacro %}

{# The smallest amount of a currency. #}
{% macro minor_unit(currency) -%}
    case
        {%- for digits, unit in [(0, '1'), (3, '0.001'), (4, '0.0001')] %}
        when {{ currency }} in ({{ currencies_with_digits(digits) }}) then {{ unit }}
        {%- endfor %}
        else 0.01
    end
{%- endmacro %}

{% macro amount_type() -%} decimal(38, 4) {%- endmacro %}

{# Units times price, wide enough for anything the contracts let in. #}
{% macro extended(quantity, price) -%}
    cast({{ quantity }} as decimal(28, 3)) * {{ price }}
{%- endmacro %}

{# A quotient with some digits, null where there is nothing to divide by; DuckDB divides decimals into doubles. #}
{% macro ratio(numerator, denominator, digits=4) -%}
    try_cast(round({{ numerator }} / nullif({{ denominator }}, 0), {{ digits }}) as decimal(18, {{ digits }}))
{%- endmacro %}

{# How much of the turnover, sales and returns alike, is revenue whose cost is known: what a margin speaks of. #}
{% macro cost_known_share(revenue, without_cost) -%}
    {{ ratio('sum(abs(' ~ revenue ~ ' - ' ~ without_cost ~ '))',
        'sum(abs(' ~ revenue ~ ' - ' ~ without_cost ~ ') + abs(' ~ without_cost ~ '))') }}
{%- endmacro %}

{% macro quantity_type() -%} decimal(38, 3) {%- endmacro %}
