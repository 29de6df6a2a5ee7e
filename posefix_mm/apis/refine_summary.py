"""What became of the records of a file."""
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Dict, List, Optional

from ..evaluation.explain_mismatch import Explanation


@dataclass
class RefineSummary:
    """What became of the records.

    Attributes:
        total (int): Records read.
        refined (int): Records refined, those that NMS dropped included.
        dropped (int): Records that OKS-NMS dropped.
        unrefined (Dict[int, str]): Reasons by position of the records that
            came back as they were.
        codes (Dict[str, int]): Records that are not in the output refined, by
            the codes of the log.
        log (Path | None): The log, which names every one of them.
        before (Dict[str, float] | None): COCO statistics of the input, where
            there are annotations.
        after (Dict[str, float] | None): The same of the output.
        explanations (List[Explanation]): What in results and annotations does
            not meet, so that a low AP is never unexplained.
    """

    total: int = 0
    refined: int = 0
    dropped: int = 0
    unrefined: Dict[int, str] = field(default_factory=dict)
    codes: Dict[str, int] = field(default_factory=dict)
    log: Optional[Path] = None
    before: Optional[Dict[str, float]] = None
    after: Optional[Dict[str, float]] = None
    explanations: List[Explanation] = field(default_factory=list)

    def reasons(self) -> Counter:
        """Count the reasons of records that were not refined."""
        return Counter(self.unrefined.values())


class NotAllRefinedError(ValueError):
    """Some records could not be refined, and all should be.

    Args:
        summary (RefineSummary): What became of the records.
        out (Path): The output, which is not written.
    """

    def __init__(self, summary: RefineSummary, out: Path) -> None:
        self.summary = summary
        counts = ', '.join(f'{n} x {code}'
                           for code, n in sorted(summary.codes.items()))
        super().__init__(
            f'{len(summary.unrefined)} of {summary.total} records could not '
            f'be refined ({counts}), so {out} is not written; {summary.log} '
            'names them')
