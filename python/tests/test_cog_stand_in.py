"""The stand-in for the native half of cog, in processes of their own."""

import subprocess
import sys
import textwrap
import unittest

from cog_support import HAS_COG, NEEDS_COG
from support import DEADLINE, ROOT

WITHOUT_COGLET = """
import importlib.machinery, sys
sys.path.append({root!r})
class WithoutNative(importlib.machinery.PathFinder):
    @classmethod
    def find_spec(cls, name, path=None, target=None):
        if name == "coglet":
            path = [entry for entry in sys.path if "site-packages" not in entry]
        return super().find_spec(name, path, target)
sys.meta_path[sys.meta_path.index(importlib.machinery.PathFinder)] = WithoutNative
"""


class StandInTest(unittest.TestCase):
    def run_python(self, code):
        source = WITHOUT_COGLET.format(root=str(ROOT)) + textwrap.dedent(code)
        done = subprocess.run([sys.executable, "-c", source], capture_output=True, text=True, timeout=DEADLINE)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout.split()

    def test_what_cog_wants_of_it(self):
        self.assertEqual(self.run_python("""
            from supervisor_worker.cog import coglet_stand_in
            one = coglet_stand_in.install()
            assert coglet_stand_in.install() is one
            import coglet, coglet._sdk, coglet.server
            from coglet import CancelationException, _sdk
            print(CancelationException.__mro__[1].__name__, CancelationException.__module__, coglet.server.active)
            print(type(_sdk.current_scope()).__module__, one.cancellation is CancelationException)
        """), ["BaseException", "coglet", "True", "coglet._sdk", "True"])

    @unittest.skipUnless(HAS_COG, NEEDS_COG)
    def test_cog_with_it(self):
        self.assertEqual(self.run_python("""
            from supervisor_worker.cog import coglet_stand_in
            one = coglet_stand_in.install()
            import cog
            cog.current_scope().record_metric("a", 1)
            print(cog.CancelationException is one.cancellation, cog.BaseRunner().scope is cog.current_scope())
        """), ["True", "True"])

    @unittest.skipUnless(HAS_COG, NEEDS_COG)
    def test_child_processes_find_it_by_the_path_alone(self):
        self.assertEqual(self.run_python("""
            from supervisor_worker.cog import coglet_stand_in
            coglet_stand_in.install()
            for name in ("coglet", "coglet._sdk", "coglet.server"):
                del sys.modules[name]
            import cog
            print(cog.CancelationException is coglet_stand_in.CancelationException)
            print(type(cog.current_scope()) is coglet_stand_in.Scope)
        """), ["True", "True"])


if __name__ == "__main__":
    unittest.main()
