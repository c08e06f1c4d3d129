"""``python -m vae``."""

from vae.cli.app import main

if __name__ == "__main__":
    main()
