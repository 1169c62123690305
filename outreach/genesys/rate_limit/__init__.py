"""At the limit, not over it: whose turn it is, and when."""
