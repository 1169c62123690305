"""When: one file a flow; each reads like the story of one campaign."""
