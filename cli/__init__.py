"""By hand: the `outreach` command."""
