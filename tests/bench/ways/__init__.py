"""The ways to contact people that are compared, one a file; each has `prepare(job)`, which gives the work."""
