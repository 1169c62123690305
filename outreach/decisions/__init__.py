"""What a person asks about a decision: why, what a dry run would do, where a contact stands."""
