"""With what: stored settings and secrets, and the objects they open."""
