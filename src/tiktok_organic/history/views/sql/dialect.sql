{#- The differences of the three engines, and nothing else. Times are counted in microseconds since
    1970 (UTC), so that no session's time zone matters. -#}

{%- macro integer() %}{{ "INT64" if dialect == "bigquery" else "BIGINT" }}{% endmacro -%}
{%- macro float() -%}
{{ {"duckdb": "DOUBLE", "postgres": "DOUBLE PRECISION", "bigquery": "FLOAT64"}[dialect] }}
{%- endmacro -%}
{%- macro string() -%}
{{ {"duckdb": "VARCHAR", "postgres": "TEXT", "bigquery": "STRING"}[dialect] }}
{%- endmacro -%}

{#- TIMESTAMP to microseconds -#}
{%- macro us(moment) -%}
{%- if dialect == "duckdb" -%} epoch_us({{ moment }})
{%- elif dialect == "postgres" -%} CAST(EXTRACT(EPOCH FROM {{ moment }}) * 1000000 AS BIGINT)
{%- else -%} UNIX_MICROS({{ moment }})
{%- endif -%}
{%- endmacro -%}

{#- DATE to days since 1970 -#}
{%- macro day_number(date) -%}
{%- if dialect == "duckdb" -%} CAST(date_diff('day', DATE '1970-01-01', {{ date }}) AS BIGINT)
{%- elif dialect == "postgres" -%} CAST({{ date }} - DATE '1970-01-01' AS BIGINT)
{%- else -%} UNIX_DATE({{ date }})
{%- endif -%}
{%- endmacro -%}

{#- days since 1970 to DATE -#}
{%- macro date(number) -%}
{%- if dialect == "bigquery" -%} DATE_FROM_UNIX_DATE({{ number }})
{%- else -%} DATE '1970-01-01' + CAST({{ number }} AS INTEGER)
{%- endif -%}
{%- endmacro -%}

{#- whole division of numbers that are not negative -#}
{%- macro quotient(a, b) -%}
{%- if dialect == "duckdb" -%} (({{ a }}) // {{ b }})
{%- elif dialect == "postgres" -%} (({{ a }}) / {{ b }})
{%- else -%} DIV(({{ a }}), {{ b }})
{%- endif -%}
{%- endmacro -%}

{#- the whole numbers from `first` to `last` as the column `name`, to be joined sideways -#}
{%- macro numbers(first, last, name) -%}
{%- if dialect == "duckdb" -%} unnest(range({{ first }}, {{ last }} + 1)) AS numbers({{ name }})
{%- elif dialect == "postgres" -%} LATERAL generate_series({{ first }}, {{ last }}) AS numbers({{ name }})
{%- else -%} UNNEST(GENERATE_ARRAY({{ first }}, {{ last }})) AS {{ name }}
{%- endif -%}
{%- endmacro -%}

{#- seconds since 1970 (UTC) to the wall clock of the connector's time zone -#}
{%- macro wall_clock(seconds) -%}
{%- if dialect == "bigquery" -%} DATETIME(TIMESTAMP_SECONDS({{ seconds }}), '{{ timezone }}')
{%- else -%} to_timestamp({{ seconds }}) AT TIME ZONE '{{ timezone }}'
{%- endif -%}
{%- endmacro -%}

{#- TIMESTAMP to the wall clock of the connector's time zone -#}
{%- macro local(moment) -%}
{%- if dialect == "bigquery" -%} DATETIME({{ moment }}, '{{ timezone }}')
{%- else -%} {{ moment }} AT TIME ZONE '{{ timezone }}'
{%- endif -%}
{%- endmacro -%}

{#- the value that the latest row with one has, within GROUP BY -#}
{%- macro last_reported(value, moment) -%}
{%- if dialect == "duckdb" -%} arg_max({{ value }}, {{ moment }})
{%- elif dialect == "postgres" -%}
(array_agg({{ value }} ORDER BY {{ moment }} DESC) FILTER (WHERE {{ value }} IS NOT NULL))[1]
{%- else -%}
ARRAY_AGG({{ value }} IGNORE NULLS ORDER BY {{ moment }} DESC LIMIT 1)[SAFE_OFFSET(0)]
{%- endif -%}
{%- endmacro -%}

{#- the elements of a JSON array as the column `item`, to be joined sideways; none of anything else.
    PostgreSQL cannot read the escape of U+0000. -#}
{%- macro items(text) -%}
{%- if dialect == "duckdb" -%}
unnest(json_extract(TRY_CAST({{ text }} AS JSON), '$[*]')) AS items(item)
{%- elif dialect == "postgres" -%}
LATERAL json_array_elements(CASE WHEN {{ text }} LIKE '[%'
    THEN CAST(REPLACE({{ text }}, '\u0000', '\ufffd') AS JSON) ELSE '[]' END) AS items(item)
{%- else -%}
UNNEST(JSON_QUERY_ARRAY(CASE WHEN {{ text }} LIKE '[%' THEN {{ text }} ELSE '[]' END)) AS item
{%- endif -%}
{%- endmacro -%}

{#- a member of an element as text, or the element itself -#}
{%- macro member(name) -%}
{%- if dialect == "duckdb" -%} json_extract_string(item, '$.{{ name }}')
{%- elif dialect == "postgres" -%} (CASE json_typeof(item) WHEN 'object' THEN item ->> '{{ name }}' END)
{%- else -%} JSON_VALUE(item, '$.{{ name }}')
{%- endif -%}
{%- endmacro -%}
{%- macro itself() -%}
{%- if dialect == "duckdb" -%} json_extract_string(item, '$')
{%- elif dialect == "postgres" -%} (item #>> '{}')
{%- else -%} JSON_VALUE(item)
{%- endif -%}
{%- endmacro -%}

{#- text to a number; null when it is not one -#}
{%- macro number(text, type) -%}
{%- if dialect == "duckdb" -%} TRY_CAST({{ text }} AS {{ type }})
{%- elif dialect == "postgres" -%}
(CASE WHEN {{ text }} ~ '^-?[0-9]{1,15}{{ "" if type == integer() else "([.][0-9]{1,30})?([eE][-+]?[0-9]{1,2})?" }}$'
    THEN CAST({{ text }} AS {{ type }}) END)
{%- else -%} SAFE_CAST({{ text }} AS {{ type }})
{%- endif -%}
{%- endmacro -%}
