"""`/_emulator`: truth, settings, faults, and the page for people."""
