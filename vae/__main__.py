"""``python -m vae``."""

from vae.cli import main

if __name__ == "__main__":
    main()
