"""Poses on pictures (``draw``), the paper's ``figures``, and the ``report``.

Nothing is imported here: figures need matplotlib, drawing does not.
"""
