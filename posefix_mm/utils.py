"""What :func:`mmengine.hub.get_model` asks of every package."""


def register_all_modules(init_default_scope: bool = True) -> None:
    """Do nothing: modules are registered at the first lookup of one."""
