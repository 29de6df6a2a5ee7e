"""Diagnosis of pose errors, for any estimator and skeleton."""
from .config_fragment import config_fragment
from .diagnosis import Diagnosis, diagnose_results
from .diagnosis_tables import change_table, diagnosis_tables
from .error_classification import (
    NOT_ANNOTATED,
    Classification,
    classify_errors,
    keypoint_similarity,
)
from .error_estimation import MeasuredErrors, estimate_errors, twin_groups
from .frequencies import (
    FrequencyTable,
    frequency_tables,
    oks_distribution,
    status_frequency,
)
from .matching import OKS_FLOOR, match_records, person_oks
from .people import AnnotatedPeople, load_people
from .skeletons import load_skeleton
from .summary import (
    paired_rows,
    status_changes,
    summarize,
    summarize_changes,
)

__all__ = [
    'AnnotatedPeople', 'Classification', 'Diagnosis', 'FrequencyTable',
    'MeasuredErrors', 'NOT_ANNOTATED', 'OKS_FLOOR', 'change_table',
    'classify_errors', 'config_fragment', 'diagnose_results',
    'diagnosis_tables', 'estimate_errors', 'frequency_tables',
    'keypoint_similarity', 'load_people', 'load_skeleton', 'match_records',
    'oks_distribution', 'paired_rows', 'person_oks', 'status_changes',
    'status_frequency', 'summarize', 'summarize_changes', 'twin_groups'
]
