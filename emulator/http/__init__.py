"""The emulator's HTTP: server, routing, messages, fields."""
