"""What happened to each contact, and the proof of it."""
