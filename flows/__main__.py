"""A deployment's run, as `python -m prefect.engine` begins one: what the job variable `command` may name.

By itself a worker first starts a Python that finds out where the code lies, and then the one that runs it:
each loads Prefect, 1.1 s of the processor. Ours is installed. What looks for garbage is told before Prefect
is loaded (`flows/__init__.py`), which saves 0.1 s more.
"""

import runpy

runpy.run_module("prefect.engine", run_name="__main__")
