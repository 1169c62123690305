"""What a person does beside a campaign: check, resolve, redeliver, export, opt people out."""
