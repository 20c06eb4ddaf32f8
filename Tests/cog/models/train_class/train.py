"""A trainer with a set-up of its own."""


class Trainer:
    def setup(self):
        self.prepared = "prepared"

    def train(self, n: int) -> str:
        return f"{self.prepared} {n}"
