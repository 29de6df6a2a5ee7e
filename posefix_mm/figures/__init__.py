"""The paper's figures, drawn from anyone's data."""
from .error_colors import ERROR_COLORS
from .error_frequency_figure import error_frequency_figure
from .input_poses_figure import input_poses_figure, training_samples
from .joint_change_figure import joint_change_figure
from .network_maps_figure import network_maps_figure, trace_network
from .oks_change_figure import oks_change_figure
from .photo_crop import PhotoCrop, crop_photo
from .pose_drawing import draw_pose, pose_segments
from .save_figure import FIGURE_SUFFIXES, check_figure_path, save_figure
from .synthesized_errors_figure import draw_only, synthesized_errors_figure
from .typical_pose import typical_pose

__all__ = [
    'ERROR_COLORS', 'FIGURE_SUFFIXES', 'PhotoCrop', 'check_figure_path',
    'crop_photo', 'draw_only', 'draw_pose', 'error_frequency_figure',
    'input_poses_figure', 'joint_change_figure', 'network_maps_figure',
    'oks_change_figure', 'pose_segments', 'save_figure',
    'synthesized_errors_figure', 'trace_network', 'training_samples',
    'typical_pose'
]
