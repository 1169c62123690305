"""Where: local.py serves, production.py deploys; by module path."""
