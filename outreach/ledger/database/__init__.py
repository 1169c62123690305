"""Engines, schema, pages and bulk writes: SQLite and PostgreSQL alike."""
