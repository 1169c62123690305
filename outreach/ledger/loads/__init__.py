"""Rows of a source become contacts, each once."""
