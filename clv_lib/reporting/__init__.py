"""Words, charts, pages and runs."""
