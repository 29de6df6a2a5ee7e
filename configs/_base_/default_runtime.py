_base_ = 'mmpose::_base_/default_runtime.py'

custom_imports = dict(imports=['posefix_mm'], allow_failed_imports=False)
