"""Parts of ``scripts/setup_env.py``; standard library only."""
