"""Functions that the TypeScript program next to it uses, and a pipeline of their own.

``python examples/python-from-typescript/sentiment.py`` runs the pipeline alone, on the reviews in ``reviews.txt``.
"""

from __future__ import annotations

from pathlib import Path

from isthmus.datastream import FilterFunction, StreamExecutionEnvironment

GOOD = {"good", "great", "love", "loved", "excellent", "fine"}
BAD = {"bad", "awful", "broken", "hate", "hated", "slow"}


def score(review: dict) -> dict:
    """Adds how many good words a review has more than bad ones."""
    words = [word.strip(".,!?").lower() for word in review["text"].split()]
    return {**review, "score": sum(word in GOOD for word in words) - sum(word in BAD for word in words)}


class Threshold(FilterFunction):
    """Keeps reviews that say at least ``least`` good things more than bad ones, or the reverse."""

    def __init__(self, least: int) -> None:
        self.least = least

    def filter(self, review: dict) -> bool:
        return abs(review["score"]) >= self.least


def main() -> None:
    env = StreamExecutionEnvironment.get_execution_environment()
    env.set_parallelism(1)
    reviews = env.from_input("reviews", default=str(Path(__file__).with_name("reviews.txt")))
    (
        reviews.map(lambda review: score(review if isinstance(review, dict) else {"id": 0, "text": review}))
        .filter(Threshold(1))
        .map(lambda review: f"{review['score']:+d} {review['text']}")
        .to_output("strong")
    )
    env.execute("sentiment")


if __name__ == "__main__":
    main()
