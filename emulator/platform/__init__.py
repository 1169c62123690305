"""The operations of the published platform API v2, by subject."""
