# The other name of the same landmarks.
_base_ = './mediapipe33.py'
