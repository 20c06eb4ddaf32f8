"""Streams words."""

from cog import BaseRunner, ConcatenateIterator, Input, current_scope, streaming


class Runner(BaseRunner):
    @streaming
    def run(
        self,
        prompt: str = Input(default="to be or not"),
        fail_at: int = Input(default=-1, ge=-1),
        repeat: int = Input(default=1, ge=0, le=50),
    ) -> ConcatenateIterator[str]:
        print("prompt:", prompt)
        for number, word in enumerate(prompt.split() * repeat):
            if number == fail_at:
                raise ValueError(f"no word {number}")
            current_scope().record_metric("words", 1, mode="incr")
            yield word + " "
