"""Outbound: contact lists, messaging campaigns, and the engine that sends (outbound fact sheet)."""
