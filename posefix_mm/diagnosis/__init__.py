"""Diagnosis of pose errors, for any estimator and skeleton."""
from ..structures.matching import OKS_FLOOR, match_records, person_oks
from ..structures.oks import keypoint_similarity
from ..structures.people import AnnotatedPeople, load_people
from ..structures.skeletons import load_skeleton
from .config_fragment import config_fragment
from .diagnose_files import DiagnosedFile, diagnose_files
from .diagnosis import Diagnosis, diagnose_results
from .diagnosis_tables import change_table, diagnosis_tables
from .error_classification import (
    NOT_ANNOTATED,
    Classification,
    classify_errors,
)
from .error_cost import error_costs, repair_errors
from .error_estimation import MeasuredErrors, estimate_errors, twin_groups
from .frequencies import (
    FrequencyTable,
    frequency_tables,
    oks_distribution,
    status_frequency,
)
from .pose_error_metric import PoseErrorMetric
from .summary import (
    paired_rows,
    status_changes,
    summarize,
    summarize_changes,
)

__all__ = [
    'AnnotatedPeople', 'Classification', 'DiagnosedFile', 'Diagnosis',
    'FrequencyTable', 'MeasuredErrors', 'NOT_ANNOTATED', 'OKS_FLOOR',
    'PoseErrorMetric', 'change_table', 'classify_errors', 'config_fragment',
    'diagnose_files', 'diagnose_results', 'diagnosis_tables', 'error_costs',
    'estimate_errors', 'frequency_tables', 'keypoint_similarity',
    'load_people', 'load_skeleton', 'match_records', 'oks_distribution',
    'paired_rows', 'person_oks', 'repair_errors', 'status_changes',
    'status_frequency', 'summarize', 'summarize_changes', 'twin_groups'
]
