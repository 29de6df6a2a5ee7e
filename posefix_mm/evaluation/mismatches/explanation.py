"""One reason why results score lower than they could."""
from dataclasses import dataclass


@dataclass(frozen=True)
class Explanation:
    """Something in results and annotations that does not meet.

    Attributes:
        code (str): One of a few words that programs can look for.
        text (str): What does not meet, with an example.
        remedy (str): What to do about it.
        count (int): How many records, annotations or images it concerns.
        total (int): Out of how many.
    """

    code: str
    text: str
    remedy: str
    count: int
    total: int

    def __str__(self) -> str:
        return (f'{self.code} ({self.count} of {self.total}): {self.text}. '
                f'Remedy: {self.remedy}.')
