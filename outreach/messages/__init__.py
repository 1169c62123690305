"""What is said to a person: a campaign's texts, filled with the person's fields and fitted to the channel."""
