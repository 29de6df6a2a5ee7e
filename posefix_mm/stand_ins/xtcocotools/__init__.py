"""Stand-in for xtcocotools, on pycocotools: what MMPose imports of it.

Found as ``xtcocotools`` where none is installed. Keypoints are loaded and
evaluated with the same numbers; whole bodies, which are evaluated part by
part, need the real package.
"""
