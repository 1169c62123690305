"""Forgetting a person, telling them what is known, and proving that nothing leaks."""
