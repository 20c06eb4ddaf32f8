"""Recognises English speech with the acoustic and language model that comes inside the pocketsphinx package, and streams
each word as soon as the decoder has stopped changing its mind about it."""

import wave
from collections.abc import Iterator
from itertools import takewhile
from typing import Optional

from cog import BaseRunner, ConcatenateIterator, Input, Path, streaming
from pocketsphinx import Decoder

SAMPLE_RATE = 16_000  # what the model was trained with
BYTES_PER_SAMPLE = 2
BLOCK_SECONDS = 0.1  # audio between two looks at the hypothesis
SAMPLE = Path(__file__).parent / "sample.wav"


class Runner(BaseRunner):
    def setup(self) -> None:
        self.decoder = Decoder(samprate=SAMPLE_RATE, loglevel="FATAL")
        # The decoder adapts to what it hears; each recording starts from here, so that the same one gives the same words.
        self.channel = self.decoder.get_cmn(False)
        print("acoustic model en-us loaded")

    @streaming
    def run(
        self,
        audio: Optional[Path] = Input(
            description="A WAV file, 16 kHz, 16 bit, mono; without one, the sample that comes with the model.",
            default=None,
        ),
        patience: int = Input(
            description="A word is sent when so many hypotheses in a row, 0.1 s apart, agree on it and all before it.",
            default=3,
            ge=1,
            le=50,
        ),
    ) -> ConcatenateIterator[str]:
        sent: list[str] = []
        recent: list[list[str]] = []
        for hypothesis in self.hypotheses(audio or SAMPLE):
            recent = [*recent, hypothesis][-patience:]
            settled = common_prefix(recent) if len(recent) == patience else []
            for word in settled[len(sent) :]:
                yield self.spaced(word, sent)
        for word in hypothesis[len(sent) :]:
            yield self.spaced(word, sent)
        if sent != hypothesis:
            print("corrected at the end: " + " ".join(hypothesis))
        self.record_metric("words", len(sent))

    @staticmethod
    def spaced(word: str, sent: list[str]) -> str:
        sent.append(word)
        return word if len(sent) == 1 else " " + word

    def hypotheses(self, audio: Path) -> Iterator[list[str]]:
        """The words that the decoder believes in after each block and, with a last look at all of it, after the end."""
        self.decoder.set_cmn(self.channel)
        self.decoder.start_utt()
        try:
            for block in blocks(audio):
                self.decoder.process_raw(block, False, False)
                yield self.words()
        finally:
            self.decoder.end_utt()
        yield self.words()

    def words(self) -> list[str]:
        hypothesis = self.decoder.hyp()
        return hypothesis.hypstr.split() if hypothesis else []


def common_prefix(hypotheses: list[list[str]]) -> list[str]:
    return [words[0] for words in takewhile(lambda words: len(set(words)) == 1, zip(*hypotheses))]


def blocks(audio: Path) -> Iterator[bytes]:
    with wave.open(str(audio), "rb") as recording:
        rate, width, channels = recording.getframerate(), recording.getsampwidth(), recording.getnchannels()
        if (rate, width, channels) != (SAMPLE_RATE, BYTES_PER_SAMPLE, 1):
            raise ValueError(f"16000 Hz, 16 bit, 1 channel are needed; this has {rate} Hz, {8 * width} bit, {channels}")
        while block := recording.readframes(int(SAMPLE_RATE * BLOCK_SECONDS)):
            yield block
