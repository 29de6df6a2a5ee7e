"""What all else is made of: poses, joints, boxes, people and OKS.

Imports nothing of the package.
"""
