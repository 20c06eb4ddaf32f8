"""A model in a folder below; modules beside cog.yaml can be imported, those beside this file cannot."""

import beside_yaml

try:
    import beside_model  # noqa: F401

    FOUND = True
except ImportError:
    FOUND = False


class Runner:
    def run(self) -> list[str]:
        return [beside_yaml.NAME, __name__, str(FOUND)]
