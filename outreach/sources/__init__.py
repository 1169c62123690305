"""Where contacts come from: files, buckets, queries, lists."""
