"""Numbers for people: Markdown, HTML, charts, tables."""
