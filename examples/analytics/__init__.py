"""A subscriber that keeps a DuckDB file of what happens, and a report with plots: README.md."""
