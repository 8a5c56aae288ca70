"""BigQuery: a Google Cloud project as the warehouse."""
