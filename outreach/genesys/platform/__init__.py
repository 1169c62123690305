"""The published platform API v2: one file for each thing that we ask of it."""
