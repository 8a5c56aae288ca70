{# Rows that share the values of `columns`; there must be none. #}
{% test unique_together(model, columns) %}
SELECT {{ columns | join(", ") }}, COUNT(*) AS copies
FROM {{ model }}
GROUP BY {{ columns | join(", ") }}
HAVING COUNT(*) > 1
{% endtest %}
