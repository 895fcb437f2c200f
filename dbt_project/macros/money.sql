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
    {%- set currencies = {
        0: 'BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF',
        3: 'BHD IQD JOD KWD LYD OMR TND',
        4: 'CLF UYW',
    } -%}
    '{{ currencies[digits].split() | join("', '") }}'
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

{# A sum that is known only when every part is: cost and margin are never guessed. #}
{% macro all_or_nothing(amount) -%}
    cast(case when count({{ amount }}) = count(*) then sum({{ amount }}) end as {{ amount_type() }})
{%- endmacro %}

{% macro quantity_type() -%} decimal(38, 3) {%- endmacro %}
