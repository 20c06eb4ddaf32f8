"""A model whose setup does what the variable SETUP_CASE says."""

import os
import subprocess
import sys
import threading
import time

from cog import BaseRunner

if os.environ.get("SETUP_CASE") == "import":
    import a_module_that_is_not_there  # noqa: F401


class Runner(BaseRunner):
    def setup(self, weights):
        self.weights = weights
        case = os.environ.get("SETUP_CASE", "")
        print("setup begins")
        if case == "wait":
            while not os.path.exists("setup.go"):
                time.sleep(0.005)
        if case == "raise":
            raise RuntimeError("no weights here")
        if case == "exit":
            sys.exit(3)
        if case == "os_exit":
            os._exit(3)
        if case == "chatter":
            os.write(1, b"by os.write\n")
            subprocess.run(["sh", "-c", "echo by a child"], check=True)
            thread = threading.Thread(target=lambda: print("by a thread"))
            thread.start()
            thread.join()
            print("on stderr", file=sys.stderr)
        if case == "daemon":
            subprocess.Popen(["sh", "-c", "while sleep 0.05; do echo still there; done"], start_new_session=True)
        if case == "files":
            for descriptor in range(5):
                threading.Thread(target=time.sleep, args=(1000,), daemon=True).start()
        print("setup ends")

    def run(self, case: str = "weights") -> str:
        if case == "pid":
            return str(os.getpid())
        if case == "threads":
            return str(threading.active_count())
        return repr(self.weights)
