"""The paper's figures, drawn from anyone's data."""
from .comparison import (
    error_frequency_figure,
    joint_change_figure,
    joint_moves_figure,
    oks_change_figure,
    typical_pose,
)
from .drawing import (
    ERROR_COLORS,
    crop_photo,
    draw_pose,
    pose_segments,
    status_colors,
)
from .files import check_figure_path, inline_svg, save_figure
from .network import network_maps_figure, trace_network
from .training import (
    draw_only,
    input_poses_figure,
    synthesized_errors_figure,
    training_samples,
)

__all__ = [
    'ERROR_COLORS', 'check_figure_path', 'crop_photo', 'draw_only',
    'draw_pose', 'error_frequency_figure', 'inline_svg', 'input_poses_figure',
    'joint_change_figure', 'joint_moves_figure', 'network_maps_figure',
    'oks_change_figure', 'pose_segments', 'save_figure', 'status_colors',
    'synthesized_errors_figure', 'trace_network', 'training_samples',
    'typical_pose'
]
