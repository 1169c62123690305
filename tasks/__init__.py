"""How: each task is a name, a policy, one call and a return."""
