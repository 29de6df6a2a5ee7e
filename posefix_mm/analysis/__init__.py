"""Diagnosis of pose errors, for any estimator and skeleton."""
from .diagnosis import Diagnosis, diagnose_results
from .error_classification import (
    NOT_ANNOTATED,
    Classification,
    classify_errors,
)
from .people import AnnotatedPeople, load_people
from .skeletons import load_skeleton

__all__ = [
    'AnnotatedPeople', 'Classification', 'Diagnosis', 'NOT_ANNOTATED',
    'classify_errors', 'diagnose_results', 'load_people', 'load_skeleton'
]
