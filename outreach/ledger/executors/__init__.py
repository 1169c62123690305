"""Processes that hold leases: who lives, who died, and what they let go."""
