"""Read what was loaded: reasons, comparisons, coverage, charts, exports."""
