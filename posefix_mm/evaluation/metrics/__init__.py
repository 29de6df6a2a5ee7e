"""Metrics, registered in ``mmpose.registry.METRICS``."""
from .matched_mpii_pck_accuracy import MatchedMpiiPCKAccuracy

__all__ = ['MatchedMpiiPCKAccuracy']
