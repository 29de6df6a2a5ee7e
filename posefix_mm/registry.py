"""Nothing is registered here: see ``mmpose.registry``.

MMEngine imports ``<scope>.registry`` for configs that are inherited as
``posefix_mm::...``; this module is what it finds.
"""
