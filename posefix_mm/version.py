"""Version of the package; read by ``setup.py`` without an import."""

__version__ = '0.1.0'
