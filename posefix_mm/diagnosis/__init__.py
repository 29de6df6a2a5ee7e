"""Diagnosis of pose errors, for any estimator and skeleton."""
from ..structures.people import load_people
from ..structures.skeletons import load_skeleton
from .comparison import compare_results
from .diagnosis import (
    Classification,
    DiagnosedFile,
    Diagnosis,
    classify_errors,
    diagnose_files,
    diagnose_results,
)
from .error_cost import error_costs, repair_errors
from .error_estimation import MeasuredErrors, config_fragment, estimate_errors
from .pose_error_metric import PoseErrorMetric
from .summary import (
    change_table,
    diagnosis_tables,
    status_frequency,
    summarize,
    summarize_changes,
)

__all__ = [
    'Classification', 'DiagnosedFile', 'Diagnosis', 'MeasuredErrors',
    'PoseErrorMetric', 'change_table', 'classify_errors', 'compare_results',
    'config_fragment', 'diagnose_files', 'diagnose_results',
    'diagnosis_tables', 'error_costs', 'estimate_errors', 'load_people',
    'load_skeleton', 'repair_errors', 'status_frequency', 'summarize',
    'summarize_changes'
]
