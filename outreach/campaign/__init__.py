"""One run of one campaign: loaded, registered, validated, contacted, told, followed into every doubt."""
