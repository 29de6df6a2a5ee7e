"""Metrics, registered in ``mmpose.registry.METRICS``."""
from .matched_mpii_pck_accuracy import MatchedMpiiPCKAccuracy
from .pose_track_ap import PoseTrackAP

__all__ = ['MatchedMpiiPCKAccuracy', 'PoseTrackAP']
