"""Telling the CRM: signed, guarded, delivered."""
