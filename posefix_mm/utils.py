"""What :func:`mmengine.hub.get_model` asks of every package."""


def register_all_modules(init_default_scope: bool = True) -> None:
    """Do nothing: importing the package has registered its modules.

    Args:
        init_default_scope (bool): Not used.
    """
