"""One funnel to Genesys: token, exchange, retries, and every answer translated."""
