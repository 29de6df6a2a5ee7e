"""Open the files that an inferencer writes."""
from contextlib import ExitStack
from typing import Callable, Dict, Optional

from mmengine.structures import InstanceData

from .image_ids import choose_image_ids
from .input_frames import Frame, InputFrames
from .prediction_files import PredictionFiles, coco_records, json_list
from .visualization_files import VisualizationFiles


def open_outputs(stack: ExitStack,
                  source: InputFrames,
                  vis_out_dir: str = '',
                  *,
                  pred_out_dir: str = '',
                  coco_out: str = '',
                  ann: Optional[str] = None) -> Dict[str, Callable]:
    """Open the files that are wanted.

    Args:
        stack (ExitStack): Closes them; after an error those that hold several
            images do not appear.
        source (InputFrames): The input.
        vis_out_dir (str): For pictures. Defaults to none.
        pred_out_dir (str): For JSON files as mmpose writes them. Defaults to
            none.
        coco_out (str): COCO results file. Defaults to none.
        ann (str, optional): See :func:`choose_image_ids`.

    Returns:
        Dict[str, Callable]: What writes the result of a frame:
        ``'predictions'`` takes the frame and descriptions of people,
        ``'visualization'`` the frame and a picture, ``'coco'`` the frame and
        its ``pred_instances``.

    Raises:
        OSError: If a file can't be written.
        ValueError: If one would overwrite the input.
    """
    writers: Dict[str, Callable] = {}
    if pred_out_dir:
        writers['predictions'] = stack.enter_context(
            PredictionFiles(pred_out_dir, source)).write
    if vis_out_dir:
        writers['visualization'] = stack.enter_context(
            VisualizationFiles(vis_out_dir, source)).write
    if coco_out:
        image_id = choose_image_ids(source, ann)
        append = stack.enter_context(json_list(coco_out))

        def write(frame: Frame, instances: Optional[InstanceData]) -> None:
            for record in coco_records(instances, image_id(frame)):
                append(record)

        writers['coco'] = write
    return writers
