"""One page that shows what refinement did to poses."""
from .page import write_report

__all__ = ['write_report']
