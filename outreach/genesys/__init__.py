"""Genesys Cloud over two wire formats behind one interface."""
