"""What `import coglet` finds in a process that a model starts, where cog is installed without its native half.

Such a process inherits `sys.path`, at whose end this directory is, but not the modules of its parent.
"""

from supervisor_worker.cog.coglet_stand_in import install

install()
