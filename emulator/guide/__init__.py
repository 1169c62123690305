"""The tutorial's simplified API."""
