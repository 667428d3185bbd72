"""`python -m ssgan` is the command `ssgan`."""

from ssgan.cli import main

if __name__ == "__main__":
    main()
