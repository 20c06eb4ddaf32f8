"""A trainer with a set-up of its own."""


class Trainer:
    def setup(self):
        self.prepared = "prepared"

    def train(self, n: int) -> str:
        return f"{self.prepared} {n}"

    def run(self, n: int) -> str:
        """Cog's loader wants one of its own names in every class."""
        return f"run {n}"
