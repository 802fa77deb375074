"""Scores reviews; the words stand for a model that takes a while to load."""


class Sentiment:
    """Made once in each worker."""

    def open(self, context):
        self.good, self.bad = {"great", "love"}, {"awful", "broken"}

    def call(self, text: str) -> dict:
        if not text:
            raise ValueError("a review has no words")
        words = text.lower().split()
        return {"score": sum(w in self.good for w in words) - sum(w in self.bad for w in words)}
