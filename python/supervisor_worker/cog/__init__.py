"""Runs models written for the `cog` package, unchanged, on that package as it is installed beside the model.

`CogApplication` (application.py) is the door; everything else serves it.
"""
