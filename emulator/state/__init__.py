"""What the emulated organisation is and remembers."""
